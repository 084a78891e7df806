import Numbers
import Testing

@testable import Tensors

@Suite("Four-bit decoding and errors") struct FourBitDecodeTests {
    static func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// Code values times any float32 exercise every rounding: ties, subnormals, overflow, NaN.
    @Test(
        "rounds any product as the judge does", arguments: KernelLevel.supported, Kernels.fourBitSources)
    func rounding(level: KernelLevel, dtype: DType) throws {
        var generator = SeededGenerator(seed: 11)
        var absmax = (0..<400).map { _ in Float(bitPattern: .random(in: 0...UInt32.max, using: &generator)) }
        absmax += [0, -0, .infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 65504, 65519.99, 65520]
        // Values near F16's subnormals and its rounding ties.
        absmax += (0..<400).map { Float($0) * 0x1p-25 + ($0 % 3 == 0 ? 0x1p-40 : 0) }
        absmax += (0..<100).map { 1 + Float($0) * 0x1p-12 }
        let count = absmax.count * 32 - 5
        let codes = Self.random((count + 1) / 2, seed: 12)
        for type in FourBitType.allCases {
            let form = FourBitReference(type: type, dtype: dtype, blockSize: 32)
            let found = try Kernels(level: level).decoded(form, codes, absmax, count: count)
            let expected = form.decode(codes, absmax, count: count)
            // The payload of a NaN is no number: only its being NaN counts.
            let different = stride(from: 0, to: count * form.width, by: form.width).first { start in
                let pair = [found, expected].map { FourBitReference.value($0, start / form.width, dtype) }
                return found[start..<start + form.width] != expected[start..<start + form.width]
                    && !(pair[0].isNaN && pair[1].isNaN)
            }
            #expect(different == nil, "\(type), byte \(different ?? 0)")
        }
    }

    @Test(
        "measures what the judge measures, alike at every level", arguments: Kernels.fourBitSources,
        [(32, 4096), (64, 9999), (256, 70), (4096, 12289), (64, 1), (64, 0)])
    func measure(dtype: DType, lengths: (blockSize: Int, count: Int)) throws {
        var generator = SeededGenerator(seed: UInt64(lengths.count))
        let weights = (0..<lengths.count).map { _ in
            Float.random(in: -1...1, using: &generator) * Float.random(in: 0...0.1, using: &generator)
        }
        let bits = weights.map { FourBitReference.bits(of: $0, as: dtype) }
        let input = dtype == .F32 ? bits.littleEndianBytes : bits.map { UInt16($0) }.littleEndianBytes
        for type in FourBitType.allCases {
            let form = FourBitReference(type: type, dtype: dtype, blockSize: lengths.blockSize)
            var (codes, absmax) = form.encode(input)
            // A reader ignores the padding of an odd count.
            if lengths.count % 2 != 0, let last = codes.popLast() { codes.append(last & 0xF0 | 0x0A) }
            let expected = form.measure(input, codes, absmax)
            let found = try KernelLevel.supported.map {
                try Kernels(level: $0).measured(form, input, codes, absmax)
            }
            #expect(found.allSatisfy { $0 == found[0] })
            Self.expectClose(found[0], expected)
        }
    }

    /// Squares of these weights overflow float32, or vanish in it.
    @Test(
        "measures the largest and the smallest weights", arguments: KernelLevel.supported,
        [3e38, 1e30, 1e-30, Float(bitPattern: 700)])
    func extremes(level: KernelLevel, scale: Float) throws {
        var generator = SeededGenerator(seed: 3)
        let weights = (0..<1000).map { _ in scale * .random(in: -1...1, using: &generator) }
        let form = FourBitReference(type: .nf4, dtype: .F32, blockSize: 64)
        let input = weights.bitPatterns.littleEndianBytes
        let (codes, absmax) = form.encode(input)
        let found = try Kernels(level: level).measured(form, input, codes, absmax)
        Self.expectClose(found, form.measure(input, codes, absmax))
        #expect(try #require(found.relativeRMSE) < 0.2)
    }

    @Test("does not hide a weight that is not finite", arguments: KernelLevel.supported)
    func nonfinite(level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        let form = FourBitReference(type: .nf4, dtype: .BF16, blockSize: 64)
        for bits in [0x7FC0, 0x7F80, 0xFF80] as [UInt16] {
            let input = ([bits] + [UInt16](repeating: 0x3F80, count: 99)).littleEndianBytes
            let (codes, absmax) = kernels.encoded(form, input)
            let sums = kernels.measured(form, input, codes, absmax)
            #expect(sums.relativeRMSE == nil)
            #expect(!sums.maximumError.isFinite)
        }
    }

    private static func expectClose(_ found: ErrorSums, _ expected: ErrorSums) {
        // Sums of 16 float32 products at most round by 2^-20 before they are added in double.
        func isClose(_ left: Double, _ right: Double) -> Bool { abs(left - right) <= 1e-6 * max(abs(left), abs(right)) }
        #expect(isClose(found.squaredError, expected.squaredError))
        #expect(isClose(found.squaredWeight, expected.squaredWeight))
        #expect(isClose(found.product, expected.product))
        #expect(isClose(found.squaredDecoded, expected.squaredDecoded))
        #expect(isClose(found.maximumError, expected.maximumError))
        #expect(found.elementCount == expected.elementCount)
    }
}

@Suite("Error sums") struct ErrorSumsTests {
    private func sums(_ weights: [Double], _ decoded: [Double]) -> ErrorSums {
        var sums = ErrorSums()
        for (weight, value) in zip(weights, decoded) {
            sums += ErrorSums(
                squaredError: (weight - value) * (weight - value), squaredWeight: weight * weight,
                product: weight * value, squaredDecoded: value * value, maximumError: abs(weight - value),
                elementCount: 1)
        }
        return sums
    }

    @Test("of equal weights show no error") func equal() {
        let sums = sums([1, -2, 0.5], [1, -2, 0.5])
        #expect(sums.relativeRMSE == 0)
        #expect(sums.cosine == 1)
        #expect(sums.signalToNoise == nil)
        #expect(ErrorSums().relativeRMSE == 0)
    }

    @Test("give root mean square, cosine and decibels") func values() throws {
        let sums = sums([3, 4], [3, 4.5])
        #expect(try abs(#require(sums.relativeRMSE) - 0.1) < 1e-15)
        #expect(try abs(#require(sums.signalToNoise) - 20) < 1e-12)
        #expect(try abs(#require(sums.cosine) - 27 / (5 * (9 + 20.25).squareRoot())) < 1e-12)
        #expect(sums.maximumError == 0.5)
        #expect(sums.elementCount == 2)
    }

    @Test("leave out what has no value") func undefined() {
        #expect(sums([0, 0], [1, 0]).relativeRMSE == nil)
        #expect(sums([0, 0], [1, 0]).cosine == nil)
        #expect(sums([1, 0], [0, 0]).cosine == nil)
        #expect(sums([1, 0], [0, 0]).relativeRMSE == 1)
        #expect(sums([.nan, 1], [0, 0]).relativeRMSE == nil)
        #expect(sums([.nan, 1], [0, 0]).maximumError.isNaN)
        #expect(sums([1, .infinity], [1, 1]).cosine == nil)
    }
}
