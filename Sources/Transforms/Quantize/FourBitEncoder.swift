import Numbers
package import Tensors

/// Quantizes one matrix at a time to a 4-bit scheme of bitsandbytes and measures what was lost.
///
/// A matrix is read in fixed chunks, each encoded and then measured. Nested scales are known only when all blocks are, so
/// it is read a second time for their error. What is held at a time is a chunk of the source and the matrix's codes and
/// scales.
package struct FourBitEncoder: Sendable {
    package let scheme: FourBitScheme
    let kernels: Kernels

    package init(scheme: FourBitScheme, kernels: Kernels) {
        self.scheme = scheme
        self.kernels = kernels
    }

    /// Fills a buffer's start with that many of the tensor's bytes, from an offset inside the tensor.
    package typealias Reader = (_ byteCount: Int, _ byteOffset: Int, _ buffer: inout [UInt8]) throws -> Void

    /// Source bytes that are encoded at a time: whole blocks of every size, and small enough for a core's own cache.
    static let chunkByteCount = 256 << 10

    /// - Parameters:
    ///   - tensor: a matrix in BF16, F16 or F32, finite.
    ///   - shape: the layer's shape, [out, in]; for a transposed tensor not the stored one.
    ///   - isTransposed: whether the file holds the matrix as [in, out] (GPT-2's Conv1D).
    ///   - read: gives the tensor's bytes.
    package func encode(
        _ tensor: TensorDescription, isTransposed: Bool, read: Reader
    ) throws -> FourBitTensor {
        let dimensions = isTransposed ? tensor.shape.dimensions.reversed() : tensor.shape.dimensions
        let source = isTransposed ? try Self.transposed(tensor, read: read) : nil
        func chunk(_ range: Range<Int>, into buffer: inout [UInt8]) throws {
            guard let source else { return try read(range.count, range.lowerBound, &buffer) }
            buffer.replaceSubrange(0..<range.count, with: source[range])
        }
        let count = tensor.shape.elementCount
        var codes = [UInt8](repeating: 0, count: (count + 1) / 2)
        var absmax = [Float](repeating: 0, count: (count + scheme.blockSize - 1) / scheme.blockSize)
        var buffer = [UInt8](repeating: 0, count: min(Self.chunkByteCount, tensor.byteRange.count))
        var errors = ErrorSums()
        func measure(_ bytes: Range<Int>, _ elements: Range<Int>, _ blocks: Range<Int>, _ scales: [Float]) {
            errors += kernels.measureFourBit(
                scheme.type, dtype: tensor.dtype, input: buffer.span.extracting(0..<bytes.count),
                codes: codes.span.extracting(Self.codeRange(elements)), absmax: scales.span.extracting(blocks),
                blockSize: scheme.blockSize)
        }
        try eachChunk(of: tensor) { bytes, elements, blocks in
            try chunk(bytes, into: &buffer)
            var allCodes = codes.mutableSpan
            var allAbsmax = absmax.mutableSpan
            var chunkCodes = allCodes._mutatingExtracting(Self.codeRange(elements))
            var chunkAbsmax = allAbsmax._mutatingExtracting(blocks)
            kernels.encodeFourBit(
                scheme.type, dtype: tensor.dtype, input: buffer.span.extracting(0..<bytes.count),
                blockSize: scheme.blockSize, codes: &chunkCodes, absmax: &chunkAbsmax)
            if !scheme.isNested { measure(bytes, elements, blocks, absmax) }
        }
        let nested = scheme.isNested ? NestedAbsmax(quantizing: absmax) : nil
        if let decoded = nested?.decoded() {
            try eachChunk(of: tensor) { bytes, elements, blocks in
                try chunk(bytes, into: &buffer)
                measure(bytes, elements, blocks, decoded)
            }
        }
        return FourBitTensor(
            scheme: scheme, dtype: tensor.dtype, shape: dimensions, codes: codes, absmax: absmax, nested: nested,
            errors: errors)
    }

    private static func codeRange(_ elements: Range<Int>) -> Range<Int> {
        elements.lowerBound / 2..<(elements.upperBound + 1) / 2
    }

    /// Calls `body` with the byte, element and block ranges of each chunk, in order.
    private func eachChunk(
        of tensor: TensorDescription, _ body: (Range<Int>, Range<Int>, Range<Int>) throws -> Void
    ) throws {
        let width = tensor.dtype.bitCount / 8
        let chunk = Self.chunkByteCount / width
        let count = tensor.shape.elementCount
        for start in stride(from: 0, to: count, by: chunk) {
            try Task.checkCancellation()
            let elements = start..<min(start + chunk, count)
            let blocks = start / scheme.blockSize..<(elements.upperBound + scheme.blockSize - 1) / scheme.blockSize
            try body(elements.lowerBound * width..<elements.upperBound * width, elements, blocks)
        }
    }

    /// The tensor's bytes with rows and columns exchanged.
    private static func transposed(_ tensor: TensorDescription, read: Reader) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: tensor.byteRange.count)
        try read(bytes.count, 0, &bytes)
        return Transposition.transposed(
            bytes, rows: tensor.shape.dimensions[0], columns: tensor.shape.dimensions[1],
            width: tensor.dtype.bitCount / 8)
    }
}
