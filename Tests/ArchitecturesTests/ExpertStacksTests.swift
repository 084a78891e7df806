import Bytes
import Testing

@testable import Architectures

@Suite("Stacks of experts") struct ExpertStacksTests {
    private static func mappings(
        _ type: String, _ tensors: [(name: String, shape: [Int])]
    ) throws -> [TensorMapping] {
        try #require(ModelFamily.of(modelType: type)).expertStacks.mappings(of: tensors)
    }

    private static func experts(_ start: String, _ end: String, _ numbers: [Int]) -> [(name: String, shape: [Int])] {
        numbers.map { ("\(start).experts.\($0).\(end).weight", [64, 32]) }
    }

    /// The names are those of mlx-lm 0.32.2.
    @Test(
        "bear the names that mlx-lm gives them",
        arguments: [
            ("mixtral", "model.layers.3.block_sparse_moe", "w1", "gate_proj"),
            ("mixtral", "model.layers.3.block_sparse_moe", "w2", "down_proj"),
            ("mixtral", "layers.0.block_sparse_moe", "w3", "up_proj"),
            ("qwen3_moe", "model.layers.11.mlp", "gate_proj", "gate_proj"),
            ("qwen2_moe", "model.language_model.layers.0.mlp", "down_proj", "down_proj"),
        ])
    func names(type: String, start: String, matrix: String, module: String) throws {
        let tensors = Self.experts(start, matrix, [0, 1, 2])
        let mapping = try #require(try Self.mappings(type, tensors).first)
        #expect(mapping.name == "\(start).switch_mlp.\(module).weight")
        #expect(mapping.shape == [3, 64, 32])
        #expect(mapping.content == .sources(tensors.map { .init(name: $0.name) }))
        #expect(try #require(ModelFamily.of(modelType: type)).role(of: mapping.name) == .stackedExpert)
    }

    @Test("hold the experts in the order of their numbers, whatever the file's") func order() throws {
        let shuffled = Self.experts("model.layers.0.block_sparse_moe", "w1", [10, 2, 0, 1, 3, 4, 9, 5, 6, 7, 8])
        let mapping = try #require(try Self.mappings("mixtral", shuffled).first)
        let names = (0...10).map { "model.layers.0.block_sparse_moe.experts.\($0).w1.weight" }
        #expect(mapping.content == .sources(names.map { .init(name: $0) }))
    }

    @Test("are not made of other tensors, nor in families without experts") func others() throws {
        let names = [
            "model.layers.0.block_sparse_moe.gate.weight", "model.layers.0.self_attn.q_proj.weight",
            "model.layers.0.block_sparse_moe.experts.0.w1.bias", "xlayers.0.block_sparse_moe.experts.0.w1.weight",
        ]
        #expect(try Self.mappings("mixtral", names.map { ($0, [64, 32]) }).isEmpty)
        #expect(try Self.mappings("llama", Self.experts("model.layers.0.block_sparse_moe", "w1", [0])).isEmpty)
    }

    /// The matrices of gpt-oss' checkpoints, dense ones and packed ones, and what mlx-lm's modules are called.
    @Test("are every second row of matrices that alternate, and of their biases") func parts() throws {
        let start = "model.layers.4.mlp.experts."
        let mappings = try Self.mappings(
            "gpt_oss",
            [
                (start + "gate_up_proj", [2, 64, 192]), (start + "gate_up_proj_bias", [2, 192]),
                ("model.layers.5.mlp.experts.gate_up_proj_blocks", [2, 192, 64]),
                (start + "down_proj", [2, 96, 64]), (start + "down_proj_bias", [2, 64]),
            ])
        let byName = Dictionary(uniqueKeysWithValues: mappings.map { ($0.name, $0) })
        #expect(mappings.count == 8)
        let up = try #require(byName[start + "up_proj.weight"])
        #expect(up.shape == [2, 96, 64] && up.isTransposed && up.rowOrder == .every(count: 2, first: 1))
        #expect(up.content == .sources([0..<64, 64..<128].map { .init(name: start + "gate_up_proj", rows: $0) }))
        let bias = try #require(byName[start + "gate_proj.bias"])
        #expect(bias.shape == [2, 96] && bias.isByElement && bias.rowOrder == .every(count: 2, first: 0))
        let packed = try #require(byName["model.layers.5.mlp.experts.gate_proj.weight"])
        #expect(packed.shape == [2, 96, 64] && !packed.isTransposed)
        let down = try #require(byName[start + "down_proj.weight"])
        #expect(down.shape == [2, 64, 96] && down.isTransposed && down.rowOrder == .asStored)
        #expect(byName[start + "down_proj.bias"]?.content == .sources([.init(name: start + "down_proj_bias")]))
        let odd = #expect(throws: FormatError.self) {
            try Self.mappings("gpt_oss", [(start + "gate_up_proj", [2, 64, 191])])
        }
        #expect(odd?.tensor == start + "gate_up_proj")
    }

    @Test("are refused when an expert is missing, or has another shape") func faults() {
        let start = "model.layers.0.block_sparse_moe"
        let gap = #expect(throws: FormatError.self) {
            try Self.mappings("mixtral", Self.experts(start, "w1", [0, 1, 3]))
        }
        #expect(gap?.problem == "3 experts are there, but not expert 2")
        #expect(gap?.tensor == "\(start).switch_mlp.gate_proj.weight")
        #expect(throws: FormatError.self) { try Self.mappings("mixtral", Self.experts(start, "w1", [1_000_000])) }
        let odd = #expect(throws: FormatError.self) {
            try Self.mappings("mixtral", Self.experts(start, "w1", [0]) + [("\(start).experts.1.w1.weight", [32, 64])])
        }
        #expect(odd?.tensor == "\(start).experts.1.w1.weight")
    }
}
