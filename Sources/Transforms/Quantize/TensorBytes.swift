import Numbers
import Tensors

/// The bytes of a tensor, wherever they are.
package protocol TensorBytes {
    /// Lends the bytes in `range`, counted from the tensor's start.
    func lend(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Void) throws
}

extension [UInt8]: TensorBytes {
    package func lend(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Void) throws {
        try body(span.extracting(range))
    }
}

extension TensorBytes {
    /// Lends the matrix's bytes, whole rows at a time, in order.
    /// - Parameter body: receives the rows, counted over all matrices of a stack and never of two, and their bytes.
    package func forEachChunk(
        of matrix: MatrixForm, _ body: (_ rows: Range<Int>, _ bytes: Span<UInt8>) throws -> Void
    ) throws {
        for chunk in matrix.chunks() {
            try Task.checkCancellation()
            try lend(chunk.bytes) { try body(chunk.place, $0) }
        }
    }
}

extension MatrixForm {
    /// Chunks of whole rows, counted over all matrices of a stack and never of two.
    /// - Parameter rowMultiple: the rows that a chunk has are a multiple of this, but for the last one of a matrix.
    func chunks(rowMultiple: Int = 1) -> [SourceChunk] {
        guard columns > 0, rows > 0 else { return [] }
        let wanted = max(1, MatrixChunks.elementCount / columns)
        let step = min(matrixRows, max(rowMultiple, wanted / rowMultiple * rowMultiple))
        let rowByteCount = columns * (dtype.bitCount / 8)
        return stride(from: 0, to: rows, by: matrixRows).flatMap { first in
            stride(from: first, to: first + matrixRows, by: step).map { start in
                let rows = start..<min(start + step, first + matrixRows)
                return SourceChunk(
                    place: rows, bytes: rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount)
            }
        }
    }
}

/// How much of a matrix is taken at a time.
package enum MatrixChunks {
    /// Elements whose float32 fits a core's own cache, with what is made of them.
    package static let elementCount = 64 << 10
}
