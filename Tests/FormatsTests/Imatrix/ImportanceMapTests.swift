import Architectures
import Bytes
import Testing

@testable import Formats

@Suite("Imatrix by checkpoint names") struct ImportanceMapTests {
    /// A model of `fixtures/architectures`, as GGUF makes it.
    static func layout(_ name: String) throws -> LayoutMapping {
        let json = try Fixtures.json("architectures/\(name).json")
        let tensors = (json["tensors"]?.arrayValue ?? []).compactMap { row -> (name: String, shape: [Int])? in
            guard let cells = row.arrayValue, let name = cells.first?.stringValue, cells.count > 1 else { return nil }
            return (name, (cells[1].arrayValue ?? []).compactMap(\.intValue))
        }
        return try GGUFModel(tensors: tensors, config: json["config"] ?? .null).layout
    }

    static func importance(_ file: String, _ tensor: String) throws -> [Float] {
        let matrix = try ImportanceMatrixTests.read(file)
        return try matrix.importance(of: try #require(matrix[tensor]))
    }

    @Test(
        "finds each tensor under its name in the checkpoint",
        arguments: [
            ("llama", "llama.gguf", "model.layers.1.self_attn.q_proj.weight", "blk.1.attn_q.weight"),
            ("llama", "llama.gguf", "model.layers.0.mlp.down_proj.weight", "blk.0.ffn_down.weight"),
            ("gpt2", "gpt2.dat", "transformer.h.1.attn.c_attn.weight", "blk.1.attn_qkv.weight"),
            ("gpt2", "gpt2.dat", "transformer.h.0.mlp.c_proj.weight", "blk.0.ffn_down.weight"),
            ("phi3", "phi3_old.dat", "model.layers.0.mlp.gate_up_proj.weight", "blk.0.ffn_up.weight"),
            ("mixtral-fused", "mixtral.gguf", "model.layers.1.mlp.experts.down_proj", "blk.1.ffn_down_exps.weight"),
        ])
    func plain(model: String, file: String, tensor: String, gguf: String) throws {
        let map = try ImportanceMap(try ImportanceMatrixTests.read(file), try Self.layout(model))
        #expect(try map.importance(of: tensor) == Self.importance(file, gguf))
    }

    @Test("gives each expert its own part of a stack", arguments: 0..<3) func experts(expert: Int) throws {
        let map = try ImportanceMap(try ImportanceMatrixTests.read("mixtral.dat"), try Self.layout("mixtral"))
        let all = try Self.importance("mixtral.dat", "blk.1.ffn_down_exps.weight")
        let found = try map.importance(of: "model.layers.1.block_sparse_moe.experts.\(expert).w2.weight")
        let part: [Float] = Array(all[expert * 40..<expert * 40 + 40])
        #expect(found == part)
    }

    @Test("takes the mean of gate and up where one tensor holds both") func fused() throws {
        let map = try ImportanceMap(try ImportanceMatrixTests.read("mixtral.gguf"), try Self.layout("mixtral-fused"))
        let gate = try Self.importance("mixtral.gguf", "blk.0.ffn_gate_exps.weight")
        let up = try Self.importance("mixtral.gguf", "blk.0.ffn_up_exps.weight")
        let found = try #require(try map.importance(of: "model.layers.0.mlp.experts.gate_up_proj"))
        // Both have 40 rows of each expert.
        let mean: [Float] = zip(gate, up).map { gate, up in
            let sum: Double = 40 * Double(gate) + 40 * Double(up)
            return Float(sum / 80)
        }
        #expect(found == mean)
        #expect(found.count == 3 * 24)
    }

    @Test("says nothing of tensors that were not measured") func absent() throws {
        let map = try ImportanceMap(try ImportanceMatrixTests.read("llama.gguf"), try Self.layout("llama"))
        for name in ["model.embed_tokens.weight", "model.norm.weight", "no.such.tensor"] {
            #expect(try map.importance(of: name) == nil, "\(name)")
        }
    }

    @Test("refuses the imatrix of another family", arguments: [("llama", "gpt2.dat"), ("gpt2", "llama.gguf")])
    func otherFamily(model: String, file: String) throws {
        let matrix = try ImportanceMatrixTests.read(file), layout = try Self.layout(model)
        let error = #expect(throws: FormatError.self) { try ImportanceMap(matrix, layout) }
        #expect(error?.code == .refused)
        #expect(error?.problem.contains("of another model") == true)
    }
}
