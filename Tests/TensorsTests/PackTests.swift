import Numbers
import Testing

@testable import Tensors

@Suite("Codes, one a byte") struct PackTests {
    @Test("are packed as they are unpacked", arguments: KernelLevel.supported, [1, 2, 3, 31, 32, 33, 64, 100, 4096])
    func packing(level: KernelLevel, count: Int) throws {
        let kernels = try Kernels(level: level)
        var generator = SeededGenerator(seed: UInt64(count))
        for bits in 1...8 {
            let codes = (0..<count).map { _ in UInt8.random(in: 0...UInt8(1 << bits - 1), using: &generator) }
            var packed = [UInt8](repeating: 0xFF, count: (count * bits + 7) / 8)
            var span = packed.mutableSpan
            kernels.packCodes(codes.span, bits: bits, into: &span)
            for (index, code) in codes.enumerated() {
                let found = (0..<bits).reduce(UInt8(0)) { sum, bit in
                    let place = index * bits + bit
                    return sum | (packed[place / 8] >> UInt8(place % 8) & 1) << UInt8(bit)
                }
                #expect(found == code, "\(bits) bits, code \(index)")
            }
            let rest = count * bits % 8
            if rest > 0 { #expect(try #require(packed.last) >> UInt8(rest) == 0, "what fills up is 0") }
        }
    }

    @Test("are packed to AWQ's words as those are read", arguments: KernelLevel.supported, [2, 16, 34, 130])
    func awq(level: KernelLevel, columns: Int) throws {
        let kernels = try Kernels(level: level)
        var generator = SeededGenerator(seed: UInt64(columns))
        let codes = (0..<8 * columns).map { _ in UInt8.random(in: 0...15, using: &generator) }
        var words = [UInt8](repeating: 0, count: 4 * columns)
        var span = words.mutableSpan
        kernels.packAWQ(codes.span, into: &span)
        var rows = [UInt8](repeating: 0, count: 4 * columns)
        var output = rows.mutableSpan
        kernels.gatherAWQ(words.span, wordsPerRow: 1, firstRow: 0, stride: columns / 2, into: &output)
        let expected = stride(from: 0, to: codes.count, by: 2).map { codes[$0] | codes[$0 + 1] << 4 }
        #expect(rows == expected)
    }

    @Test("come from ranges that hold all weights of a group", arguments: KernelLevel.supported, [1, 7, 16, 48, 100])
    func ranges(level: KernelLevel, size: Int) throws {
        var generator = SeededGenerator(seed: UInt64(size))
        let columns = 100, weights = (0..<3 * columns).map { _ in Float.random(in: -9...9, using: &generator) }
        let groups = (columns + size - 1) / size
        var lows = [Float](repeating: 0, count: 3 * groups), highs = lows
        var lowSpan = lows.mutableSpan
        var highSpan = highs.mutableSpan
        try Kernels(level: level).ranges(
            of: weights.span, columns: columns, groupSize: size, lows: &lowSpan, highs: &highSpan)
        for row in 0..<3 {
            for group in 0..<groups {
                let end = min((group + 1) * size, columns)
                let part = weights[row * columns + group * size..<row * columns + end]
                #expect(lows[row * groups + group] == part.min())
                #expect(highs[row * groups + group] == part.max())
            }
        }
    }
}
