import Bytes
import Foundation
import Testing

@testable import Architectures

/// gpt-oss' experts in the layouts that checkpoints have: dense, packed, and one module for each matrix.
@Suite("Packed experts") struct PackedExpertsTests {
    private static let experts = "model.layers.1.mlp.experts."

    /// The fixture's tensors with the experts packed: [experts, out, in], under the name of the codes.
    private static func packed(_ fixture: ModelFixture) -> [(name: String, shape: [Int])] {
        fixture.tensors.map { tensor in
            guard tensor.shape.count == 3 else { return tensor }
            return (tensor.name + "_blocks", [tensor.shape[0], tensor.shape[2], tensor.shape[1]])
        }
    }

    @Test("take every second row of the matrices and biases that alternate")
    func rows() throws {
        let fixture = try ModelFixture("gpt_oss")
        let layout = try GGUFModel(tensors: Self.packed(fixture), config: fixture.config).layout
        for (part, name) in [(0, "gate"), (1, "up")] {
            let matrix = try #require(layout.tensors.first { $0.name == "blk.1.ffn_\(name)_exps.weight" })
            #expect(matrix.content == .sources([.init(name: Self.experts + "gate_up_proj_blocks")]))
            #expect(matrix.rowOrder == .every(count: 2, first: part))
            #expect(!matrix.isTransposed && !matrix.isByElement)
            let bias = try #require(layout.tensors.first { $0.name == "blk.1.ffn_\(name)_exps.bias" })
            #expect(bias.rowOrder == .every(count: 2, first: part) && bias.isByElement)
        }
        let down = try #require(layout.tensors.first { $0.name == "blk.1.ffn_down_exps.weight" })
        #expect(down.content == .sources([.init(name: Self.experts + "down_proj_blocks")]))
        #expect(down.rowOrder == .asStored && !down.isTransposed)
    }

    @Test("have the dense parameters' values, whichever way they come")
    func values() throws {
        let fixture = try ModelFixture("gpt_oss")
        let dense = TensorsInMemory(fixture.tensors, fixture.values)
        let expected = dense.applying(try fixture.model().layout)
        var packed = dense
        for tensor in fixture.tensors where tensor.shape.count == 3 {
            let (count, rows, columns) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
            let values = fixture.values[tensor.name] ?? []
            packed.shapes[tensor.name] = nil
            packed.shapes[tensor.name + "_blocks"] = [count, columns, rows]
            packed.values[tensor.name + "_blocks"] = (0..<values.count).map { place in
                let (matrix, rest) = place.quotientAndRemainder(dividingBy: rows * columns)
                return values[matrix * rows * columns + rest % rows * columns + rest / rows]
            }
        }
        let layout = try GGUFModel(tensors: packed.list, config: fixture.config).layout
        #expect(packed.applying(layout).values == expected.values)
    }

    @Test("stay packed on the way back, where all that take turns are")
    func wayBack() throws {
        let fixture = try ModelFixture("gpt_oss")
        let model = try fixture.model()
        let metadata = Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
        func back(_ packed: Set<String>) throws -> HuggingFaceModel {
            try HuggingFaceModel(
                tensors: model.layout.tensors.map { ($0.name, $0.shape) }, metadata: metadata, packed: packed)
        }
        let both = try back(["blk.1.ffn_gate_exps.weight", "blk.1.ffn_up_exps.weight"])
        let mapping = try #require(both.layout.tensors.first { $0.name == Self.experts + "gate_up_proj_blocks" })
        #expect(mapping.isPacked && mapping.turns == 2 && !mapping.isTransposed)
        #expect(mapping.shape == [3, 80, 24])
        #expect(
            mapping.content
                == .sources([
                    .init(name: "blk.1.ffn_gate_exps.weight"), .init(name: "blk.1.ffn_up_exps.weight"),
                ]))
        #expect(both.config["quantization_config"]?["quant_method"]?.stringValue == "mxfp4")
        #expect(both.layout.tensors.filter(\.isPacked).count == 1)
        let one = try back(["blk.1.ffn_gate_exps.weight"])
        #expect(one.layout.tensors.filter(\.isPacked).isEmpty)
        #expect(one.config["quantization_config"] == nil)
    }

    @Test("are read from MLX's modules too")
    func modules() throws {
        let fixture = try ModelFixture("gpt_oss")
        let tensors = fixture.tensors.flatMap { tensor -> [(name: String, shape: [Int])] in
            guard let place = tensor.name.range(of: "experts.") else { return [tensor] }
            let module = tensor.name[place.upperBound...]
            let start = String(tensor.name[..<place.upperBound])
            let isBias = module.hasSuffix("_bias")
            let end = isBias ? "bias" : "weight"
            let shape = isBias ? tensor.shape : [tensor.shape[0], tensor.shape[2], tensor.shape[1]]
            guard module.hasPrefix("gate_up") else { return [(start + "down_proj." + end, shape)] }
            let half = [shape[0], shape[1] / 2] + shape.dropFirst(2)
            return ["gate_proj.", "up_proj."].map { (start + $0 + end, half) }
        }
        let layout = try GGUFModel(tensors: tensors, config: fixture.config).layout
        let up = try #require(layout.tensors.first { $0.name == "blk.0.ffn_up_exps.weight" })
        #expect(up.content == .sources([.init(name: "model.layers.0.mlp.experts.up_proj.weight")]))
        #expect(up.rowOrder == .asStored)
    }

    @Test("come with a note on what GGUF cannot say of YaRN")
    func notes() throws {
        let fixture = try ModelFixture("gpt_oss")
        #expect(try fixture.model().layout.notes.count == 1)
        var config = try #require(fixture.config.objectValue)
        config.set("rope_parameters.truncate", to: .bool(true))
        let notes = try GGUFModel(tensors: fixture.tensors, config: .object(config)).layout.notes
        #expect(notes.count == 1)
        #expect(notes.first?.contains("says false") == true)
    }
}
