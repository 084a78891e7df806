import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Least-squares repair") struct LeastSquaresRepairTests {
    /// Inputs of which the third is the sum of the first two, so that nothing is lost when it goes.
    @Test("loses nothing where what stays tells what went") func exact() throws {
        var generator = SeededGenerator(seed: 4)
        let inputs = (0..<64).map { _ -> [Double] in
            let one = Double.random(in: -1...1, using: &generator), two = Double.random(in: -1...1, using: &generator)
            return [one, two, one + two]
        }
        let repair = try LeastSquaresRepair(keeping: [0, 1], of: 3) { row in
            (0..<3).map { column in inputs.reduce(0) { $0 + $1[row] * $1[column] } / 64 }
        }
        let made = repair.repaired([1, 2, 3])
        #expect(abs(made[0] - 4) < 1e-5 && abs(made[1] - 5) < 1e-5, "\(made)")
    }

    @Test("has less error than leaving columns out", arguments: 0..<UInt64(4)) func better(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let mixing = (0..<36).map { _ in Double.random(in: -1...1, using: &generator) }
        let inputs = (0..<200).map { _ -> [Double] in
            let sources = (0..<6).map { _ in Double.random(in: -1...1, using: &generator) }
            return (0..<6).map { row in (0..<6).reduce(0) { $0 + mixing[row * 6 + $1] * sources[$1] } }
        }
        let row = (0..<6).map { _ in Float.random(in: -1...1, using: &generator) }
        let kept = [0, 2, 3, 5]
        let repair = try LeastSquaresRepair(keeping: kept, of: 6) { row in
            (0..<6).map { column in inputs.reduce(0) { $0 + $1[row] * $1[column] } / 200 }
        }
        func error(_ weights: [Float]) -> Double {
            inputs.reduce(0) { sum, input in
                let whole = (0..<6).reduce(0) { $0 + Double(row[$1]) * input[$1] }
                let left = zip(kept, weights).reduce(0) { $0 + Double($1.1) * input[$1.0] }
                return sum + (whole - left) * (whole - left)
            }
        }
        let plain = error(kept.map { row[$0] }), repaired = error(repair.repaired(row[...]))
        #expect(repaired < plain * 0.999, "seed \(seed): \(repaired) against \(plain)")
        // At the least error, no small change of a weight makes it less.
        for place in kept.indices {
            var other = repair.repaired(row[...])
            other[place] += 0.01
            #expect(error(other) > repaired, "seed \(seed)")
        }
    }

    @Test("refuses moments that no inputs have") func unsound() {
        #expect(throws: (any Error).self) {
            _ = try LeastSquaresRepair(keeping: [0, 1], of: 2) { row in row == 0 ? [1, 5] : [5, 1] }
        }
        #expect(throws: (any Error).self) {
            _ = try LeastSquaresRepair(keeping: [0], of: 1) { _ in [.nan] }
        }
    }

    @Test("makes the rows of a matrix, of which columns went") func rows() throws {
        let repair = try LeastSquaresRepair(keeping: [1], of: 2) { row in row == 0 ? [2, 1] : [1, 1] }
        let matrix = PruneFixture.rows([1, 1, 0, 3], columns: 2)
        let made = RepairedRows(matrix, repair, kernels: Kernels())
        var buffer = [UInt8](repeating: 0, count: 8)
        try made.read(0..<2, into: &buffer)
        let values = LittleEndianFloats.decode(buffer)
        #expect(abs(values[0] - 2) < 1e-6 && abs(values[1] - 3) < 1e-6, "\(values)")
    }
}
