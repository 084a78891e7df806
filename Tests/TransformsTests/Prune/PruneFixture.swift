import Architectures
import Bytes
import Numbers

@testable import Transforms

/// A small Llama for tests of cuts: two layers, four query heads of two channels, two of keys and values.
enum PruneFixture {
    static func model(heads: Int = 4, groups: Int = 2, type: String = "llama") throws -> ModelAxes {
        let config = """
            {"model_type": "\(type)", "hidden_size": 8, "intermediate_size": 6, "num_attention_heads": \(heads),
            "num_key_value_heads": \(groups), "head_dim": 2, "num_hidden_layers": 2, "vocab_size": 10,
            "num_local_experts": 4, "num_experts_per_tok": 2}
            """
        var tensors: [(name: String, shape: [Int])] = [
            ("model.embed_tokens.weight", [10, 8]), ("model.norm.weight", [8]),
        ]
        for layer in 0..<2 {
            let stem = "model.layers.\(layer)."
            tensors += [
                (stem + "self_attn.q_proj.weight", [heads * 2, 8]),
                (stem + "self_attn.k_proj.weight", [groups * 2, 8]),
                (stem + "self_attn.v_proj.weight", [groups * 2, 8]),
                (stem + "self_attn.o_proj.weight", [8, heads * 2]),
            ]
            if type == "mixtral" {
                tensors += [
                    (stem + "block_sparse_moe.gate.weight", [4, 8]), (stem + "mlp.experts.gate_up_proj", [4, 12, 8]),
                    (stem + "mlp.experts.down_proj", [4, 8, 6]),
                ]
            } else {
                tensors += [
                    (stem + "mlp.gate_proj.weight", [6, 8]), (stem + "mlp.up_proj.weight", [6, 8]),
                    (stem + "mlp.down_proj.weight", [8, 6]),
                ]
            }
        }
        return try ModelAxes(config: try JSONValue(parsing: Array(config.utf8)), tensors: tensors)
    }

    /// The settings that cut these shares.
    static func settings(_ shares: [PruneSettings.Width: Double], multiple: Int = 1) throws -> PruneSettings {
        var settings = PruneSettings()
        for (width, share) in shares { try settings.set(width, to: share) }
        try settings.setMultiple(multiple)
        return settings
    }

    static func rows(_ values: [Float], columns: Int) -> MemoryRows {
        MemoryRows(LittleEndianFloats.encode(values), rowLength: columns, dtype: .F32)
    }
}
