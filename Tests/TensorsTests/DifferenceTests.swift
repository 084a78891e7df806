import Numbers
import Testing

@testable import Tensors

@Suite("The difference of numbers") struct DifferenceTests {
    /// The seeded pairs of a test: every seventh pair is equal.
    private static func pairs(_ count: Int, seed: UInt64) -> (first: [Float], second: [Float]) {
        var generator = SeededGenerator(seed: seed)
        let first = (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
        let second = first.enumerated().map { $0 % 7 == 0 ? $1 : $1 + .random(in: -0.1...0.1, using: &generator) }
        return (first, second)
    }

    private static func sums(_ first: [Float], _ second: [Float], _ kernels: Kernels) -> DifferenceSums {
        kernels.difference(first.bitPatterns.littleEndianBytes.span, second.bitPatterns.littleEndianBytes.span)
    }

    private static func reference(_ first: [Float], _ second: [Float]) -> DifferenceSums {
        var sums = DifferenceSums()
        for (one, other) in zip(first, second) { sums.add(Double(one), Double(other)) }
        return sums
    }

    @Test("is what the formulas give", arguments: KernelLevel.supported, [0, 1, 15, 16, 17, 4096, 4100, 20_001])
    func formulas(level: KernelLevel, count: Int) throws {
        let (first, second) = Self.pairs(count, seed: UInt64(count))
        let found = Self.sums(first, second, try Kernels(level: level))
        let expected = Self.reference(first, second)
        func isNear(_ found: Double, _ expected: Double, of scale: Double) -> Bool {
            abs(found - expected) <= 1e-12 * scale
        }
        #expect(isNear(found.squaredError, expected.squaredError, of: expected.squaredError))
        #expect(isNear(found.squaredFirst, expected.squaredFirst, of: expected.squaredFirst))
        #expect(isNear(found.squaredSecond, expected.squaredSecond, of: expected.squaredSecond))
        #expect(isNear(found.product, expected.product, of: expected.squaredFirst))
        #expect(isNear(found.sumFirst, expected.sumFirst, of: Double(count)))
        #expect(isNear(found.sumSecond, expected.sumSecond, of: Double(count)))
        #expect((found.greatest, found.greatestPlace) == (expected.greatest, expected.greatestPlace))
        #expect((found.differentCount, found.elementCount) == (expected.differentCount, count))
        #expect(found.specialCount == 0 && found.unlikeCount == 0)
    }

    @Test("is the same at every level") func levels() throws {
        let (first, second) = Self.pairs(9_999, seed: 3)
        let found = try KernelLevel.supported.map { Self.sums(first, second, try Kernels(level: $0)) }
        #expect(Set(found.map { "\($0)" }).count == 1)
    }

    /// Sums as they are defined: lane by lane over tiles of 4,096 pairs, lanes and then tiles added in order.
    private static func laneSums(_ first: [Float], _ second: [Float]) -> DifferenceSums {
        var sums = DifferenceSums()
        for tile in stride(from: 0, to: first.count, by: 4096) {
            var lanes = [DifferenceSums](repeating: DifferenceSums(), count: 16)
            for place in tile..<min(tile + 4096, first.count) {
                let (one, other) = (Double(first[place]), Double(second[place]))
                guard one.isFinite, other.isFinite else { continue }
                lanes[(place - tile) % 16].add(one, other)
            }
            func total(_ part: (DifferenceSums) -> Double) -> Double { lanes.reduce(0) { $0 + part($1) } }
            sums.squaredError += total(\.squaredError)
            sums.squaredFirst += total(\.squaredFirst)
            sums.squaredSecond += total(\.squaredSecond)
            sums.product += total(\.product)
            sums.sumFirst += total(\.sumFirst)
            sums.sumSecond += total(\.sumSecond)
        }
        return sums
    }

    @Test("adds in the same order whether blocks are alike, differ or are not finite", arguments: KernelLevel.supported)
    func blocks(level: KernelLevel) throws {
        var (first, second) = Self.pairs(12_345, seed: 9)
        for block in stride(from: 0, to: first.count, by: 128) where block % 384 != 0 {
            let range = block..<min(block + 128, first.count)
            for place in range { second[place] = first[place] }
            if block % 640 == 0 { (first[block + 5], second[block + 7]) = (.nan, .infinity) }
        }
        let found = Self.sums(first, second, try Kernels(level: level)), expected = Self.laneSums(first, second)
        #expect(found.squaredError == expected.squaredError && found.product == expected.product)
        #expect(found.squaredFirst == expected.squaredFirst && found.squaredSecond == expected.squaredSecond)
        #expect(found.sumFirst == expected.sumFirst && found.sumSecond == expected.sumSecond)
    }

    @Test("counts what is not finite and leaves it out", arguments: KernelLevel.supported)
    func special(level: KernelLevel) throws {
        var (first, second) = Self.pairs(100, seed: 4)
        (first[3], second[3]) = (.nan, .nan)
        (first[20], second[20]) = (.infinity, .infinity)
        (first[40], second[40]) = (.infinity, -.infinity)
        (first[99], second[99]) = (1, .nan)
        let found = Self.sums(first, second, try Kernels(level: level))
        #expect((found.specialCount, found.unlikeCount) == (4, 2))
        #expect(found.differentCount == Self.reference(first, second).differentCount)
        #expect(found.squaredError.isFinite && found.cosine != nil)
        #expect(!found.isSame)
    }

    @Test("takes 0 and -0 for equal") func zeros() {
        let found = Self.sums([0, -0.0, 1], [-0.0, 0, 1], Kernels())
        #expect(found.isSame && found.relativeRMSE == 0 && found.cosine == 1)
    }

    @Test("of pieces tells the place in the whole") func places() {
        var (first, second) = Self.pairs(8_192, seed: 5)
        (first[5_000], second[5_000]) = (3, -3)
        var sums = Self.sums(Array(first[..<4_096]), Array(second[..<4_096]), Kernels())
        sums += Self.sums(Array(first[4_096...]), Array(second[4_096...]), Kernels())
        #expect((sums.greatest, sums.greatestPlace, sums.elementCount) == (6, 5_000, 8_192))
    }

    @Test("tells norms apart by their correlation, not by their cosine") func norms() throws {
        var generator = SeededGenerator(seed: 6)
        let first = (0..<512).map { _ in Float.random(in: 0.9...1.1, using: &generator) }
        let second = (0..<512).map { _ in Float.random(in: 0.9...1.1, using: &generator) }
        let found = Self.sums(first, second, Kernels())
        #expect(try #require(found.cosine) > 0.99)
        #expect(try abs(#require(found.correlation)) < 0.2)
    }

    @Test("has no cosine where one side is zero, and no relative error where the first is") func zeroSides() {
        let found = Self.sums([0, 0], [1, 2], Kernels())
        #expect(found.cosine == nil && found.relativeRMSE == nil && found.greatest == 2)
    }
}
