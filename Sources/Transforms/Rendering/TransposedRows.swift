import Numbers
import Tensors

/// A matrix with rows and columns exchanged; all of it is held from the first reading on, until its last row is read.
///
/// So of a stack of experts that is read in order, one matrix is held at a time.
final class TransposedRows: RowSource {
    private let source: any RowSource
    private var transposed: [UInt8]?

    var rowCount: Int { source.rowLength }
    var rowLength: Int { source.rowCount }
    var dtype: DType { source.dtype }

    init(_ source: any RowSource) { self.source = source }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        let bytes = try transposed ?? transpose()
        transposed = rows.upperBound == rowCount ? nil : bytes
        buffer.replaceSubrange(
            0..<rows.count * rowByteCount,
            with: bytes[rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount])
    }

    private func transpose() throws -> [UInt8] {
        var stored = [UInt8](repeating: 0, count: source.rowCount * source.rowByteCount)
        try source.read(0..<source.rowCount, into: &stored)
        return Transposition.transposed(
            stored.span, rows: source.rowCount, columns: source.rowLength, width: dtype.bitCount / 8)
    }
}
