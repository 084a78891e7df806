import Bytes
import Foundation
import Numbers
import Registry

/// Small models of known families, for tests of cuts.
enum PrunableModel {
    /// A Llama of three layers: 16 hidden channels, 24 of each MLP, 4 heads of 4 in 2 groups, 20 tokens.
    static func llama(ties: Bool = true, seed: UInt64 = 1) -> MadeModel {
        var model = MadeModel()
        model.config = """
            {"architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
            "hidden_size": 16, "intermediate_size": 24, "max_position_embeddings": 64, "model_type": "llama",
            "num_attention_heads": 4,
            "num_hidden_layers": 3, "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "tie_word_embeddings": \(ties),
            "vocab_size": 20}
            """
        model.add("model.embed_tokens.weight", [20, 16], seed: seed)
        for layer in 0..<3 {
            let stem = "model.layers.\(layer).", first = seed + 20 * UInt64(layer + 1)
            model.add(stem + "self_attn.q_proj.weight", [16, 16], seed: first)
            model.add(stem + "self_attn.k_proj.weight", [8, 16], seed: first + 1)
            model.add(stem + "self_attn.v_proj.weight", [8, 16], seed: first + 2)
            model.add(stem + "self_attn.o_proj.weight", [16, 16], seed: first + 3)
            model.add(stem + "mlp.gate_proj.weight", [24, 16], seed: first + 4)
            model.add(stem + "mlp.up_proj.weight", [24, 16], seed: first + 5)
            model.add(stem + "mlp.down_proj.weight", [16, 24], seed: first + 6)
            model.add(stem + "input_layernorm.weight", [16], seed: first + 7)
            model.add(stem + "post_attention_layernorm.weight", [16], seed: first + 8)
        }
        model.add("model.norm.weight", [16], seed: seed + 100)
        if !ties { model.add("lm_head.weight", [20, 16], seed: seed + 101) }
        return model
    }

    /// A Mixtral of two layers with four experts of 64 channels, of which a token goes through two; rows of 64, which
    /// blocks divide.
    static func mixtral() -> MadeModel {
        var model = MadeModel()
        model.config = """
            {"architectures": ["MixtralForCausalLM"], "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 64,
            "max_position_embeddings": 64, "model_type": "mixtral", "num_attention_heads": 2, "num_experts_per_tok": 2,
            "num_hidden_layers": 2, "num_key_value_heads": 2, "num_local_experts": 4, "rms_norm_eps": 1e-06,
            "rope_theta": 10000.0, "tie_word_embeddings": false, "vocab_size": 32}
            """
        model.add("model.embed_tokens.weight", [32, 64], seed: 1)
        for layer in 0..<2 {
            let stem = "model.layers.\(layer).", first = 100 * UInt64(layer + 1)
            for (place, name) in ["q_proj", "k_proj", "v_proj", "o_proj"].enumerated() {
                model.add(stem + "self_attn.\(name).weight", [64, 64], seed: first + UInt64(place))
            }
            model.add(stem + "block_sparse_moe.gate.weight", [4, 64], seed: first + 10)
            for expert in 0..<4 {
                for (place, name) in ["w1", "w2", "w3"].enumerated() {
                    model.add(
                        stem + "block_sparse_moe.experts.\(expert).\(name).weight", [64, 64],
                        seed: first + 20 + UInt64(4 * expert + place))
                }
            }
            model.add(stem + "input_layernorm.weight", [64], seed: first + 60)
            model.add(stem + "post_attention_layernorm.weight", [64], seed: first + 61)
        }
        model.add("model.norm.weight", [64], seed: 2)
        model.add("lm_head.weight", [32, 64], seed: 3)
        return model
    }

    /// A Gemma 2 of which each second layer attends to all tokens.
    /// - Parameters:
    ///   - layers: with 46, llama.cpp takes it for the greatest one, and divides by the root of hidden/heads.
    ///   - head: elements of a head.
    static func gemma2(layers: Int = 4, head: Int = 16) -> MadeModel {
        var model = MadeModel()
        model.config = """
            {"architectures": ["Gemma2ForCausalLM"], "head_dim": \(head), "hidden_activation": "gelu_pytorch_tanh",
            "hidden_size": 32, "intermediate_size": 32, "max_position_embeddings": 64, "model_type": "gemma2",
            "num_attention_heads": 2, "num_hidden_layers": \(layers), "num_key_value_heads": 2,
            "query_pre_attn_scalar": 16,
            "rms_norm_eps": 1e-06, "vocab_size": 32}
            """
        model.add("model.embed_tokens.weight", [32, 32], seed: 1)
        let matrices = [
            ("self_attn.q_proj", [2 * head, 32]), ("self_attn.k_proj", [2 * head, 32]),
            ("self_attn.v_proj", [2 * head, 32]), ("self_attn.o_proj", [32, 2 * head]), ("mlp.gate_proj", [32, 32]),
            ("mlp.up_proj", [32, 32]), ("mlp.down_proj", [32, 32]),
        ]
        let norms = [
            "input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm",
        ]
        for layer in 0..<layers {
            let stem = "model.layers.\(layer).", first = 100 * UInt64(layer + 1)
            for (place, matrix) in matrices.enumerated() {
                model.add(stem + matrix.0 + ".weight", matrix.1, seed: first + UInt64(place))
            }
            for (place, name) in norms.enumerated() {
                model.add(stem + name + ".weight", [32], seed: first + 20 + UInt64(place))
            }
        }
        model.add("model.norm.weight", [32], seed: 2)
        return model
    }

    /// A byte-level tokenizer of 20 tokens: three special ones, ten letters, and pairs.
    static let tokenizer = """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [
        {"id": 0, "content": "<unk>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        "special": true},
        {"id": 1, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        "special": true},
        {"id": 19, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        "special": true}],
        "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
        "use_regex": true},
        "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "</s>", "type_id": 0}}],
        "pair": [],
        "special_tokens": {"</s>": {"id": "</s>", "ids": [19], "tokens": ["</s>"]}}}, "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "vocab": {"<unk>": 0, "<s>": 1, "a": 2, "b": 3,
        "c": 4,
        "d": 5, "e": 6, "f": 7, "g": 8, "h": 9, "i": 10, "j": 11, "ab": 12, "cd": 13, "abcd": 14, "ef": 15,
        "gh": 16, "efgh": 17,
        "ij": 18, "</s>": 19}, "merges": [["a", "b"], ["c", "d"], ["ab", "cd"],
        ["e", "f"], ["g", "h"], ["ef", "gh"], ["i", "j"]]}}
        """
}

extension TemporaryHome {
    /// Registers a made model, with a tokenizer beside it where one is given.
    func register(_ model: MadeModel, as name: String, tokenizer: String? = nil) async throws {
        let folder = try model.write(to: path("source-\(name)"))
        if let tokenizer {
            try Data(tokenizer.utf8).write(to: URL(fileURLWithPath: folder + "/tokenizer.json"))
            try Data("{\"eos_token_id\": [19, 1], \"suppress_tokens\": [14, 3]}".utf8)
                .write(to: URL(fileURLWithPath: folder + "/generation_config.json"))
        }
        try await register(folder, as: name)
    }

    /// The document in an exported artifact's file.
    func document(_ name: String, _ file: String) async throws -> JSONValue {
        let folder = path("out-" + UUID().uuidString)
        _ = try await registry.export(.init(name: name, destination: folder))
        let opened = try OpenFile(folder + "/" + file)
        return try JSONValue(parsing: try opened.bytes(0..<opened.byteCount), dialect: .python)
    }
}
