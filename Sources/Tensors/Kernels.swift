package import Numbers

/// The hot loops over tensor bytes, at one level of instructions. Results do not depend on the level.
///
/// Lengths that do not fit each other are the caller's mistake; values are never: NaN and infinities are legal input.
package struct Kernels: Sendable {
    /// The level in use.
    package let level: KernelLevel

    /// The best kernels for this machine.
    package init() { level = .best }

    /// - Throws: `UnsupportedKernelLevel` when this machine does not run `level`.
    package init(level: KernelLevel) throws(UnsupportedKernelLevel) {
        guard level.isSupported else { throw UnsupportedKernelLevel(level: level) }
        self.level = level
    }

    /// The block sizes that bitsandbytes knows.
    package static let fourBitBlockSizes = [32, 64, 128, 256, 512, 1024, 2048, 4096]

    /// The types that weights may have before they are held in four bits, and after.
    package static let fourBitSources: [DType] = [.BF16, .F16, .F32]

    /// Quantizes weights to four bits.
    ///
    /// A tensor may come in pieces, if each but the last holds whole blocks. A block's absmax is its greatest magnitude
    /// in float32; a weight's code follows from its float32 product with the float32 reciprocal of the absmax. As in
    /// bitsandbytes, a short last block uses the quotient instead. All-zero blocks hold the code of zero.
    ///
    /// Unlike bitsandbytes, an absmax below 1e-38 is kept as it is, and divides where its reciprocal overflows.
    ///
    /// - Parameters:
    ///   - dtype: BF16, F16 or F32.
    ///   - input: the weights, row-major, little-endian.
    ///   - blockSize: one of `fourBitBlockSizes`; the last block may be short.
    ///   - codes: receives two codes a byte, the first in the high half; an odd count is padded with the code of zero.
    ///   - absmax: receives one number a block.
    package func encodeFourBit(
        _ type: FourBitType, dtype: DType, input: Span<UInt8>, blockSize: Int, codes: inout MutableSpan<UInt8>,
        absmax: inout MutableSpan<Float>
    ) {
        let count = Self.elementCount(of: input.count, dtype)
        Self.check(count, blockSize, codes: codes.count, absmax: absmax.count)
        callEncode(type, dtype, blockSize, input, count, &codes, &absmax)
    }

    /// Replaces absmax values and codes, as `encodeFourBit` made them, where others have less error: shares of the
    /// absmax are tried, and the least-squares scale for the codes of the best one.
    ///
    /// - Parameters:
    ///   - input: the weights that were encoded.
    ///   - importance: a number for each column, or none at all; columns run on from row to row.
    ///   - first: the place of the first weight in its tensor.
    package func searchFourBit(
        _ type: FourBitType, dtype: DType, input: Span<UInt8>, importance: [Float], first: Int, blockSize: Int,
        codes: inout MutableSpan<UInt8>, absmax: inout MutableSpan<Float>
    ) {
        let count = Self.elementCount(of: input.count, dtype)
        Self.check(count, blockSize, codes: codes.count, absmax: absmax.count)
        callSearch(type, dtype, blockSize, input, importance, first, count, &codes, &absmax)
    }

    /// Expands four-bit codes: the table's value times the absmax in float32, rounded to `dtype`, nearest even.
    ///
    /// - Parameters:
    ///   - codes: as `encodeFourBit` stores them.
    ///   - absmax: one number a block.
    ///   - count: the weights; the padding of an odd count is left out.
    ///   - output: receives `count` elements of `dtype`, little-endian.
    ///   - dtype: BF16, F16 or F32.
    package func decodeFourBit(
        _ type: FourBitType, codes: Span<UInt8>, absmax: Span<Float>, blockSize: Int, count: Int,
        into output: inout MutableSpan<UInt8>, as dtype: DType
    ) {
        precondition(
            Self.elementCount(of: output.count, dtype) == count, "\(count) weights do not fill \(output.count) bytes")
        Self.check(count, blockSize, codes: codes.count, absmax: absmax.count)
        callDecode(type, dtype, blockSize, codes, absmax, count, &output)
    }

    /// How far four-bit codes are from the weights they stand for, each decoded value rounded to the weights' type.
    ///
    /// A tensor may come in pieces, if each but the last holds whole blocks; the sums of pieces are added in order.
    /// Sums depend on the pieces in their last digits, so pieces are cut at fixed places.
    package func measureFourBit(
        _ type: FourBitType, dtype: DType, input: Span<UInt8>, codes: Span<UInt8>, absmax: Span<Float>, blockSize: Int
    ) -> ErrorSums {
        let count = Self.elementCount(of: input.count, dtype)
        Self.check(count, blockSize, codes: codes.count, absmax: absmax.count)
        return callMeasure(type, dtype, blockSize, input, codes, absmax, count)
    }

    private static func elementCount(of byteCount: Int, _ dtype: DType) -> Int {
        precondition(fourBitSources.contains(dtype), "four-bit blocks hold BF16, F16 or F32, not \(dtype)")
        let width = dtype.bitCount / 8
        precondition(byteCount % width == 0, "\(byteCount) bytes are not whole elements of \(dtype)")
        return byteCount / width
    }

    private static func check(_ count: Int, _ blockSize: Int, codes: Int, absmax: Int) {
        precondition(fourBitBlockSizes.contains(blockSize), "no block of \(blockSize) weights")
        precondition(codes == (count + 1) / 2, "\(count) weights have \((count + 1) / 2) code bytes, got \(codes)")
        let blocks = (count + blockSize - 1) / blockSize
        precondition(absmax == blocks, "\(count) weights have \(blocks) blocks, got \(absmax)")
    }
}
