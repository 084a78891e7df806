import Bytes
import Numbers
import Tensors

/// A matrix on its way through an encoder: its rows in chunks, in the numbers that the library would see, with the
/// importance of its columns.
struct RowChunks {
    let matrix: MatrixForm
    let source: any TensorBytes
    let quality: EncoderQuality
    let kernels: Kernels
    private let importance: [Float]

    /// - Parameter importance: a weight for each column of each matrix of a stack, or nil.
    init(
        of matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, quality: EncoderQuality,
        kernels: Kernels
    ) {
        let wanted = matrix.matrices * matrix.columns
        precondition(
            importance.map { $0.count == wanted } ?? true, "\(importance?.count ?? 0) importances of \(wanted)")
        self.matrix = matrix
        self.source = source
        self.importance = importance ?? []
        self.quality = quality
        self.kernels = kernels
    }

    /// The dtype that the library would round the numbers to before it quantizes, when that changes them.
    private var rounding: DType? {
        guard quality == .reference, matrix.computeDtype != matrix.dtype, matrix.computeDtype != .F32 else {
            return nil
        }
        return matrix.computeDtype
    }

    /// The importance of the columns of the matrix that a row belongs to; empty without importances.
    func importance(ofRow row: Int) -> [Float] {
        guard !importance.isEmpty, matrix.matrices > 1 else { return importance }
        let first = row / matrix.matrixRows * matrix.columns
        return Array(importance[first..<first + matrix.columns])
    }

    /// Hands out the rows in order.
    /// - Parameters:
    ///   - rowMultiple: the rows of a chunk are a multiple of this, but for the last one of a matrix.
    ///   - body: receives the rows, counted over all matrices of a stack and never of two; the source's numbers; and
    ///     the numbers to be encoded, which the reference encoder rounds to the dtype that its library computes in.
    /// - Throws: `FormatError` for a number that this dtype does not hold.
    func forEach(
        rowMultiple: Int = 1,
        _ body: (_ rows: Range<Int>, _ original: Span<Float>, _ numbers: Span<Float>) throws -> Void
    ) throws {
        guard let rounding else {
            return try source.forEachChunk(of: matrix, rowMultiple: rowMultiple, kernels: kernels) { rows, numbers in
                try body(rows, numbers, numbers)
            }
        }
        var bytes: [UInt8] = [], rounded: [Float] = []
        try source.forEachChunk(of: matrix, rowMultiple: rowMultiple, kernels: kernels) { rows, numbers in
            if rounded.count != numbers.count {
                rounded = [Float](repeating: 0, count: numbers.count)
                bytes = [UInt8](repeating: 0, count: numbers.count * (rounding.bitCount / 8))
            }
            var byteSpan = bytes.mutableSpan
            kernels.narrow(numbers, to: rounding, into: &byteSpan)
            var span = rounded.mutableSpan
            kernels.widen(rounding, bytes.span, into: &span)
            guard rounded.allSatisfy(\.isFinite) else {
                throw FormatError(
                    .refused, "it holds numbers beyond the range of \(rounding), in which its library computes",
                    remedy: "Keep this tensor dense, or take the encoder 'best'")
            }
            try body(rows, numbers, rounded.span)
        }
    }

    /// Makes the codes of all rows and packs them.
    /// - Parameters:
    ///   - work: what makes the codes of a chunk.
    ///   - packing: where the layout has them.
    /// - Returns: the error of what was stored.
    func encode(_ work: GroupWork, _ packing: some CodePacking, into sink: any PartSink) throws -> ErrorSums {
        var work = work, packing = packing
        var errors = ErrorSums()
        try forEach(rowMultiple: packing.rowMultiple) { rows, original, numbers in
            let clipped = try work.encode(numbers, importance: importance(ofRow: rows.lowerBound))
            try packing.append(work.grouped(rows), into: sink)
            errors += self.errors(original, decoded: work.decoded.span, row: rows.lowerBound, clipped: clipped)
        }
        try packing.finish(into: sink)
        return errors
    }

    /// The error of decoded rows against the source.
    func errors(_ original: Span<Float>, decoded: Span<Float>, row: Int, clipped: Int) -> ErrorSums {
        var errors = kernels.measure(
            original, decoded: decoded, columns: matrix.columns, importance: importance(ofRow: row))
        errors.clippedCount = clipped
        return errors
    }
}

extension MatrixForm {
    /// A FormatError for a matrix that a scheme cannot hold.
    func refusal(_ problem: String, _ remedy: String) -> FormatError {
        FormatError(.refused, "\(shape) cannot be held: \(problem)", remedy: remedy)
    }

    /// - Throws: `FormatError` for something else than one matrix.
    func checkIsPlain(_ scheme: String) throws(FormatError) {
        guard shape.dimensions.count == 2, shape.elementCount > 0 else {
            throw refusal("\(scheme) holds single matrices", "Keep this tensor dense")
        }
    }

    /// - Throws: `FormatError` for something else than a matrix or a stack of matrices.
    func checkIsMatrix(_ scheme: String) throws(FormatError) {
        guard (2...3).contains(shape.dimensions.count), shape.elementCount > 0 else {
            throw refusal("\(scheme) holds matrices and stacks of them", "Keep this tensor dense")
        }
    }

    /// - Throws: `FormatError` when groups do not divide rows.
    func checkGroups(of size: Int) throws(FormatError) {
        guard size > 0, columns % size == 0 else {
            throw refusal(
                "a row of \(columns) columns is no multiple of group \(size)",
                "Choose a group that divides \(columns), or keep this tensor dense")
        }
    }
}
