package import Bytes
package import Numbers
package import Tensors

/// Quantizes matrices to one of ggml's block types, and measures what was lost.
package struct BlockEncoder: MatrixEncoder {
    package let type: BlockType
    package let quality: EncoderQuality
    /// How MXFP4 chooses its scales; other types have no use for it.
    package let rule: E8M0Rule
    private let kernels: Kernels

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
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, into sink: any PartSink
    ) throws -> ErrorSums {
        _ = try parts(of: matrix)
        guard let importance else { return try encode(matrix, source, into: sink) }
        let columns = matrix.columns
        let importances = try Self.split(importance, for: matrix)
        var sums = ErrorSums()
        var blocks: [UInt8] = []
        var decoded: [Float] = []
        try source.forEachChunk(of: matrix, kernels: kernels) { rows, numbers in
            let importance = importances[rows.lowerBound / matrix.matrixRows]
            Self.resize(&blocks, to: numbers.count / type.elementCount * type.byteCount, filler: 0)
            Self.resize(&decoded, to: numbers.count, filler: 0)
            var blockSpan = blocks.mutableSpan
            let counts = kernels.encodeBlocks(
                type, quality: quality, rule: rule, rows: numbers, columns: columns, importance: importance,
                into: &blockSpan)
            if let first = counts.firstSpecial { throw special(first, rows.lowerBound, matrix) }
            var decodedSpan = decoded.mutableSpan
            kernels.decodeBlocks(type, blocks.span, into: &decodedSpan)
            var errors = kernels.measure(numbers, decoded: decoded.span, columns: columns, importance: importance)
            errors.clippedCount = counts.clippedCount
            sums += errors
            try sink.append(blocks.span, to: 0)
        }
        return sums
    }

    /// Without importances rows do not differ, and one kernel does it all.
    private func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, into sink: any PartSink
    ) throws -> ErrorSums {
        var sums = ErrorSums()
        var blocks: [UInt8] = []
        try source.forEachChunk(of: matrix) { rows, bytes in
            let count = rows.count * matrix.columns
            Self.resize(&blocks, to: count / type.elementCount * type.byteCount, filler: 0)
            var blockSpan = blocks.mutableSpan
            let (counts, errors) = kernels.convertToBlocks(
                type, quality: quality, rule: rule, dtype: matrix.dtype, weights: bytes, into: &blockSpan)
            if let first = counts.firstSpecial { throw special(first, rows.lowerBound, matrix) }
            sums += errors
            try sink.append(blocks.span, to: 0)
        }
        return sums
    }

    /// The columns' importances of each matrix of a stack.
    private static func split(_ importance: [Float], for matrix: MatrixForm) throws(FormatError) -> [[Float]] {
        let columns = matrix.columns
        guard importance.count == columns * matrix.matrices else {
            throw FormatError(
                .refused, "\(importance.count) importances for \(matrix.matrices) × \(columns) columns",
                remedy: "Use an importance matrix that was made of this model")
        }
        return (0..<matrix.matrices).map { Array(importance[$0 * columns..<($0 + 1) * columns]) }
    }

    /// - Parameters:
    ///   - block: counted from the chunk's first one.
    ///   - firstRow: the chunk's first row, over all matrices of a stack.
    private func special(_ block: Int, _ firstRow: Int, _ matrix: MatrixForm) -> FormatError {
        let rowBlocks = matrix.columns / type.elementCount
        let row = firstRow + block / rowBlocks
        let fault =
            type == .MXFP4 || type == .NVFP4
            ? "has no scale for its weights" : "is too large for \(type)'s half-precision scale"
        return FormatError(
            .refused, "row \(row): block \(block % rowBlocks) \(fault)",
            remedy: "Leave the tensor as it is, or choose a type of more range, such as BF16")
    }

    private static func resize<Element>(_ buffer: inout [Element], to count: Int, filler: Element) {
        if buffer.count != count { buffer = [Element](repeating: filler, count: count) }
    }
}
