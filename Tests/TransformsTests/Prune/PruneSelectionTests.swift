import Architectures
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Selection by scores") struct PruneSelectionTests {
    private let kernels = Kernels()

    @Test("keeps the highest, and of equal ones the lower number") func ties() throws {
        let model = try PruneFixture.model()
        let selection = PruneSelection(try PrunedSizes(try PruneFixture.settings([.mlp: 0.5]), model), model)
        let place = AxisPlace(.mlp, layer: 0), other = AxisPlace(.mlp, layer: 1)
        let kept = try selection.kept(by: [place: [1, 5, 3, 3, 3, 0], other: [0, 0, 0, 0, 0, 0]])
        #expect(kept[place] == [1, 2, 3])
        #expect(kept[other] == [0, 1, 2])
    }

    @Test("takes heads from within each group that stays") func groups() throws {
        let model = try PruneFixture.model(heads: 8, groups: 4)
        let settings = try PruneFixture.settings([.keyValueGroups: 0.5, .heads: 0.5])
        let selection = PruneSelection(try PrunedSizes(settings, model), model)
        let heads = AxisPlace(.heads, layer: 0), shared = AxisPlace(.keyValueHeads, layer: 0)
        let kept = try selection.kept(by: [heads: [1, 2, 9, 8, 0, 1, 5, 6], shared: [1, 9, 0, 8]])
        #expect(kept[shared] == [1, 3])
        #expect(kept[heads] == [2, 7])
    }

    @Test("refuses scores that are no numbers") func notFinite() throws {
        let model = try PruneFixture.model()
        let selection = PruneSelection(try PrunedSizes(try PruneFixture.settings([.mlp: 0.5]), model), model)
        #expect(throws: (any Error).self) {
            _ = try selection.kept(by: [AxisPlace(.mlp, layer: 1): [1, 5, .nan, 3, 3, 0]])
        }
    }

    @Test("adds up rows and columns of all tensors of a group") func sums() throws {
        let model = try PruneFixture.model()
        func tensor(_ name: String) throws -> TensorAxes { try #require(model.tensors.first { $0.name == name }) }
        let up = (0..<48).map { Float($0 / 8) }, down = (0..<48).map { Float($0 % 6) }
        var sums = AxisScores()
        for (name, values, columns) in [
            ("model.layers.0.mlp.up_proj.weight", up, 8), ("model.layers.0.mlp.down_proj.weight", down, 6),
        ] {
            sums += try AxisScores(
                of: try tensor(name), for: [.mlp], in: model, rows: PruneFixture.rows(values, columns: columns),
                factors: nil, power: .square, kernels: kernels)
        }
        let expected = (0..<6).map { (index: Int) -> Double in Double(16 * index * index) }
        #expect(sums.sums == [AxisPlace(.mlp, layer: 0): expected])
    }

    @Test("counts what a matrix takes in times the factors, and nothing else") func factors() throws {
        let model = try PruneFixture.model()
        let down = try #require(model.tensors.first { $0.name == "model.layers.0.mlp.down_proj.weight" })
        let found = try AxisScores(
            of: down, for: [.mlp, .hidden], in: model,
            rows: PruneFixture.rows([Float](repeating: 2, count: 48), columns: 6),
            factors: [0, 1, 2, 3, 4, 5], power: .square, kernels: kernels)
        let expected = (0..<6).map { (index: Int) -> Double in Double(32 * index) }
        #expect(found.sums == [AxisPlace(.mlp, layer: 0): expected])
    }

    @Test("scores the matrices of a stack one by one, and their experts") func stacks() throws {
        let model = try PruneFixture.model(type: "mixtral")
        let down = try #require(model.tensors.first { $0.name == "model.layers.1.mlp.experts.down_proj" })
        let values = (0..<4 * 48).map { Float($0 / 48) }
        let found = try AxisScores(
            of: down, for: [.mlp, .experts], in: model, rows: PruneFixture.rows(values, columns: 6), factors: nil,
            power: .magnitude, kernels: kernels)
        #expect(found.sums[AxisPlace(.mlp, layer: 1, expert: 2)] == [Double](repeating: 16, count: 6))
        #expect(found.sums[AxisPlace(.experts, layer: 1)] == [0, 48, 96, 144])
    }

    @Test("cuts each matrix of a stack by its own channels") func slicedStack() throws {
        let model = try PruneFixture.model(type: "mixtral")
        let down = try #require(model.tensors.first { $0.name == "model.layers.1.mlp.experts.down_proj" })
        var kept = KeptIndices(layers: [0, 1])
        kept[AxisPlace(.experts, layer: 1)] = [1, 3]
        kept[AxisPlace(.mlp, layer: 1, expert: 0)] = [0, 1]
        kept[AxisPlace(.mlp, layer: 1, expert: 1)] = [0, 5]
        kept[AxisPlace(.mlp, layer: 1, expert: 3)] = [2, 3]
        #expect(kept.shape(of: down) == [2, 8, 2])
        let source = PruneFixture.rows((0..<4 * 48).map(Float.init), columns: 6)
        let rows = kept.rows(of: down, from: source, kernels: kernels)
        var buffer = [UInt8](repeating: 0, count: rows.rowCount * rows.rowByteCount)
        try rows.read(0..<rows.rowCount, into: &buffer)
        var expected: [Float] = []
        for row in 0..<8 { expected += [48 + row * 6, 48 + row * 6 + 5].map { Float($0) } }
        for row in 0..<8 { expected += [144 + row * 6 + 2, 144 + row * 6 + 3].map { Float($0) } }
        #expect(LittleEndianFloats.decode(buffer) == expected)
    }
}
