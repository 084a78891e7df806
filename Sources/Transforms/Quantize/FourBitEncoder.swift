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
    ///   - threads: help where they are free.
    ///   - measurement: `later` leaves the error of nested scales out; that of plain ones is always there.
    package func encode(
        _ matrix: DenseMatrix, bytes source: any TensorBytes, importance: [Float]? = nil,
        threads: SpareThreads = SpareThreads(), measurement: Measurement = .now
    ) throws -> FourBitTensor {
        let count = matrix.shape.elementCount
        var codes: [UInt8] = [], absmax: [Float] = []
        codes.reserveCapacity((count + 1) / 2)
        absmax.reserveCapacity((count + scheme.blockSize - 1) / scheme.blockSize)
        var errors = ErrorSums()
        try source.forEachChunk(
            chunks(of: matrix), work: Work(encoder: self, dtype: matrix.dtype, importance: importance),
            threads: threads
        ) { _, made in
            codes += made.codes
            absmax += made.absmax
            errors += made.errors
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
        for chunk in chunks(of: matrix) {
            try Task.checkCancellation()
            try source.lend(chunk.bytes) { input in
                try codes.lend(Self.codeRange(chunk.place)) { codes in
                    errors += measure(
                        matrix.dtype, input, codes: codes, absmax: absmax.span.extracting(blocks(chunk.place)),
                        importance, first: chunk.place.lowerBound)
                }
            }
        }
        return errors
    }

    /// The error of a chunk; `first` is the place of its first weight in the matrix.
    fileprivate func measure(
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

    fileprivate static func codeRange(_ elements: Range<Int>) -> Range<Int> {
        elements.lowerBound / 2..<(elements.upperBound + 1) / 2
    }

    fileprivate func blocks(_ elements: Range<Int>) -> Range<Int> {
        elements.lowerBound / scheme.blockSize..<(elements.upperBound + scheme.blockSize - 1) / scheme.blockSize
    }

    private func chunks(of matrix: DenseMatrix) -> [SourceChunk] {
        let width = matrix.dtype.bitCount / 8, count = matrix.shape.elementCount
        let step = Self.chunkByteCount / width
        return stride(from: 0, to: count, by: step).map { start in
            let elements = start..<min(start + step, count)
            return SourceChunk(place: elements, bytes: elements.lowerBound * width..<elements.upperBound * width)
        }
    }
}

/// A chunk of whole blocks, with its error where scales are not nested.
private struct Work: ChunkWork {
    let encoder: FourBitEncoder
    let dtype: DType
    let importance: [Float]?
    private(set) var codes: [UInt8] = []
    private(set) var absmax: [Float] = []
    private(set) var errors = ErrorSums()

    init(encoder: FourBitEncoder, dtype: DType, importance: [Float]?) {
        self.encoder = encoder
        self.dtype = dtype
        self.importance = importance
    }

    mutating func make(_ chunk: SourceChunk, from input: Span<UInt8>) {
        let codeCount = FourBitEncoder.codeRange(chunk.place).count, blockCount = encoder.blocks(chunk.place).count
        // Held here alone, so that they are written in place.
        var codes = codes, absmax = absmax
        self.codes = []
        self.absmax = []
        if codes.count != codeCount { codes = [UInt8](repeating: 0, count: codeCount) }
        if absmax.count != blockCount { absmax = [Float](repeating: 0, count: blockCount) }
        let scheme = encoder.scheme, kernels = encoder.kernels
        var codeSpan = codes.mutableSpan
        var absmaxSpan = absmax.mutableSpan
        kernels.encodeFourBit(
            scheme.type, dtype: dtype, input: input, blockSize: scheme.blockSize, codes: &codeSpan,
            absmax: &absmaxSpan)
        if encoder.quality == .best {
            kernels.searchFourBit(
                scheme.type, dtype: dtype, input: input, importance: importance ?? [],
                first: chunk.place.lowerBound, blockSize: scheme.blockSize, codes: &codeSpan, absmax: &absmaxSpan)
        }
        if !scheme.isNested {
            errors = encoder.measure(
                dtype, input, codes: codes.span, absmax: absmax.span, importance, first: chunk.place.lowerBound)
        }
        self.codes = codes
        self.absmax = absmax
    }
}
