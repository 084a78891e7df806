package import Numbers
package import Tensors

/// Some rows of a source, and of each some columns.
///
/// Rows that lie close to each other are read together, and what lies between them is left out.
package final class SlicedRows: RowSource {
    package let rowCount: Int
    package let rowLength: Int
    package var dtype: DType { source.dtype }
    private let source: any RowSource
    private let kernels: Kernels
    private let rows: [Range<Int>]
    /// The first row, of those that are kept, of each range.
    private let starts: [Int]
    /// The columns; nil for all.
    private let columns: [UInt32]?
    private var stored: [UInt8] = []

    /// Bytes between rows that are still read, rather than asking the system once more.
    private static let bridgedByteCount = 32 << 10
    /// Bytes that are read together, about.
    private static let pieceByteCount = 256 << 10

    /// - Parameters:
    ///   - rows: those to give, in ascending order.
    ///   - columns: those of each row; nil for all. Elements are whole bytes.
    package init(_ source: any RowSource, rows: [Range<Int>], columns: [Range<Int>]?, kernels: Kernels) {
        self.source = source
        self.kernels = kernels
        self.rows = rows
        var starts: [Int] = [], count = 0
        for range in rows {
            starts.append(count)
            count += range.count
        }
        self.starts = starts
        rowCount = count
        let isWhole = columns.map { $0 == [0..<source.rowLength] } ?? true
        self.columns = isWhole ? nil : columns?.flatMap { $0.map { UInt32($0) } }
        rowLength = self.columns?.count ?? source.rowLength
    }

    package func read(_ wanted: Range<Int>, into buffer: inout [UInt8]) throws {
        var done = wanted.lowerBound
        var place = firstRange(holding: done)
        while done < wanted.upperBound, place < rows.count {
            // A span of the source whose gaps are short, from the first row that is wanted on.
            let first = rows[place].lowerBound + done - starts[place]
            var pieces: [Range<Int>] = []
            var next = done
            while next < wanted.upperBound, place < rows.count {
                let start = rows[place].lowerBound + next - starts[place]
                let gap = (start - (pieces.last?.upperBound ?? start)) * source.rowByteCount
                let isFull = (start - first) * source.rowByteCount >= Self.pieceByteCount
                if !pieces.isEmpty, gap > Self.bridgedByteCount || isFull { break }
                let room = max(1, Self.pieceByteCount / max(1, source.rowByteCount) - (start - first))
                let count = min(rows[place].upperBound - start, wanted.upperBound - next, room)
                pieces.append(start..<start + count)
                next += count
                if start + count < rows[place].upperBound { break }
                place += 1
            }
            try copy(pieces, to: &buffer, at: (done - wanted.lowerBound) * rowByteCount)
            done = next
        }
    }

    private func copy(_ pieces: [Range<Int>], to buffer: inout [UInt8], at start: Int) throws {
        guard let first = pieces.first, let last = pieces.last else { return }
        let width = source.rowByteCount
        let span = first.lowerBound..<last.upperBound
        if stored.count < span.count * width { stored = [UInt8](repeating: 0, count: span.count * width) }
        try source.read(span, into: &stored)
        var target = start
        for piece in pieces {
            let bytes = (piece.lowerBound - span.lowerBound) * width..<(piece.upperBound - span.lowerBound) * width
            if let columns {
                kernels.gatherColumns(
                    stored.span.extracting(bytes), width: dtype.bitCount / 8, columnCount: source.rowLength,
                    places: columns, into: &buffer, at: target)
            } else {
                buffer.replaceSubrange(target..<target + bytes.count, with: stored[bytes])
            }
            target += piece.count * rowByteCount
        }
    }

    /// The last range that begins at or before the row.
    private func firstRange(holding row: Int) -> Int {
        var low = 0, high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= row { low = middle } else { high = middle }
        }
        return low
    }
}
