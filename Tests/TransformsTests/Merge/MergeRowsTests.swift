import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Rows of merges") struct MergeRowsTests {
    private static let kernels = Kernels()

    private static func rows(_ values: [Float], length: Int = 4) -> MemoryRows {
        MemoryRows(LittleEndianFloats.encode(values), rowLength: length, dtype: .F32)
    }

    private static func numbers(_ rows: any RowSource) throws -> [Float] {
        var bytes = [UInt8](repeating: 0, count: rows.rowCount * rows.rowByteCount)
        // In two pieces, as the engine reads in chunks.
        let half = rows.rowCount / 2
        try rows.read(half..<rows.rowCount, into: &bytes)
        let second = Array(bytes.prefix((rows.rowCount - half) * rows.rowByteCount))
        try rows.read(0..<half, into: &bytes)
        return LittleEndianFloats.decode(Array(bytes.prefix(half * rows.rowByteCount)) + second)
    }

    private static func random(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    }

    @Test("are weighted sums") func weighted() throws {
        let (one, two) = (Self.random(64, seed: 1), Self.random(64, seed: 2))
        let made = try Self.numbers(
            WeightedRows([Self.rows(one), Self.rows(two)], weights: [0.25, 0.75], kernels: Self.kernels))
        #expect(made == zip(one, two).map { $0 * 0.25 + $1 * 0.75 })
    }

    @Test("lie on the great circle, and on the line where both point alike") func spherical() throws {
        let (one, two) = ([1, 0, 0, 0, 0, 0, 0, 0] as [Float], [0, 2, 0, 0, 0, 0, 0, 0] as [Float])
        let half = try Self.numbers(
            WeightedRows.spherical(Self.rows(one), Self.rows(two), place: 0.5, kernels: Self.kernels))
        let share = Float(0.5).squareRoot()
        #expect(abs(half[0] - share) < 1e-6 && abs(half[1] - 2 * share) < 1e-6)
        let same = try Self.numbers(
            WeightedRows.spherical(Self.rows(one), Self.rows(one), place: 0.3, kernels: Self.kernels))
        #expect(same == one)
    }

    /// By hand, from the formulas of mergekit, on all numbers at once.
    @Test(
        "of differences are those of the formulas",
        arguments: [true, false], [(false, 1.0), (true, 1.0), (true, 0.5)] as [(Bool, Double)])
    func tasks(hasConsensus: Bool, manner: (normalizes: Bool, lambda: Double)) throws {
        let base = Self.random(96, seed: 3)
        let tuned = [Self.random(96, seed: 4), Self.random(96, seed: 5)]
        let weights: [Float] = [0.7, 0.4], densities = [0.25, 0.6]
        let rows = try TaskRows(
            base: Self.rows(base),
            tasks: zip(tuned, zip(weights, densities)).map {
                TaskRows.Tuned(Self.rows($0), weight: Double($1.0), sparsity: .greatest($1.1))
            },
            manner: .init(
                hasConsensus: hasConsensus, normalizes: manner.normalizes, rescales: false, lambda: manner.lambda),
            kernels: Self.kernels)
        var deltas: [[Float]] = []
        for (numbers, density) in zip(tuned, densities) {
            let all = zip(numbers, base).map { $0 - $1 }
            let cut = all.map(abs).sorted(by: >)[Int(density * 96) - 1]
            deltas.append(all.map { abs($0) >= cut ? $0 : 0 })
        }
        let expected = base.indices.map { place -> Float in
            let weighted = zip(deltas, weights).map { $0[place] * $1 }
            let sign: Float = weighted[0] + weighted[1] >= 0 ? 1 : -1
            let kept = zip(weighted, weights).filter { !hasConsensus || $0.0 * sign > 0 }
            var sum = kept.reduce(0) { $0 + $1.0 }
            let divisor = kept.reduce(Float(0)) { $0 + $1.1 }
            if manner.normalizes, divisor != 0 { sum /= divisor }
            return base[place] + sum * Float(manner.lambda)
        }
        let made = try Self.numbers(rows)
        for (place, pair) in zip(made, expected).enumerated() {
            #expect(abs(pair.0 - pair.1) <= 4e-7, "number \(place)")
        }
    }

    @Test("keep their absolute sum where they are rescaled") func rescaled() throws {
        let base = [Float](repeating: 0, count: 4096), tuned = Self.random(4096, seed: 6)
        let keep = RandomKeep(seed: 9, tensor: "t", model: 0, density: 0.3)
        let rows = try TaskRows(
            base: Self.rows(base), tasks: [.init(Self.rows(tuned), weight: 1, sparsity: .drawn(keep))],
            manner: .init(hasConsensus: false, normalizes: false, rescales: true, lambda: 1), kernels: Self.kernels)
        let made = try Self.numbers(rows)
        #expect(made.enumerated().allSatisfy { ($0.element != 0) == keep.keeps($0.offset) })
        let (before, after) = (tuned.reduce(0) { $0 + Double(abs($1)) }, made.reduce(0) { $0 + Double(abs($1)) })
        #expect(abs(before / after - 1) < 1e-5)
    }

    @Test("draw about the share that is asked for, and other numbers for each seed, tensor and model") func draws() {
        let drawn = [
            RandomKeep(seed: 0, tensor: "a", model: 0, density: 0.4),
            RandomKeep(seed: 1, tensor: "a", model: 0, density: 0.4),
            RandomKeep(seed: 0, tensor: "b", model: 0, density: 0.4),
            RandomKeep(seed: 0, tensor: "a", model: 1, density: 0.4),
        ].map { keep in (0..<10_000).map(keep.keeps) }
        for kept in drawn { #expect((3800...4200).contains(kept.count { $0 })) }
        for (place, kept) in drawn.enumerated().dropFirst() { #expect(kept != drawn[0], "\(place)") }
    }

    @Test("keep exactly the greatest, the first of equals", arguments: [0.0, 0.1, 0.5, 0.51, 1.0])
    func greatest(density: Double) throws {
        let numbers: [Float] = [0.5, -0.5, 1, 0.25, -0.5, 0.5, 0, -0.0, 3, 0.5]
        let cut = try MagnitudeCut(density: density, count: numbers.count) { body in
            try body(0, Array(numbers[..<4]))
            try body(4, Array(numbers[4...]))
        }
        let kept = numbers.indices.filter { cut.keeps(numbers[$0], at: $0) }
        let wanted = Int(density * 10)
        let order = numbers.indices.sorted { (-abs(numbers[$0]), $0) < (-abs(numbers[$1]), $1) }
        #expect(kept == order.prefix(wanted).sorted())
    }
}
