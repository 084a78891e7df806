import Numbers
import Testing

@testable import Tensors

@Suite("The error of decoded weights") struct MeasureTests {
    /// Weights of every size, whose squares overflow or vanish in float32.
    static let magnitudes: [Float] = [1, 0.01, 1e-25, 1e25, .leastNormalMagnitude / 1024, 0]

    @Test(
        "is what the formulas give", arguments: KernelLevel.supported,
        [(1, 1), (5, 3), (16, 40), (100, 7), (4096, 3), (5000, 1)])
    func formulas(level: KernelLevel, lengths: (columns: Int, rows: Int)) throws {
        let (columns, rows) = lengths
        for magnitude in Self.magnitudes {
            var generator = SeededGenerator(seed: UInt64(columns))
            let weights = (0..<columns * rows).map { _ in magnitude * Float.random(in: -1...1, using: &generator) }
            let decoded = weights.enumerated().map { $0 % 5 == 0 ? 0 : $1 * 1.0625 }
            let importance = (0..<columns).map { Float($0 % 3) + 0.5 }
            for given in [[], importance] {
                let found = try Kernels(level: level).measure(
                    weights.span, decoded: decoded.span, columns: columns, importance: given)
                var error = 0.0, weight = 0.0, product = 0.0, square = 0.0, weighted = 0.0, greatest: Float = 0
                var zeros = 0
                for (index, value) in weights.enumerated() {
                    let difference = Double(value) - Double(decoded[index])
                    error += difference * difference
                    weight += Double(value) * Double(value)
                    product += Double(value) * Double(decoded[index])
                    square += Double(decoded[index]) * Double(decoded[index])
                    weighted += difference * difference * Double(importance[index % columns])
                    greatest = max(greatest, abs(value - decoded[index]))
                    if value != 0, decoded[index] == 0 { zeros += 1 }
                }
                func isNear(_ found: Double?, _ expected: Double) -> Bool {
                    guard let found else { return false }
                    return abs(found - expected) <= 2e-6 * abs(expected)
                }
                #expect(isNear(found.squaredError, error) && isNear(found.squaredWeight, weight), "\(magnitude)")
                #expect(isNear(found.product, product) && isNear(found.squaredDecoded, square), "\(magnitude)")
                #expect(found.maximumError == Double(greatest))
                #expect(found.zeroCount == zeros)
                #expect(given.isEmpty ? found.weightedError == nil : isNear(found.weightedError, weighted))
            }
        }
    }

    @Test("keeps what is not a number", arguments: KernelLevel.supported)
    func notANumber(level: KernelLevel) throws {
        let weights = [Float](repeating: 1, count: 40), decoded = weights.dropLast() + [.nan]
        let found = try Kernels(level: level).measure(weights.span, decoded: Array(decoded).span, columns: 40)
        #expect(found.maximumError.isNaN && found.squaredError.isNaN)
    }

    @Test("of four-bit blocks counts the weights that vanish", arguments: KernelLevel.supported)
    func zeros(level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        let weights = (0..<128).map { $0 % 64 == 0 ? Float(1) : $0 % 4 == 0 ? 1e-4 : 0.5 }
        let input = weights.bitPatterns.littleEndianBytes
        let form = FourBitReference(type: .nf4, dtype: .F32, blockSize: 64)
        let (codes, absmax) = kernels.encoded(form, input)
        let found = kernels.measureFourBit(
            .nf4, dtype: .F32, input: input.span, codes: codes.span, absmax: absmax.span, blockSize: 64)
        #expect(found.zeroCount == 30)
    }
}
