import Bytes
import Testing

@testable import Architectures

/// What must be refused, in both directions, and what the error names.
@Suite("GGUF refusals") struct RefusalTests {
    private func config(_ name: String, _ changes: [(String, String)]) throws -> JSONValue {
        var config = try #require(try ModelFixture(name).config.objectValue)
        for (path, value) in changes { config[path] = try JSONValue(parsing: Array(value.utf8), dialect: .python) }
        return .object(config)
    }

    @Test(
        "come for a config.json that contradicts the tensors, or says what GGUF cannot",
        arguments: [
            ("llama", "num_hidden_layers", "1"), ("llama", "num_hidden_layers", "3"),
            ("llama", "num_hidden_layers", "1e18"), ("llama", "num_hidden_layers", "0"),
            ("llama", "num_hidden_layers", "1.5"), ("llama", "num_hidden_layers", "-1"),
            ("llama", "num_hidden_layers", "\"2\""), ("llama", "num_hidden_layers", "null"),
            ("llama", "num_hidden_layers", "NaN"), ("llama", "hidden_size", "25"),
            ("llama", "hidden_size", "4294967296"),
            ("llama", "num_attention_heads", "5"), ("llama", "num_attention_heads", "0"),
            ("llama", "num_key_value_heads", "6"), ("llama", "head_dim", "3"), ("llama", "head_dim", "1000000000"),
            ("llama", "vocab_size", "47"), ("llama", "hidden_act", "\"relu\""), ("llama", "attention_bias", "true"),
            ("llama", "attention_bias", "1"), ("llama", "model_type", "\"t5\""), ("llama", "model_type", "null"),
            ("llama", "rms_norm_eps", "[]"), ("mixtral", "num_local_experts", "2"),
            ("mixtral", "num_local_experts", "4"), ("mixtral", "num_local_experts", "1000000000"),
            ("mixtral-fused", "num_local_experts", "2"), ("mixtral-fused", "intermediate_size", "20"),
            ("qwen2", "head_dim", "5"), ("qwen3", "attention_bias", "true"), ("qwen3_moe", "norm_topk_prob", "false"),
            ("qwen3_moe", "norm_topk_prob", "null"), ("qwen3_moe", "mlp_only_layers", "[1]"),
            ("qwen2_moe", "decoder_sparse_step", "2"), ("gemma2", "query_pre_attn_scalar", "16"),
            ("gemma2", "query_pre_attn_scalar", "null"),
            ("gemma2", "layer_types", "[\"full_attention\",\"full_attention\"]"),
            ("gemma3", "use_bidirectional_attention", "true"), ("gemma3", "_sliding_window_pattern", "3"),
            ("gpt2", "activation_function", "\"relu\""), ("gpt2", "scale_attn_by_inverse_layer_idx", "true"),
            ("bert", "position_embedding_type", "\"relative_key\""), ("bert", "max_position_embeddings", "31"),
            ("nomic_bert", "qkv_proj_bias", "true"), ("nomic_bert", "n_head", "5"),
            ("nomic_bert-native", "hidden_size", "23"), ("phi3-longrope", "hidden_size", "47"),
            ("gpt_oss", "intermediate_size", "41"), ("gpt_oss", "num_local_experts", "2"),
            ("gpt_oss", "swiglu_limit", "6.5"), ("gpt_oss", "sliding_window", "null"),
            ("gpt_oss", "attention_bias", "false"), ("gpt_oss", "tie_word_embeddings", "true"),
            ("gpt_oss", "layer_types", "[\"full_attention\",\"full_attention\",\"full_attention\"]"),
        ])
    func configurations(name: String, member: String, value: String) throws {
        let fixture = try ModelFixture(name)
        let changed = try config(name, [(member, value)])
        let fault = #expect(throws: FormatError.self) { try GGUFModel(tensors: fixture.tensors, config: changed) }
        #expect(fault?.remedy.isEmpty == false)
    }

