import Bytes
import Numbers
import Tensors

/// A matrix on its way through an encoder: its rows in chunks, in the numbers that the library would see, with the
/// importance of its columns.
struct RowChunks {
    let matrix: MatrixForm
    let source: any TensorBytes
    let quality: EncoderQuality
    let threads: SpareThreads
    let kernels: Kernels
    private let importances: ColumnImportances

    /// - Parameter importance: a weight for each column of each matrix of a stack, or nil.
    init(
        of matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, quality: EncoderQuality,
        threads: SpareThreads, kernels: Kernels
    ) {
        let wanted = matrix.matrices * matrix.columns
        precondition(
            importance.map { $0.count == wanted } ?? true, "\(importance?.count ?? 0) importances of \(wanted)")
        self.matrix = matrix
        self.source = source
        importances = ColumnImportances(values: importance ?? [], matrix: matrix)
        self.quality = quality
        self.threads = threads
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
    func importance(ofRow row: Int) -> [Float] { importances.ofMatrix(withRow: row) }

    /// Hands out the rows in order.
    /// - Parameter body: receives the rows, counted over all matrices of a stack and never of two, and their numbers,
    ///   which the reference encoder rounds to the dtype that its library computes in.
    /// - Throws: `FormatError` for a number that this dtype does not hold.
    func forEach(_ body: (_ rows: Range<Int>, _ numbers: Span<Float>) throws -> Void) throws {
        var numbers = SourceNumbers(dtype: matrix.dtype, rounding: rounding, kernels: kernels)
        try source.forEachChunk(of: matrix) { rows, bytes in
            try numbers.take(bytes)
            try body(rows, numbers.toEncode.span)
        }
    }

    /// Makes the codes of all rows, of several chunks at a time where threads are free.
    /// - Parameters:
    ///   - rowMultiple: the rows of a chunk are a multiple of this, but for the last one of a matrix.
    ///   - work: what makes the codes of a chunk.
    ///   - take: receives the rows in order, and the work that has made their codes.
    /// - Returns: the error of what was made.
    /// - Throws: `FormatError` for a number that the dtype in which the library computes does not hold.
    func encode<Work: RowWork>(
        rowMultiple: Int = 1, _ work: Work, take: (_ rows: Range<Int>, _ made: Work) throws -> Void
    ) throws -> ErrorSums {
        let numbers = SourceNumbers(dtype: matrix.dtype, rounding: rounding, kernels: kernels)
        var errors = ErrorSums()
        try source.forEachChunk(
            matrix.chunks(rowMultiple: rowMultiple),
            work: MeasuredRows(work: work, numbers: numbers, importances: importances),
            threads: threads
        ) { chunk, made in
            try take(chunk.place, made.work)
            errors += made.errors
        }
        return errors
    }

    /// Makes the codes of all rows and packs them as a layout has them.
    func encode(
        _ work: GroupWork, _ packing: some CodePacking, into sink: any PartSink
    ) throws -> ErrorSums {
        var packing = packing
        let errors = try encode(rowMultiple: packing.rowMultiple, work) { rows, made in
            try packing.append(made.grouped(rows), into: sink)
        }
        try packing.finish(into: sink)
        return errors
    }
}

/// Makes the codes of a chunk of rows, and decodes them again as the scheme's library does.
protocol RowWork: Sendable, SendableMetatype {
    /// What the codes of the last chunk stand for.
    var decoded: [Float] { get }
    /// - Returns: how many weights are beyond the range of their codes.
    mutating func encode(_ numbers: Span<Float>, importance: [Float]) throws -> Int
}

/// The numbers of a chunk, in buffers that are used again.
private struct SourceNumbers {
    let dtype: DType
    /// What the library would round them to, when that changes them.
    let rounding: DType?
    let kernels: Kernels
    private(set) var original: [Float] = []
    private var rounded: [Float] = []
    private var narrowed: [UInt8] = []

    init(dtype: DType, rounding: DType?, kernels: Kernels) {
        self.dtype = dtype
        self.rounding = rounding
        self.kernels = kernels
    }

    var toEncode: [Float] { rounding == nil ? original : rounded }

    mutating func take(_ bytes: Span<UInt8>) throws {
        // Held here alone, so that they are written in place.
        var original = original, rounded = rounded, narrowed = narrowed
        self.original = []
        self.rounded = []
        self.narrowed = []
        let count = bytes.count / (dtype.bitCount / 8)
        if original.count != count { original = [Float](repeating: 0, count: count) }
        var numbers = original.mutableSpan
        kernels.widen(dtype, bytes, into: &numbers)
        if let rounding {
            if rounded.count != count {
                rounded = [Float](repeating: 0, count: count)
                narrowed = [UInt8](repeating: 0, count: count * (rounding.bitCount / 8))
            }
            var byteSpan = narrowed.mutableSpan
            kernels.narrow(original.span, to: rounding, into: &byteSpan)
            var span = rounded.mutableSpan
            kernels.widen(rounding, narrowed.span, into: &span)
            guard rounded.allSatisfy(\.isFinite) else {
                throw FormatError(
                    .refused, "it holds numbers beyond the range of \(rounding), in which its library computes",
                    remedy: "Keep this tensor dense, or take the encoder 'best'")
            }
        }
        self.original = original
        self.rounded = rounded
        self.narrowed = narrowed
    }
}

/// A chunk of rows with the error of its codes.
private struct MeasuredRows<Work: RowWork>: ChunkWork {
    var work: Work
    var numbers: SourceNumbers
    let importances: ColumnImportances
    var errors = ErrorSums()

    mutating func make(_ chunk: SourceChunk, from bytes: Span<UInt8>) throws {
        try numbers.take(bytes)
        let source = numbers, importance = importances.ofMatrix(withRow: chunk.place.lowerBound)
        let clipped = try work.encode(source.toEncode.span, importance: importance)
        errors = numbers.kernels.measure(
            source.original.span, decoded: work.decoded.span, columns: importances.matrix.columns,
            importance: importance)
        errors.clippedCount = clipped
    }
}
