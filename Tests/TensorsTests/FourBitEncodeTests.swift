import Numbers
import Testing

@testable import Tensors

@Suite("Four-bit encoding") struct FourBitEncodeTests {
    /// Absmax values that a block of BF16 may have: ordinary ones, the ends of the exponents, subnormals.
    static let absmaxBits: [UInt16] = [
        0x0001, 0x007F, 0x0100, 0x0D81, 0x3C23, 0x3F80, 0x3FB7, 0x4780, 0x4BFF, 0x7E99, 0x7F7F,
    ]

    /// Blocks of 4,096 that all have the same absmax, and between them hold every weight that is not greater.
    static func blocks(dtype: DType, absmax: UInt16) -> [UInt8] {
        var weights: [UInt16] = []
        for magnitude in 0...absmax {
            for weight in [magnitude, magnitude | 0x8000] {
                if weights.count % 4096 == 0 { weights.append(absmax) }
                weights.append(weight)
            }
        }
        return weights.littleEndianBytes
    }

    @Test("equals the judge for every BF16 weight", arguments: FourBitType.allCases, absmaxBits)
    func everyBrainFloat(type: FourBitType, absmax: UInt16) throws {
        try check(type, .BF16, Self.blocks(dtype: .BF16, absmax: absmax), blockSize: 4096)
    }

    @Test("equals the judge for every F16 weight", arguments: FourBitType.allCases, [0x0001, 0x0400, 0x2E66, 0x7BFF])
    func everyHalf(type: FourBitType, absmax: UInt16) throws {
        try check(type, .F16, Self.blocks(dtype: .F16, absmax: absmax), blockSize: 4096)
    }

    /// Blocks of 32: an absmax, and the weights on the two sides of each decision point.
    @Test("changes codes at the right weight for every mantissa of absmax", arguments: FourBitType.allCases)
    func everyMantissa(type: FourBitType) throws {
        let exponents = Array(1..<254).filter { $0 % 25 == 1 || (26...28).contains($0) || (140...144).contains($0) }
        for dtype in [DType.BF16, .F16] {
            var weights: [UInt16] = []
            for step in 0..<(dtype == .BF16 ? exponents.count * 128 : 0x7C00 / 16) {
                let absmax = UInt16(
                    dtype == .BF16 ? exponents[step / 128] << 7 | step % 128 : step * 16 + step % 13 + 1)
                let scale = FourBitReference.value([absmax].littleEndianBytes, 0, dtype)
                weights += [absmax, absmax | 0x8000]
                for point in type.decisionPoints {
                    let bits = UInt16(FourBitReference.bits(of: min(max(point * scale, -scale), scale), as: dtype))
                    weights += [bits, bits &+ (step % 2 == 0 ? 1 : 0xFFFF)].map { $0 & 0x7FFF > absmax ? absmax : $0 }
                }
            }
            try check(type, dtype, weights.littleEndianBytes, blockSize: 32)
        }
    }

    @Test(
        "equals the judge at every block size and any length", arguments: Kernels.fourBitBlockSizes,
        Kernels.fourBitSources)
    func lengths(blockSize: Int, dtype: DType) throws {
        var generator = SeededGenerator(seed: UInt64(blockSize))
        for count in [0, 1, 2, 31, 33, 63, blockSize, blockSize + 1, 2 * blockSize + 17] {
            let bits = (0..<count).map { _ in
                FourBitReference.bits(of: .random(in: -0.1...0.1, using: &generator), as: dtype)
            }
            let bytes = dtype == .F32 ? bits.littleEndianBytes : bits.map { UInt16($0) }.littleEndianBytes
            for type in FourBitType.allCases { try check(type, dtype, bytes, blockSize: blockSize) }
        }
    }

    @Test("equals the judge for any bits, NaN and infinities included", arguments: 0..<UInt64(3))
    func anyBits(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for dtype in Kernels.fourBitSources {
            let bytes = (0..<16384).map { _ in UInt8.random(in: 0...255, using: &generator) }
            for type in FourBitType.allCases { try check(type, dtype, bytes, blockSize: 32) }
        }
    }

    @Test("fills all-zero blocks and the padding of odd counts with the code of zero", arguments: KernelLevel.supported)
    func zeros(level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        for (type, filler) in [(FourBitType.nf4, UInt8(0x77)), (.fp4, 0)] {
            let form = FourBitReference(type: type, dtype: .BF16, blockSize: 64)
            let (codes, absmax) = kernels.encoded(form, [UInt8](repeating: 0, count: 2 * 129))
            #expect(codes == [UInt8](repeating: filler, count: 65))
            #expect(absmax == [0, 0, 0])
            let (lone, _) = kernels.encoded(form, [0x80, 0x3F])
            #expect(lone.map { $0 & 0x0F } == [filler & 0x0F])
        }
    }

    @Test("gives the same in pieces of whole blocks", arguments: KernelLevel.supported, Kernels.fourBitSources)
    func pieces(level: KernelLevel, dtype: DType) throws {
        var generator = SeededGenerator(seed: 7)
        let kernels = try Kernels(level: level)
        let form = FourBitReference(type: .nf4, dtype: dtype, blockSize: 64)
        let input = (0..<(64 * 40 + 6) * form.width).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let whole = kernels.encoded(form, input)
        var codes: [UInt8] = [], absmax: [Float] = []
        for start in stride(from: 0, to: input.count, by: 64 * 3 * form.width) {
            let end = min(start + 64 * 3 * form.width, input.count)
            let piece = kernels.encoded(form, Array(input[start..<end]))
            codes += piece.codes
            absmax += piece.absmax
        }
        #expect(codes == whole.codes)
        #expect(absmax.bitPatterns == whole.absmax.bitPatterns)
    }

    /// Every supported level must give what the judge gives.
    private func check(_ type: FourBitType, _ dtype: DType, _ input: [UInt8], blockSize: Int) throws {
        let form = FourBitReference(type: type, dtype: dtype, blockSize: blockSize)
        let expected = form.encode(input)
        for level in KernelLevel.supported {
            let found = try Kernels(level: level).encoded(form, input)
            #expect(firstDifference(found.codes, expected.codes) == nil, "\(level) \(dtype) \(blockSize)")
            #expect(found.absmax.bitPatterns == expected.absmax.bitPatterns, "\(level) \(dtype) \(blockSize)")
        }
    }
}
