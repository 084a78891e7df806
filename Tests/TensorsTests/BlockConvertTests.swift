import Numbers
import Testing

@testable import Tensors

@Suite("Weights converted to blocks of ggml") struct BlockConvertTests {
    /// Weights of many magnitudes, with blocks of zeros, with two extremes of either sign in a block, and more of them
    /// than whole tiles hold.
    static let weights: [Float] = {
        var weights = BlockEncodeTests.generated(4096 * 3 + 512, seed: 11)
        for index in weights.indices {
            let block = index / 32
            if block % 37 == 5 { weights[index] = 0 }
            if block % 23 == 7, index % 32 == 3 || index % 32 == 20 { weights[index] = block % 2 == 0 ? 9 : -9 }
            if block % 23 == 7, index % 32 == 11 { weights[index] = block % 2 == 0 ? -9 : 9 }
            if index >= 4096, index < 8192 { weights[index] *= 0x1p-100 }
        }
        return weights
    }()

    @Test(
        "are the blocks, the counts and the sums of the single steps", arguments: KernelLevel.supported,
        [DType.BF16, .F16, .F32])
    func steps(level: KernelLevel, dtype: DType) throws {
        let kernels = try Kernels(level: level)
        var bytes = [UInt8](repeating: 0, count: Self.weights.count * (dtype.bitCount / 8))
        var byteSpan = bytes.mutableSpan
        kernels.narrow(Self.weights.span, to: dtype, into: &byteSpan)
        var weights = Self.weights
        var span = weights.mutableSpan
        kernels.widen(dtype, bytes.span, into: &span)
        for type in Kernels.encodedBlocks {
            for quality in [EncoderQuality.reference, .best] {
                let (blocks, counts) = kernels.encoded(type, weights, columns: weights.count, quality: quality)
                var decoded = [Float](repeating: 0, count: weights.count)
                var decodedSpan = decoded.mutableSpan
                kernels.decodeBlocks(type, blocks.span, into: &decodedSpan)
                var errors = kernels.measure(weights.span, decoded: decoded.span, columns: weights.count)
                errors.clippedCount = counts.clippedCount
                var found = [UInt8](repeating: 0xA5, count: blocks.count)
                var foundSpan = found.mutableSpan
                let result = kernels.convertToBlocks(
                    type, quality: quality, dtype: dtype, weights: bytes.span, into: &foundSpan)
                #expect(found == blocks, "\(type) \(quality)")
                #expect(result.counts == counts, "\(type) \(quality)")
                #expect(result.errors == errors, "\(type) \(quality)")
            }
        }
    }

    @Test(
        "name the first block that no number can hold", arguments: [BlockType.Q4_0, .Q8_0],
        [Float.infinity, .nan, 1e30])
    func special(type: BlockType, weight: Float) {
        let kernels = Kernels()
        var weights = Self.weights
        weights[4096 * 2 + 32 * 9 + 4] = weight
        var bytes = [UInt8](repeating: 0, count: weights.count * 4)
        var byteSpan = bytes.mutableSpan
        kernels.narrow(weights.span, to: .F32, into: &byteSpan)
        var blocks = [UInt8](repeating: 0, count: weights.count / 32 * type.byteCount)
        var span = blocks.mutableSpan
        let counts = kernels.convertToBlocks(type, dtype: .F32, weights: bytes.span, into: &span).counts
        #expect(counts.specialCount == 1)
        #expect(counts.firstSpecial == 128 * 2 + 9)
    }
}
