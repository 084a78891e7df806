import Bytes
import Testing

@testable import Architectures

@Suite("Axes of a model") struct ModelAxesTests {
    static func config(_ members: String) throws -> JSONValue { try JSONValue(parsing: Array("{\(members)}".utf8)) }

    /// Sizes that are all different, so that no axis can be taken for another.
    static let sizes = """
        "hidden_size": 40, "intermediate_size": 24, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6,
        "vocab_size": 50, "num_hidden_layers": 3
        """

    private func segments(
        _ type: String, _ name: String, _ shape: [Int], more: String = ""
    ) throws -> [[AxisSegment]] {
        let config = try Self.config("\"model_type\": \"\(type)\", \(Self.sizes)\(more)")
        return try #require(try ModelAxes(config: config, tensors: [(name, shape)]).tensors.first).dimensions
    }

    private func all(_ axis: ModelAxis?, _ count: Int, _ unit: Int = 1) -> AxisSegment {
        AxisSegment(axis, count: count, unit: unit)
    }

    @Test("tell what rows and columns of a Llama belong to") func llama() throws {
        let layer = "model.layers.2."
        #expect(
            try segments("llama", layer + "self_attn.q_proj.weight", [24, 40]) == [
                [all(.heads, 4, 6)], [all(.hidden, 40)],
            ])
        #expect(
            try segments("llama", layer + "self_attn.v_proj.weight", [12, 40])
                == [[all(.keyValueHeads, 2, 6)], [all(.hidden, 40)]])
        #expect(
            try segments("llama", layer + "self_attn.o_proj.weight", [40, 24]) == [
                [all(.hidden, 40)], [all(.heads, 4, 6)],
            ])
        #expect(
            try segments("llama", layer + "mlp.down_proj.weight", [40, 24]) == [[all(.hidden, 40)], [all(.mlp, 24)]])
        #expect(try segments("llama", "lm_head.weight", [50, 40]) == [[all(.vocabulary, 50)], [all(.hidden, 40)]])
        #expect(try segments("llama", "score.weight", [3, 40]) == [[all(nil, 3)], [all(.hidden, 40)]])
        #expect(try segments("qwen3", layer + "self_attn.q_norm.weight", [6]) == [[all(nil, 6)]])
    }

    @Test("take matrices apart that hold several") func fused() throws {
        let rows = [all(.heads, 4, 6), all(.keyValueHeads, 2, 6), all(.keyValueHeads, 2, 6)]
        #expect(
            try segments("phi3", "model.layers.0.self_attn.qkv_proj.weight", [48, 40]) == [rows, [all(.hidden, 40)]])
        #expect(
            try segments("phi3", "model.layers.0.mlp.gate_up_proj.weight", [48, 40])
                == [[all(.mlp, 24), all(.mlp, 24)], [all(.hidden, 40)]])
        #expect(
            try segments(
                "mixtral", "model.layers.1.mlp.experts.gate_up_proj", [8, 48, 40], more: ", \"num_local_experts\": 8")
                == [[all(.experts, 8)], [all(.mlp, 24), all(.mlp, 24)], [all(.hidden, 40)]])
    }

    @Test("know GPT-2's matrices as they lie, and that their rows are heads") func gpt2() throws {
        let config = try Self.config(
            """
            "model_type": "gpt2", "n_embd": 32, "n_head": 4, "n_layer": 1, "vocab_size": 50, "n_positions": 16
            """)
        let model = try ModelAxes(
            config: config,
            tensors: [
                ("transformer.h.0.attn.c_attn.weight", [32, 96]), ("h.0.attn.c_proj.weight", [32, 32]),
                ("h.0.mlp.c_fc.bias", [128]), ("wpe.weight", [16, 32]), ("h.0.attn.bias", [1, 1, 16, 16]),
            ])
        let heads = all(.heads, 4, 8)
        #expect(model.tensors[0].dimensions == [[all(.hidden, 32)], [heads, heads, heads]])
        #expect(model.tensors[0].isInputMajor)
        #expect(model.tensors[1].dimensions == [[heads], [all(.hidden, 32)]])
        #expect(model.tensors[2].dimensions == [[all(.mlp, 128)]])
        #expect(model.tensors[3].dimensions == [[all(nil, 16)], [all(.hidden, 32)]])
        #expect(model.tensors[4].axes == [] && model.tensors[4].layer == 0)
        #expect(model.fixesHeadSize)
    }

    @Test("give experts channels of their own, in separate tensors and in stacks") func experts() throws {
        let config = try Self.config("\"model_type\": \"mixtral\", \(Self.sizes), \"num_local_experts\": 8")
        let model = try ModelAxes(
            config: config,
            tensors: [
                ("model.layers.1.block_sparse_moe.experts.5.w2.weight", [40, 24]),
                ("model.layers.1.block_sparse_moe.gate.weight", [8, 40]),
                ("model.layers.1.mlp.experts.down_proj", [8, 40, 24]),
            ])
        #expect(model.tensors[0].place(of: .mlp) == AxisPlace(.mlp, layer: 1, expert: 5))
        #expect(model.tensors[0].expert == 5)
        #expect(model.tensors[1].dimensions == [[all(.experts, 8)], [all(.hidden, 40)]])
        #expect(!model.tensors[1].isStack && model.tensors[2].isStack)
        #expect(model.tensors[2].place(of: .mlp, expert: 3) == AxisPlace(.mlp, layer: 1, expert: 3))
    }

    @Test("are known of all families that docs name") func families() {
        let known = [
            "llama", "mistral", "mixtral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi3", "gpt2", "bert",
        ]
        #expect(Set(known).isSubset(of: Set(ModelAxes.modelTypes)))
    }

    @Test("refuse what they do not know, and say what to do") func refusals() throws {
        let cases: [(config: String, tensors: [(String, [Int])], words: [String])] = [
            ("\"model_type\": \"mamba\"", [], ["mamba", "llama"]),
            ("\"model_type\": \"llama\", \"hidden_size\": 8", [], ["num_hidden_layers"]),
            (
                "\"model_type\": \"llama\", \(Self.sizes)", [("model.layers.0.extra.weight", [2])],
                ["extra", "Remove it"]
            ),
            (
                "\"model_type\": \"llama\", \(Self.sizes)", [("model.layers.3.mlp.up_proj.weight", [24, 40])],
                ["layer 3"]
            ),
            ("\"model_type\": \"llama\", \(Self.sizes)", [("model.norm.weight", [41])], ["model.norm.weight", "41"]),
            (
                "\"model_type\": \"llama\", \(Self.sizes)".replacing(
                    "\"num_key_value_heads\": 2", with: "\"num_key_value_heads\": 3"),
                [
                    ("model.layers.0.self_attn.q_proj.weight", [24, 40]),
                    ("model.layers.0.self_attn.k_proj.weight", [18, 40]),
                ], ["4 query heads", "3 groups"]
            ),
        ]
        for (config, tensors, words) in cases {
            let error = #expect(throws: FormatError.self) {
                _ = try ModelAxes(config: try Self.config(config), tensors: tensors.map { (name: $0.0, shape: $0.1) })
            }
            for word in words { #expect(error?.description.contains(word) == true, "\(error?.description ?? "")") }
        }
    }

    @Test("state in config.json what is new, and what followed from it") func configuration() throws {
        let config = try Self.config(
            """
            "model_type": "llama", "hidden_size": 32, "intermediate_size": 24, "layer_types": ["a", "b", "c"],
            "num_attention_heads": 4, "num_hidden_layers": 3, "rms_norm_eps": 1e-06, "vocab_size": 50
            """)
        let model = try ModelAxes(
            config: config,
            tensors: [
                ("model.embed_tokens.weight", [50, 32]), ("model.layers.0.self_attn.q_proj.weight", [32, 32]),
                ("model.layers.0.self_attn.k_proj.weight", [32, 32]),
            ])
        let object = try #require(config.objectValue)
        let new = try model.config(object, cut: [.hidden: 16, .heads: 2, .keyValueHeads: 2], layers: [0, 2])
        #expect(new["hidden_size"] == .number(16))
        #expect(new["num_attention_heads"] == .number(2))
        #expect(new["num_key_value_heads"] == .number(2))
        #expect(new["head_dim"] == .number(8), "hidden/heads is 8 by chance; it must be said all the same")
        #expect(new["rms_norm_eps"]?.doubleValue == 2e-06)
        #expect(new["num_hidden_layers"] == .number(2))
        #expect(new["layer_types"] == .array([.string("a"), .string("c")]))
        #expect(new["intermediate_size"] == .number(24))
    }

    @Test("list the kinds of layers where the period would no longer tell") func period() throws {
        let config = try Self.config(
            """
            "model_type": "gemma2", "head_dim": 6, "hidden_size": 40, "intermediate_size": 24, "num_attention_heads": 4,
            "num_hidden_layers": 4, "num_key_value_heads": 2, "vocab_size": 50
            """)
        let model = try ModelAxes(config: config, tensors: [("model.embed_tokens.weight", [50, 40])])
        let object = try #require(config.objectValue)
        let some = try model.config(object, cut: [:], layers: [1, 2])
        #expect(some["layer_types"] == .array([.string("full_attention"), .string("sliding_attention")]))
        #expect(try model.config(object, cut: [:], layers: [0, 1])["layer_types"] == nil)
    }

    @Test("list the layers without experts where a step would no longer tell them") func sparseStep() throws {
        let config = try Self.config(
            """
            "model_type": "qwen3_moe", "decoder_sparse_step": 2, "head_dim": 6, "hidden_size": 40,
            "intermediate_size": 24, "mlp_only_layers": [3], "moe_intermediate_size": 8, "num_attention_heads": 4,
            "num_experts": 4, "num_experts_per_tok": 2, "num_hidden_layers": 6, "num_key_value_heads": 2,
            "vocab_size": 50
            """)
        let model = try ModelAxes(config: config, tensors: [("model.embed_tokens.weight", [50, 40])])
        let object = try #require(config.objectValue)
        let new = try model.config(object, cut: [:], layers: [0, 1, 3, 5])
        #expect(new["decoder_sparse_step"] == .number(1))
        #expect(new["mlp_only_layers"] == .array([.number(0), .number(2)]))
    }
}
