import Numbers

/// The rows of several sources, one source behind the other; of each all rows or some.
final class ConcatenatedRows: RowSource {
    let rowCount: Int
    let rowLength: Int
    let dtype: DType
    private let pieces: [(source: any RowSource, rows: Range<Int>, start: Int)]

    /// - Parameter sources: at least one, with rows of one length and dtype.
    init(_ sources: [(source: any RowSource, rows: Range<Int>)]) {
        var pieces: [(source: any RowSource, rows: Range<Int>, start: Int)] = []
        var count = 0
        for (source, rows) in sources {
            pieces.append((source, rows, count))
            count += rows.count
        }
        self.pieces = pieces
        rowCount = count
        rowLength = sources[0].source.rowLength
        dtype = sources[0].source.dtype
    }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        var done = 0
        var place = firstPiece(holding: rows.lowerBound)
        while done < rows.count, place < pieces.count {
            let piece = pieces[place]
            let from = rows.lowerBound + done - piece.start
            let count = min(rows.count - done, piece.rows.count - from)
            let wanted = piece.rows.lowerBound + from..<piece.rows.lowerBound + from + count
            if done == 0 {
                try piece.source.read(wanted, into: &buffer)
            } else {
                var part = [UInt8](repeating: 0, count: count * rowByteCount)
                try piece.source.read(wanted, into: &part)
                buffer.replaceSubrange(done * rowByteCount..<(done + count) * rowByteCount, with: part)
            }
            done += count
            place += 1
        }
    }

    /// The last piece that begins at or before the row.
    private func firstPiece(holding row: Int) -> Int {
        var low = 0
        var high = pieces.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if pieces[middle].start <= row { low = middle } else { high = middle }
        }
        return low
    }
}
