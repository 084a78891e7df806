import Testing

@testable import Architectures

@Suite("Places of tensors") struct TensorPlaceTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let family: String?
        let name: String
        let part: TensorPart
        let layer: Int?
        var testDescription: String { name }

        init(_ family: String?, _ name: String, _ part: TensorPart, _ layer: Int? = nil) {
            self.family = family
            self.name = name
            self.part = part
            self.layer = layer
        }
    }

    static let samples: [Sample] = [
        Sample("llama", "model.layers.3.self_attn.q_proj.weight", .attentionQuery, 3),
        Sample("llama", "model.layers.3.self_attn.k_proj.weight", .attentionKey, 3),
        Sample("llama", "model.layers.3.self_attn.v_proj.weight", .attentionValue, 3),
        Sample("llama", "model.layers.11.self_attn.o_proj.weight", .attentionOutput, 11),
        Sample("llama", "model.layers.0.mlp.gate_proj.weight", .mlpGate, 0),
        Sample("llama", "model.layers.0.mlp.up_proj.weight", .mlpUp, 0),
        Sample("llama", "model.layers.0.mlp.down_proj.weight", .mlpDown, 0),
        Sample("llama", "model.layers.0.input_layernorm.weight", .norm, 0),
        Sample("llama", "model.embed_tokens.weight", .embedding), Sample("llama", "lm_head.weight", .outputHead),
        Sample("llama", "model.norm.weight", .norm),
        Sample("qwen2", "model.layers.1.self_attn.q_proj.bias", .bias, 1),
        Sample("phi3", "model.layers.1.self_attn.qkv_proj.weight", .attentionQKV, 1),
        Sample("phi3", "model.layers.1.mlp.gate_up_proj.weight", .mlpGateUp, 1),
        Sample("gpt2", "transformer.h.2.attn.c_attn.weight", .attentionQKV, 2),
        Sample("gpt2", "transformer.h.2.attn.c_proj.weight", .attentionOutput, 2),
        Sample("gpt2", "h.2.mlp.c_proj.weight", .mlpDown, 2), Sample("gpt2", "h.2.mlp.c_fc.weight", .mlpUp, 2),
        Sample("bert", "encoder.layer.5.attention.self.query.weight", .attentionQuery, 5),
        Sample("bert", "encoder.layer.5.attention.output.dense.weight", .attentionOutput, 5),
        Sample("bert", "encoder.layer.5.intermediate.dense.weight", .mlpUp, 5),
        Sample("bert", "encoder.layer.5.output.dense.weight", .mlpDown, 5),
        Sample("bert", "pooler.dense.weight", .other),
        Sample("mixtral", "model.layers.1.block_sparse_moe.experts.2.w2.weight", .experts, 1),
        Sample("mixtral", "model.layers.1.mlp.experts.gate_up_proj", .experts, 1),
        Sample("mixtral", "model.layers.1.block_sparse_moe.gate.weight", .router, 1),
        Sample("llama", "blk.4.attn_q.weight", .attentionQuery, 4),
        Sample(nil, "blk.4.attn_output.weight", .attentionOutput, 4),
        Sample(nil, "blk.4.ffn_gate_exps.weight", .experts, 4), Sample(nil, "blk.4.ffn_gate_inp.weight", .router, 4),
        Sample(nil, "blk.4.attn_q_norm.weight", .norm, 4), Sample(nil, "blk.4.attn_norm.bias", .norm, 4),
        Sample(nil, "blk.4.attn_qkv.bias", .bias, 4), Sample(nil, "token_embd.weight", .embedding),
        Sample(nil, "output.weight", .outputHead), Sample(nil, "output_norm.weight", .norm),
        Sample(nil, "rope_freqs.weight", .other),
        Sample(nil, "decoder.layers.7.self_attn.v_proj.weight", .attentionValue, 7),
        Sample(nil, "something", .other), Sample(nil, "", .other),
    ]

    @Test("are known by family, by GGUF's names, or guessed", arguments: samples) func parts(sample: Sample) {
        let family = sample.family.flatMap { ModelFamily.of(modelType: $0) }
        let place = TensorPlace(name: sample.name, dimensions: [8, 8], family: family)
        #expect(place.part == sample.part)
        #expect(place.layer == sample.layer)
    }

    @Test("have one key in both conventions, where a tensor of one is a tensor of the other") func keys() {
        func key(_ name: String, _ type: String) -> String {
            TensorPlace(name: name, dimensions: [8, 8], family: ModelFamily.of(modelType: type)).key
        }
        #expect(key("model.layers.3.self_attn.q_proj.weight", "llama") == "blk.3.attn_q.weight")
        #expect(key("blk.3.attn_q.weight", "llama") == "blk.3.attn_q.weight")
        #expect(key("lm_head.weight", "llama") == "output.weight")
        #expect(key("h.0.mlp.c_proj.weight", "gpt2") == "blk.0.ffn_down.weight")
        let expert = "model.layers.0.block_sparse_moe.experts.1.w1.weight"
        #expect(key(expert, "mixtral") == expert)
    }
}
