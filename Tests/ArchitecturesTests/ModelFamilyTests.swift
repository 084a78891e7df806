import Bytes
import Foundation
import Testing

@testable import Architectures

@Suite("Model family") struct ModelFamilyTests {
    @Test("is listed for every file of the folder, each type once")
    func list() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/Architectures/Families")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        #expect(files.sorted() == ModelFamily.all.map { $0.name + ".json" })
        let types = ModelFamily.all.flatMap(\.modelTypes)
        #expect(Set(types).count == types.count)
        #expect(types.count == 19)
        #expect(ModelFamily.of(modelType: "gemma3_text")?.name == "gemma3")
        #expect(ModelFamily.of(modelType: "none") == nil)
    }

    /// Which matrices bitsandbytes replaces was measured with transformers 5.23.0 and bitsandbytes 0.50.2.
    @Test(
        "knows the part of each tensor",
        arguments: [
            ("llama", "model.embed_tokens.weight", .embedding), ("llama", "lm_head.weight", .outputHead),
            ("llama", "model.norm.weight", .norm), ("llama", "model.layers.0.input_layernorm.weight", .norm),
            ("llama", "model.layers.11.self_attn.q_proj.weight", .linear),
            ("llama", "model.layers.11.self_attn.q_proj.bias", .bias),
            ("llama", "layers.0.mlp.down_proj.weight", .linear),
            ("llama", "model.layers.x.mlp.down_proj.weight", .other),
            ("llama", "model.layers..mlp.down_proj.weight", .other),
            ("llama", "model.layers.0.mlp.down_proj.weight.absmax", .other),
            ("llama", "model.layers.0.self_attn.rotary_emb.inv_freq", .other), ("llama", "", .other),
            ("qwen2", "model.layers.0.self_attn.k_proj.bias", .bias),
            ("qwen3", "model.layers.0.self_attn.q_norm.weight", .norm),
            ("gemma3", "model.layers.0.post_feedforward_layernorm.weight", .norm),
            ("gemma3", "language_model.model.layers.0.mlp.up_proj.weight", .linear),
            ("gemma3", "vision_tower.vision_model.encoder.layers.0.self_attn.out_proj.weight", .linear),
            ("gemma3", "vision_tower.vision_model.embeddings.patch_embedding.weight", .other),
            ("phi3", "model.layers.0.self_attn.qkv_proj.weight", .linear),
            ("gpt2", "transformer.h.0.attn.c_attn.weight", .conv1D), ("gpt2", "h.0.mlp.c_proj.weight", .conv1D),
            ("gpt2", "h.0.mlp.c_proj.bias", .bias), ("gpt2", "h.0.attn.bias", .other),
            ("gpt2", "transformer.wte.weight", .embedding), ("gpt2", "transformer.wpe.weight", .embedding),
            ("gpt2", "transformer.ln_f.bias", .norm),
            ("mixtral", "model.layers.0.self_attn.o_proj.weight", .linear),
            ("mixtral", "model.layers.0.block_sparse_moe.gate.weight", .router),
            ("mixtral", "model.layers.0.block_sparse_moe.experts.3.w2.weight", .expert),
            ("mixtral", "model.layers.0.mlp.experts.gate_up_proj", .stackedExpert),
            ("bert", "encoder.layer.5.attention.self.query.weight", .linear),
            ("bert", "bert.encoder.layer.5.output.dense.weight", .linear), ("bert", "pooler.dense.weight", .linear),
            ("bert", "embeddings.word_embeddings.weight", .embedding), ("bert", "embeddings.position_ids", .other),
            ("bert", "embeddings.LayerNorm.gamma", .norm), ("bert", "cls.predictions.decoder.weight", .outputHead),
            ("bert", "cls.predictions.bias", .other),
            ("nomic_bert", "encoder.layers.0.attn.Wqkv.weight", .linear), ("nomic_bert", "emb_ln.weight", .norm),
        ] as [(String, String, TensorRole)])
    func roles(type: String, name: String, role: TensorRole) throws {
        #expect(try #require(ModelFamily.of(modelType: type)).role(of: name) == role)
    }

    @Test(
        "tells the layer's number",
        arguments: [
            ("llama", "model.layers.17.mlp.up_proj.weight", 17), ("llama", "model.norm.weight", nil),
            ("gpt2", "h.3.ln_1.bias", 3), ("bert", "bert.encoder.layer.0.output.dense.bias", 0),
            ("mixtral", "model.layers.1.block_sparse_moe.experts.7.w1.weight", 1),
            ("llama", "model.layers.99999999999999999999.x", nil),
        ] as [(String, String, Int?)])
    func layers(type: String, name: String, layer: Int?) throws {
        #expect(try #require(ModelFamily.of(modelType: type)).layerNumber(of: name) == layer)
    }

    @Test("names the output matrix, also where it is tied")
    func outputHead() {
        #expect(ModelFamily.of(modelType: "gpt2")?.outputHead == "lm_head")
        #expect(ModelFamily.of(modelType: "bert")?.outputHead == "cls.predictions.decoder")
    }

    @Test(
        "guesses where no family is known",
        arguments: [
            ("blocks.0.fc.weight", [4, 4], .linear), ("blocks.0.fc.weight", [4], .other),
            ("blocks.0.fc.bias", [4], .bias), ("blocks.0.conv.weight", [4, 4, 3], .other),
            ("tok_embeddings.weight", [4, 4], .embedding), ("lm_head.weight", [4, 4], .outputHead),
            ("norm.weight", [4], .norm), ("x.LayerNorm.bias", [4], .norm), ("moe.router.weight", [4, 4], .router),
            ("wte.weight", [4, 4], .embedding), ("blocks.0.w1", [4, 4], .other),
            ("h.0.ln_1.weight", [4], .norm), ("embeddings.0.weight", [4, 4], .embedding),
            ("l.0.mlp.gate.weight", [4, 4], .router), ("l.0.mlp.gate_proj.weight", [4, 4], .linear),
            ("l.0.mlp.shared_expert_gate.weight", [4, 4], .linear), ("shared.weight", [4, 4], .embedding),
            ("l.0.mlp.experts.3.up_proj.weight", [4, 4], .expert), ("lm_head.dense.weight", [4, 4], .outputHead),
            ("cls.predictions.decoder.weight", [4, 4], .outputHead), ("score.weight", [4, 4], .outputHead),
            ("e.embedding_hidden_mapping_in.weight", [4, 4], .linear), ("lm_head.bias", [4], .bias),
            ("cls.predictions.transform.dense.weight", [4, 4], .linear), ("weight", [4, 4], .linear),
            ("head.attention.out_proj.weight", [4, 4], .linear), ("", [4, 4], .other),
        ] as [(String, [Int], TensorRole)])
    func guess(name: String, dimensions: [Int], role: TensorRole) {
        #expect(TensorRole.guess(name: name, dimensions: dimensions) == role)
    }

    @Test("takes the projection of an attention module of one piece for none")
    func attention() {
        let names: Set<String> = ["head.attention.in_proj_weight", "head.attention.out_proj.weight"]
        func role(_ name: String) -> TensorRole { .guess(name: name, dimensions: [4, 4], among: names) }
        #expect(role("head.attention.out_proj.weight") == .other)
        #expect(role("layers.0.attention.out_proj.weight") == .linear)
    }

    @Test(
        "refuses a file that misses something or names an unknown role",
        arguments: [
            "[]", "{}", #"{"name":"a","model_types":[],"layer":"h.*"}"#,
            #"{"name":"a","model_types":[],"layer":"h.*","modules":{"lineal":[]}}"#,
            #"{"name":"a","model_types":[],"layer":"h.*","modules":{"linear":{}}}"#,
        ])
    func refused(json: String) {
        #expect(throws: FormatError.self) { try ModelFamily(parsing: Array(json.utf8)) }
    }
}