    @Test("come for a config.json that is none", arguments: ["[]", "1", "{}", #"{"model_type":"llama"}"#])
    func documents(json: String) throws {
        let value = try JSONValue(parsing: Array(json.utf8))
        #expect(throws: FormatError.self) { try GGUFModel(tensors: [], config: value) }
    }

    @Test(
        "come for each tensor that is missing, and name it",
        arguments: ["llama", "mixtral-fused", "gpt2", "nomic_bert", "gpt_oss"])
    func missing(name: String) throws {
        let fixture = try ModelFixture(name)
        for place in fixture.tensors.indices {
            var tensors = fixture.tensors
            let removed = tensors.remove(at: place)
            guard try !fixture.model().layout.dropped.contains(where: { $0.name == removed.name }),
                removed.name != "lm_head.weight"
            else { continue }
            let fault = #expect(throws: FormatError.self, "\(removed.name)") {
                try GGUFModel(tensors: tensors, config: fixture.config)
            }
            #expect(fault?.code == .corrupt)
            #expect(fault?.tensor?.isEmpty == false)
        }
    }

    @Test("come for each tensor of another shape", arguments: ModelFixture.names)
    func shapes(name: String) throws {
        let fixture = try ModelFixture(name)
        let dropped = Set(try fixture.model().layout.dropped.map(\.name))
        for place in fixture.tensors.indices where !dropped.contains(fixture.tensors[place].name) {
            for shape in [[], [1], [Int.max, Int.max], fixture.tensors[place].shape + [1]] {
                var tensors = fixture.tensors
                tensors[place].shape = shape
                #expect(throws: FormatError.self, "\(tensors[place].name) \(shape)") {
                    try GGUFModel(tensors: tensors, config: fixture.config)
                }
            }
        }
    }

    @Test(
        "come for a tensor that GGUF has no place for",
        arguments: [
            "model.layers.0.mlp.extra.weight", "model.layers.00.mlp.up_proj.weight",
            "model.layers.2.mlp.up_proj.weight",
            "model.layers.0.mlp.up_proj.weight.absmax", "", "*", "model.layers.*.mlp.up_proj.weight",
        ])
    func unknown(tensor: String) throws {
        let fixture = try ModelFixture("llama")
        let fault = #expect(throws: FormatError.self) {
            try GGUFModel(tensors: fixture.tensors + [(tensor, [1])], config: fixture.config)
        }
        #expect(fault?.tensor == tensor)
        #expect(fault?.code == .unsupported)
    }

    @Test("come for a tensor that is there under two names")
    func twice() throws {
        let fixture = try ModelFixture("llama")
        let fault = #expect(throws: FormatError.self) {
            try GGUFModel(tensors: fixture.tensors + [("norm.weight", [24])], config: fixture.config)
        }
        #expect(fault?.tensor == "norm.weight")
        #expect(fault?.problem.contains("'model.norm.weight'") == true)
    }

    @Test(
        "come for metadata that is missing, contradicts the tensors or tells of another model",
        arguments: [
            ("general.architecture", nil), ("general.architecture", .string("mamba")),
            ("general.architecture", .u32(1)), ("llama.block_count", nil), ("llama.block_count", .u32(1)),
            ("llama.block_count", .u32(3)), ("llama.block_count", .u32(.max)), ("llama.block_count", .string("2")),
            ("llama.embedding_length", .u32(25)), ("llama.embedding_length", .f32(.nan)),
            ("llama.attention.head_count", .u32(0)), ("llama.attention.head_count", .u32(12)),
            ("llama.attention.value_length", .u32(8)), ("llama.rope.dimension_count", .u32(2)),
            ("llama.expert_count", .u32(2)), ("llama.vocab_size", .u32(47)),
            ("llama.rope.scaling.type", .string("yarn")),
            ("llama.rope.scaling.type", .string("x")),
        ] as [(String, MetadataValue?)])
    func metadata(key: String, value: MetadataValue?) throws {
        let model = try ModelFixture("llama").model()
        var metadata = Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
        metadata[key] = value
        let tensors = model.layout.tensors.map { (name: $0.name, shape: $0.shape) }
        let fault = #expect(throws: FormatError.self) { try HuggingFaceModel(tensors: tensors, metadata: metadata) }
        #expect(fault?.remedy.isEmpty == false)
    }

    @Test("come for a GGUF file with a tensor too few, too many, or of another shape", arguments: ModelFixture.names)
    func ggufTensors(name: String) throws {
        let model = try ModelFixture(name).model()
        let metadata = Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
        let tensors = model.layout.tensors.filter { !$0.name.hasPrefix("rope_") }.map {
            (name: $0.name, shape: $0.shape)
        }
        for place in tensors.indices {
            var changed = tensors
            changed[place].shape.append(2)
            #expect(throws: FormatError.self, "\(tensors[place].name)") {
                try HuggingFaceModel(tensors: changed, metadata: metadata)
            }
            changed.remove(at: place)
            guard tensors[place].name != "output.weight" else { continue }
            #expect(throws: FormatError.self, "\(tensors[place].name)") {
                try HuggingFaceModel(tensors: changed, metadata: metadata)
            }
        }
        #expect(throws: FormatError.self) {
            try HuggingFaceModel(tensors: tensors + [("blk.0.attn_sinks.weight", [1])], metadata: metadata)
        }
    }
}
