import Blobs
import Bytes
import Formats
import Numbers
import Tensors
import Transforms

/// Makes the bytes of one tensor of a rewrite: chunk by chunk, rounded, counted and compared.
struct TensorRewriting {
    let tensor: RewrittenTensor
    let kernels: Kernels

    /// Hands out the bytes in order, in chunks of a fixed size.
    /// - Returns: what was found out on the way.
    /// - Throws: `FormatError` for numbers that the dtype cannot hold, when these are to be refused.
    func make(_ rows: any RowSource, _ body: (Span<UInt8>) throws -> Void) throws -> RewriteFindings {
        var statistics = StatisticsAccumulator(kernels: kernels, of: tensor.type)
        var comparison = try Comparison(tensor, rows: rows, kernels: kernels)
        let renderer = TensorRenderer(kernels: kernels, overflow: tensor.overflow ?? .toInfinity)
        let counts = try renderer.render(rows, as: tensor.type) { source, made in
            statistics?.update(made)
            try comparison?.take(source: source, made: made)
            try body(made)
        }
        if tensor.overflow == nil, counts.overflow > 0, let dtype = tensor.type.dtype {
            throw TypeChoice.tooLarge(counts.overflow, dtype)
        }
        return RewriteFindings(
            errors: comparison.map { ErrorSums($0.sums, zeroCount: counts.underflow) }, counts: counts,
            statistics: statistics?.finish(), update: (rows as? AdaptedRows)?.measure)
    }

    /// Hands out bytes as they are, in pieces.
    func copy(_ bytes: any TensorBytes, _ body: (Span<UInt8>) throws -> Void) throws -> RewriteFindings {
        var statistics = StatisticsAccumulator(kernels: kernels, of: tensor.type)
        for start in stride(from: 0, to: tensor.byteCount, by: Self.pieceByteCount) {
            try Task.checkCancellation()
            try bytes.lend(start..<min(start + Self.pieceByteCount, tensor.byteCount)) { piece in
                statistics?.update(piece)
                try body(piece)
            }
        }
        return RewriteFindings(statistics: statistics?.finish())
    }

    private static let pieceByteCount = 512 << 10
}

extension StatisticsAccumulator {
    /// Nil for blocks, whose numbers are not looked at.
    fileprivate init?(kernels: Kernels, of type: ElementType) {
        guard let dtype = type.dtype else { return nil }
        self.init(dtype: dtype, kernels: kernels)
    }
}

/// The new numbers beside those that they are compared with.
private struct Comparison {
    private(set) var sums = DifferenceSums()
    private let kernels: Kernels
    private var made: FloatReader
    private var reference: FloatReader
    /// What the new numbers are compared with; nil for what they were before they were rounded.
    private let rows: (any RowSource)?
    private var buffer: [UInt8] = []
    private var nextRow = 0
    private let rowLength: Int
    private let madeElementBits: Int

    /// Nil for a tensor that is compared with nothing.
    init?(_ tensor: RewrittenTensor, rows: any RowSource, kernels: Kernels) throws {
        guard let dtype = tensor.type.dtype, dtype.isFloatingPoint else { return nil }
        switch tensor.reference {
        case .none: return nil
        case .unrounded: self.rows = nil
        case .rows(let other): self.rows = try other()
        }
        if let other = self.rows, other.rowCount != rows.rowCount || other.rowLength != rows.rowLength {
            throw RegistryError(
                "'\(tensor.name)' is compared with \(other.rowCount) rows of \(other.rowLength), and has "
                    + "\(rows.rowCount) of \(rows.rowLength)", remedy: "Report it together with the command")
        }
        self.kernels = kernels
        rowLength = rows.rowLength
        madeElementBits = dtype.bitCount
        made = try FloatReader(dtype, kernels: kernels)
        reference = try FloatReader(self.rows?.dtype ?? rows.dtype, kernels: kernels)
    }

    mutating func take(source: Span<UInt8>, made bytes: Span<UInt8>) throws {
        try made.take(bytes)
        if let rows {
            let count = bytes.count * 8 / madeElementBits / max(1, rowLength)
            let byteCount = count * rows.rowByteCount
            if buffer.count < byteCount { buffer = [UInt8](repeating: 0, count: byteCount) }
            try rows.read(nextRow..<nextRow + count, into: &buffer)
            nextRow += count
            let held = buffer
            try reference.take(held.span.extracting(0..<byteCount))
        } else {
            try reference.take(source)
        }
        sums += kernels.difference(reference.values.span, made.values.span)
    }
}
