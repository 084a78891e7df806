import Numbers
package import Tensors

/// Quantizes one matrix at a time to a 4-bit scheme of bitsandbytes and measures what was lost.
///
/// A matrix is read in fixed chunks, each encoded and then measured. Nested scales are known only when all blocks are,
/// so it is read a second time for their error. What is held at a time is a chunk of the source and the matrix's codes
/// and scales.
package struct FourBitEncoder: Sendable {
    package let scheme: FourBitScheme
    package let quality: EncoderQuality
    let kernels: Kernels

    /// - Parameter quality: `best` looks for absmax values with less error, before they are nested.
    package init(scheme: FourBitScheme, quality: EncoderQuality = .reference, kernels: Kernels) {
        self.scheme = scheme
        self.quality = quality
        self.kernels = kernels
    }

    /// Source bytes that are encoded at a time: whole blocks of every size, and small enough for a core's own cache.
    static let chunkByteCount = 256 << 10

    /// When the error of nested scales is measured, which takes a second reading of the source.
    package enum Measurement: Sendable {
        /// Before `encode` returns.
        case now
        /// By a call of `measure`.
        case later
    }

    /// - Parameters:
    ///   - matrix: one in BF16, F16 or F32, finite.
    ///   - source: the matrix's elements, row-major.
    ///   - importance: a weight for each input of the layer, or nil.
    ///   - measurement: `later` leaves the error of nested scales out; that of plain ones is always there.
    package func encode(
        _ matrix: DenseMatrix, bytes source: any TensorBytes, importance: [Float]? = nil,
        measurement: Measurement = .now
    ) throws -> FourBitTensor {
        let count = matrix.shape.elementCount
        var codes = [UInt8](repeating: 0, count: (count + 1) / 2)
        var absmax = [Float](repeating: 0, count: (count + scheme.blockSize - 1) / scheme.blockSize)
        var errors = ErrorSums()
        try eachChunk(of: matrix) { bytes, elements, blocks in
            try source.lend(bytes) { input in
                var allCodes = codes.mutableSpan
                var allAbsmax = absmax.mutableSpan
                var chunkCodes = allCodes._mutatingExtracting(Self.codeRange(elements))
                var chunkAbsmax = allAbsmax._mutatingExtracting(blocks)
                kernels.encodeFourBit(
                    scheme.type, dtype: matrix.dtype, input: input, blockSize: scheme.blockSize, codes: &chunkCodes,
                    absmax: &chunkAbsmax)
                if quality == .best {
                    kernels.searchFourBit(
                        scheme.type, dtype: matrix.dtype, input: input, importance: importance ?? [],
                        first: elements.lowerBound, blockSize: scheme.blockSize, codes: &chunkCodes,
                        absmax: &chunkAbsmax)
                }
                guard !scheme.isNested else { return }
                errors += measure(
                    matrix.dtype, input, codes: codes.span.extracting(Self.codeRange(elements)),
                    absmax: absmax.span.extracting(blocks), importance, first: elements.lowerBound)
            }
        }
        let nested = scheme.isNested ? NestedAbsmax(quantizing: absmax) : nil
        if let nested, measurement == .now {
            errors = try measure(matrix, bytes: source, codes: codes, scales: nested, importance: importance)
        }
        return FourBitTensor(
            scheme: scheme, dtype: matrix.dtype, shape: matrix.shape.dimensions, codes: codes, absmax: absmax,
            nested: nested, errors: nested != nil && measurement == .later ? nil : errors)
    }

    /// The error of codes with nested scales against their source, read chunk by chunk, each byte once and in order.
    package func measure(
        _ matrix: DenseMatrix, bytes source: any TensorBytes, codes: some TensorBytes, scales: NestedAbsmax,
        importance: [Float]? = nil
    ) throws -> ErrorSums {
        let absmax = scales.decoded()
        var errors = ErrorSums()
        try eachChunk(of: matrix) { bytes, elements, blocks in
            try source.lend(bytes) { input in
                try codes.lend(Self.codeRange(elements)) { codes in
                    errors += measure(
                        matrix.dtype, input, codes: codes, absmax: absmax.span.extracting(blocks), importance,
                        first: elements.lowerBound)
                }
            }
        }
        return errors
    }

    /// The error of a chunk; `first` is the place of its first weight in the matrix.
    private func measure(
        _ dtype: DType, _ input: Span<UInt8>, codes: Span<UInt8>, absmax: Span<Float>, _ importance: [Float]?,
        first: Int
    ) -> ErrorSums {
        guard let importance, !importance.isEmpty else {
            return kernels.measureFourBit(
                scheme.type, dtype: dtype, input: input, codes: codes, absmax: absmax, blockSize: scheme.blockSize)
        }
        let count = input.count / (dtype.bitCount / 8), start = first % importance.count
        var bytes = [UInt8](repeating: 0, count: input.count)
        var output = bytes.mutableSpan
        kernels.decodeFourBit(
            scheme.type, codes: codes, absmax: absmax, blockSize: scheme.blockSize, count: count, into: &output,
            as: dtype)
        var weights = [Float](repeating: 0, count: count), decoded = weights
        var weightSpan = weights.mutableSpan
        kernels.widen(dtype, input, into: &weightSpan)
        var span = decoded.mutableSpan
        kernels.widen(dtype, bytes.span, into: &span)
        // A chunk may begin inside a row: rows are counted from there.
        return kernels.measure(
            weights.span, decoded: decoded.span, columns: importance.count,
            importance: Array(importance[start...] + importance[..<start]))
    }

    private static func codeRange(_ elements: Range<Int>) -> Range<Int> {
        elements.lowerBound / 2..<(elements.upperBound + 1) / 2
    }

    /// Calls `body` with the byte, element and block ranges of each chunk, in order.
    private func eachChunk(
        of matrix: DenseMatrix, _ body: (Range<Int>, Range<Int>, Range<Int>) throws -> Void
    ) throws {
        let width = matrix.dtype.bitCount / 8
        let chunk = Self.chunkByteCount / width
        let count = matrix.shape.elementCount
        for start in stride(from: 0, to: count, by: chunk) {
            try Task.checkCancellation()
            let elements = start..<min(start + chunk, count)
            let blocks = start / scheme.blockSize..<(elements.upperBound + scheme.blockSize - 1) / scheme.blockSize
            try body(elements.lowerBound * width..<elements.upperBound * width, elements, blocks)
        }
    }
}
