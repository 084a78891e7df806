import Foundation

/// Folders of small models, made for a test from a seed.
struct TinyModel {
    var config: String
    var tensors: [(name: String, shape: [Int])]
    var seed: UInt64 = 1

    /// A Llama of three layers: 16 hidden channels, 4 heads of 4 in 2 groups.
    /// - Parameter stores: whether a head is stored although config.json says that the embedding is it.
    static func llama(mlp: Int = 24, tokens: Int = 20, family: String = "llama", stores: Bool = false) -> Self {
        var tensors = [("model.embed_tokens.weight", [tokens, 16]), ("model.norm.weight", [16])]
        for layer in 0..<3 {
            let stem = "model.layers.\(layer)."
            tensors += [
                (stem + "self_attn.q_proj.weight", [16, 16]), (stem + "self_attn.k_proj.weight", [8, 16]),
                (stem + "self_attn.v_proj.weight", [8, 16]), (stem + "self_attn.o_proj.weight", [16, 16]),
                (stem + "mlp.gate_proj.weight", [mlp, 16]), (stem + "mlp.up_proj.weight", [mlp, 16]),
                (stem + "mlp.down_proj.weight", [16, mlp]), (stem + "input_layernorm.weight", [16]),
                (stem + "post_attention_layernorm.weight", [16]),
            ]
        }
        if stores { tensors.append(("lm_head.weight", [tokens, 16])) }
        return Self(
            config: """
                {"architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "hidden_size": 16,
                "intermediate_size": \(mlp), "max_position_embeddings": 64, "model_type": "\(family)",
                "num_attention_heads": 4, "num_hidden_layers": 3, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
                "tie_word_embeddings": true, "vocab_size": \(tokens)}
                """, tensors: tensors)
    }

    /// A Mixtral of one layer with four experts, of which a token goes through two; rows of 64.
    static func mixtral() -> Self {
        let stem = "model.layers.0."
        var tensors = [
            ("model.embed_tokens.weight", [32, 64]), ("model.norm.weight", [64]), ("lm_head.weight", [32, 64]),
            (stem + "input_layernorm.weight", [64]), (stem + "post_attention_layernorm.weight", [64]),
            (stem + "block_sparse_moe.gate.weight", [4, 64]),
        ]
        for name in ["q_proj", "k_proj", "v_proj", "o_proj"] {
            tensors.append((stem + "self_attn.\(name).weight", [64, 64]))
        }
        for expert in 0..<4 {
            for name in ["w1", "w2", "w3"] {
                tensors.append((stem + "block_sparse_moe.experts.\(expert).\(name).weight", [64, 64]))
            }
        }
        return Self(
            config: """
                {"architectures": ["MixtralForCausalLM"], "hidden_act": "silu", "hidden_size": 64,
                "intermediate_size": 64, "max_position_embeddings": 64, "model_type": "mixtral",
                "num_attention_heads": 2, "num_experts_per_tok": 2, "num_hidden_layers": 1, "num_key_value_heads": 2,
                "num_local_experts": 4, "rms_norm_eps": 1e-06, "rope_theta": 10000.0, "tie_word_embeddings": false,
                "vocab_size": 32}
                """, tensors: tensors)
    }

    /// Writes the folder.
    @discardableResult func write(to name: String, in folder: TemporaryFolder) throws -> String {
        try folder.write(Array(config.utf8), to: name + "/config.json")
        try folder.write(TinyWeights.file(tensors, seed: seed), to: name + "/model.safetensors")
        return folder(name)
    }
}

extension TinyWeights {
    /// A file of BF16 tensors with seeded numbers.
    /// - Parameter poison: the first element's bits of the first tensor, such as 0x7FC0 for NaN.
    static func file(
        _ tensors: [(name: String, shape: [Int])], seed: UInt64 = 1, poison: UInt16? = nil
    ) -> [UInt8] {
        var entries = [#""__metadata__":{"format":"pt"}"#]
        var state = seed
        var data: [UInt8] = []
        for tensor in tensors {
            let start = data.count
            for _ in 0..<tensor.shape.reduce(1, *) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                // Signed numbers of magnitudes 0.008 to 0.06, as weights have them.
                let bits = UInt16(truncatingIfNeeded: 0x3C00 + (state >> 33) % 0x180 | (state >> 60 & 1) << 15)
                data += [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
            }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            entries.append(
                #""\#(tensor.name)":{"dtype":"BF16","shape":[\#(shape)],"data_offsets":[\#(start),\#(data.count)]}"#)
        }
        if let poison { data.replaceSubrange(0..<2, with: [UInt8(poison & 0xFF), UInt8(poison >> 8)]) }
        return file(header: "{" + entries.joined(separator: ",") + "}", data: data)
    }
}
