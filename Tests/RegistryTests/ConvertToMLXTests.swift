import Bytes
import Formats
import Numbers
import Registry
import Tensors
import Testing

@Suite("Convert to MLX") struct ConvertToMLXTests {
    /// A Mixtral of one layer and three experts.
    private static func mixtral() -> MadeModel {
        var model = MadeModel()
        model.config = #"{"model_type": "mixtral", "num_hidden_layers": 1, "num_local_experts": 3}"#
        model.add("model.embed_tokens.weight", [300, 256], seed: 1)
        model.add("lm_head.weight", [300, 256], seed: 2)
        model.add("model.layers.0.self_attn.q_proj.weight", [256, 256], seed: 3)
        model.add("model.layers.0.block_sparse_moe.gate.weight", [3, 256], seed: 4)
        for expert in [2, 0, 1] {
            model.add(
                "model.layers.0.block_sparse_moe.experts.\(expert).w1.weight", [128, 256], seed: UInt64(5 + expert))
        }
        return model
    }

    @Test("stacks the experts of a layer, each quantized as it would be alone") func stacks() async throws {
        let stacked = try await Self.converted(Self.mixtral())
        // The same numbers as the matrices of three layers.
        var plain = MadeModel()
        plain.config = #"{"model_type": "llama", "num_hidden_layers": 3}"#
        for layer in 0..<3 {
            plain.add("model.layers.\(layer).mlp.gate_proj.weight", [128, 256], seed: UInt64(5 + layer))
        }
        let single = try await Self.converted(plain)
        for part in ["weight", "scales", "biases"] {
            let stack = try #require(stacked["model.layers.0.block_sparse_moe.switch_mlp.gate_proj.\(part)"])
            let layers = try (0..<3).map { try #require(single["model.layers.\($0).mlp.gate_proj.\(part)"]) }
            #expect(stack.shape == [3] + layers[0].shape)
            #expect(stack.bytes == layers.flatMap(\.bytes))
        }
        #expect(!stacked.keys.contains { $0.contains("experts") })
        #expect(stacked["lm_head.scales"] != nil)
    }

    @Test("leaves out what MLX ties or computes") func dropped() async throws {
        var model = MadeModel.llama()
        model.add("lm_head.weight", [300, 256], seed: 9)
        model.add("model.layers.0.self_attn.rotary_emb.inv_freq", [16], seed: 10)
        let tensors = try await Self.converted(model)
        #expect(!tensors.keys.contains { $0.hasPrefix("lm_head") || $0.contains("inv_freq") })
        #expect(tensors["model.embed_tokens.scales"] != nil)
    }

    /// The tensors of the model's 4-bit variant.
    private static func converted(_ model: MadeModel) async throws -> [String: (shape: [Int], bytes: [UInt8])] {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: try model.write(to: home.path("m")))
        request.name = "m"
        _ = try await home.registry.register(request)
        let report = try await home.registry.convert(ConvertRequest(name: "m", scheme: "mlx-affine4"))
        _ = try await home.registry.export(ExportRequest(name: report.name, destination: home.path("out")))
        let file = try OpenFile(home.path("out/model.safetensors"))
        let header = try SafetensorsHeader(reading: file)
        return try Dictionary(
            uniqueKeysWithValues: header.tensors.map { tensor in
                (tensor.name, (shape: tensor.shape.dimensions, bytes: try file.bytes(tensor.byteRange)))
            })
    }
}
