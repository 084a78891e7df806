package import Bytes
package import Numbers
package import Tensors

/// Quantizes matrices to one of ggml's block types, and measures what was lost.
package struct BlockEncoder: MatrixEncoder {
    package let type: BlockType
    package let quality: EncoderQuality
    /// How MXFP4 chooses its scales; other types have no use for it.
    package let rule: E8M0Rule
    fileprivate let kernels: Kernels

    /// - Throws: `FormatError` when there is no encoder for the type.
    package init(
        type: BlockType, quality: EncoderQuality = .reference, rule: E8M0Rule = .floor, kernels: Kernels
    ) throws(FormatError) {
        guard Kernels.encodedBlocks.contains(type) else {
            let names = Kernels.encodedBlocks.map(\.rawValue).joined(separator: ", ")
            throw FormatError(.unsupported, "there is no encoder for \(type)", remedy: "Choose one of \(names)")
        }
        self.type = type
        self.quality = quality
        self.rule = rule
        self.kernels = kernels
    }

    package func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm] {
        guard matrix.columns % type.elementCount == 0 else {
            throw FormatError(
                .refused, "rows of \(matrix.columns) are not whole blocks of \(type), which hold \(type.elementCount)",
                remedy: "Choose a type whose blocks divide the rows, or leave such tensors as they are")
        }
        return [PartForm(.same, role: "data", type: .block(type), shape: matrix.shape.dimensions)]
    }

    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums {
        _ = try parts(of: matrix)
        let importances = try importance.map { try Self.importances($0, of: matrix) }
        var sums = ErrorSums()
        try source.forEachChunk(
            matrix.chunks(), work: Work(encoder: self, matrix: matrix, importances: importances), threads: threads
        ) { _, made in
            sums += made.errors
            try sink.append(made.blocks.span, to: 0)
        }
        return sums
    }

    /// A chunk of rows that becomes blocks.
    private struct Work: ChunkWork {
        let encoder: BlockEncoder
        let matrix: MatrixForm
        let importances: ColumnImportances?
        private(set) var blocks: [UInt8] = []
        private(set) var errors = ErrorSums()
        private var numbers: [Float] = []
        private var decoded: [Float] = []

        init(encoder: BlockEncoder, matrix: MatrixForm, importances: ColumnImportances?) {
            self.encoder = encoder
            self.matrix = matrix
            self.importances = importances
        }

        mutating func make(_ chunk: SourceChunk, from bytes: Span<UInt8>) throws {
            let count = chunk.place.count * matrix.columns, type = encoder.type
            BlockEncoder.resize(&blocks, to: count / type.elementCount * type.byteCount, filler: 0)
            let firstSpecial =
                if let importances {
                    encode(bytes, importances.ofMatrix(withRow: chunk.place.lowerBound))
                } else {
                    encode(bytes)
                }
            if let firstSpecial { throw encoder.special(firstSpecial, chunk.place.lowerBound, matrix) }
        }

        /// Without importances rows do not differ, and one kernel does it all.
        /// - Returns: the first block that has no scale, if one has none.
        private mutating func encode(_ bytes: Span<UInt8>) -> Int? {
            let (encoder, dtype) = (encoder, matrix.dtype)
            var blockSpan = blocks.mutableSpan
            let (counts, errors) = encoder.kernels.convertToBlocks(
                encoder.type, quality: encoder.quality, rule: encoder.rule, dtype: dtype, weights: bytes,
                into: &blockSpan)
            self.errors = errors
            return counts.firstSpecial
        }

        private mutating func encode(_ bytes: Span<UInt8>, _ importance: [Float]) -> Int? {
            let (encoder, columns, kernels) = (encoder, matrix.columns, encoder.kernels)
            let count = bytes.count / (matrix.dtype.bitCount / 8)
            BlockEncoder.resize(&numbers, to: count, filler: 0)
            BlockEncoder.resize(&decoded, to: count, filler: 0)
            let dtype = matrix.dtype
            var numberSpan = numbers.mutableSpan
            kernels.widen(dtype, bytes, into: &numberSpan)
            let numbers = numbers
            var blockSpan = blocks.mutableSpan
            let counts = kernels.encodeBlocks(
                encoder.type, quality: encoder.quality, rule: encoder.rule, rows: numbers.span, columns: columns,
                importance: importance, into: &blockSpan)
            let blocks = blocks
            var decodedSpan = decoded.mutableSpan
            kernels.decodeBlocks(encoder.type, blocks.span, into: &decodedSpan)
            errors = kernels.measure(numbers.span, decoded: decoded.span, columns: columns, importance: importance)
            errors.clippedCount = counts.clippedCount
            return counts.firstSpecial
        }
    }

    /// - Throws: `FormatError` when there is not one for each column of each matrix of a stack.
    private static func importances(
        _ values: [Float], of matrix: MatrixForm
    ) throws(FormatError) -> ColumnImportances {
        guard values.count == matrix.columns * matrix.matrices else {
            throw FormatError(
                .refused, "\(values.count) importances for \(matrix.matrices) × \(matrix.columns) columns",
                remedy: "Use an importance matrix that was made of this model")
        }
        return ColumnImportances(values: values, matrix: matrix)
    }

    /// - Parameters:
    ///   - block: counted from the chunk's first one.
    ///   - firstRow: the chunk's first row, over all matrices of a stack.
    fileprivate func special(_ block: Int, _ firstRow: Int, _ matrix: MatrixForm) -> FormatError {
        let rowBlocks = matrix.columns / type.elementCount
        let row = firstRow + block / rowBlocks
        let fault =
            type == .MXFP4 || type == .NVFP4
            ? "has no scale for its weights" : "is too large for \(type)'s half-precision scale"
        return FormatError(
            .refused, "row \(row): block \(block % rowBlocks) \(fault)",
            remedy: "Leave the tensor as it is, or choose a type of more range, such as BF16")
    }

    fileprivate static func resize<Element>(_ buffer: inout [Element], to count: Int, filler: Element) {
        if buffer.count != count { buffer = [Element](repeating: filler, count: count) }
    }
}
