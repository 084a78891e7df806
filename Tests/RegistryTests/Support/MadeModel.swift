import Bytes
import Formats
import Foundation
import Numbers
import Tensors

/// Writes small models for tests: each tensor's bytes are given, or drawn from a seed.
struct MadeModel {
    var tensors: [(name: String, dtype: DType, shape: [Int], bytes: [UInt8])] = []
    var config: String?

    /// Adds a BF16 tensor of small seeded numbers.
    mutating func add(_ name: String, _ shape: [Int], seed: UInt64) {
        tensors.append((name, .BF16, shape, Self.numbers(shape.reduce(1, *), seed: seed)))
    }

    /// Written for debug builds, in which hundreds of tests make their models: no generic call for each number.
    private static func numbers(_ count: Int, seed: UInt64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 2 * count) { bytes, initializedCount in
            var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
            var place = 0
            while place < 2 * count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let value = Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max) * 0.1
                let bits = value.bitPattern >> 16
                bytes[place] = UInt8(truncatingIfNeeded: bits)
                bytes[place + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                place += 2
            }
            initializedCount = place
        }
    }

    /// A Llama of one layer, 256 wide.
    static func llama(seed: UInt64 = 1) -> Self {
        var model = Self()
        model.config = """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 1,
            "tie_word_embeddings": true}
            """
        model.add("model.embed_tokens.weight", [300, 256], seed: seed)
        model.add("model.layers.0.self_attn.q_proj.weight", [256, 256], seed: seed + 1)
        model.add("model.layers.0.mlp.up_proj.weight", [512, 256], seed: seed + 2)
        model.add("model.layers.0.input_layernorm.weight", [256], seed: seed + 3)
        model.add("model.norm.weight", [256], seed: seed + 4)
        return model
    }

    /// A Llama of one layer with all that GGUF needs to know of it.
    static func wideLlama() -> Self {
        var model = llama()
        model.config = """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 1, "hidden_size": 256,
            "intermediate_size": 512, "num_attention_heads": 4, "num_key_value_heads": 4, "vocab_size": 300,
            "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true}
            """
        model.add("model.layers.0.self_attn.k_proj.weight", [256, 256], seed: 6)
        model.add("model.layers.0.self_attn.v_proj.weight", [256, 256], seed: 7)
        model.add("model.layers.0.self_attn.o_proj.weight", [256, 256], seed: 8)
        model.add("model.layers.0.mlp.gate_proj.weight", [512, 256], seed: 9)
        model.add("model.layers.0.mlp.down_proj.weight", [256, 512], seed: 10)
        model.add("model.layers.0.post_attention_layernorm.weight", [256], seed: 11)
        return model
    }

    /// The bytes of one safetensors file with the tensors that `included` picks.
    func file(_ included: (String) -> Bool = { _ in true }) throws -> [UInt8] {
        let chosen = tensors.filter { included($0.name) }
        let layout = try SafetensorsLayout(
            tensors: chosen.map { (name: $0.name, dtype: $0.dtype, shape: $0.shape) }, metadata: [("format", "pt")])
        let byName = Dictionary(uniqueKeysWithValues: chosen.map { ($0.name, $0.bytes) })
        var file = layout.headerBytes
        for tensor in layout.tensors { file += byName[tensor.name] ?? [] }
        return file
    }

    /// Writes the folder of a model.
    @discardableResult
    func write(to folder: String) throws -> String {
        try Folder.make(folder)
        try Data(try file()).write(to: URL(fileURLWithPath: folder + "/model.safetensors"))
        if let config { try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/config.json")) }
        return folder
    }

    /// Writes the folder of a model in two shards: what `isFirst` picks, and the rest.
    func writeSharded(
        to folder: String, first isFirst: (String) -> Bool = { $0.contains("embed") }
    ) throws -> String {
        try Folder.make(folder)
        let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        try Data(try file(isFirst)).write(to: URL(fileURLWithPath: folder + "/" + names[0]))
        try Data(try file { !isFirst($0) }).write(to: URL(fileURLWithPath: folder + "/" + names[1]))
        let map = tensors.map { "\"\($0.name)\": \"\(isFirst($0.name) ? names[0] : names[1])\"" }
        let index = "{\"metadata\": {\"total_size\": 0}, \"weight_map\": {\(map.joined(separator: ", "))}}"
        try Data(index.utf8).write(to: URL(fileURLWithPath: folder + "/model.safetensors.index.json"))
        if let config { try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/config.json")) }
        return folder
    }
}
