import Numbers

/// A row of each of several sources in turn: row 0 of each, then row 1 of each …
final class AlternatingRows: RowSource {
    private let sources: [any RowSource]
    let rowCount: Int
    let rowLength: Int
    let dtype: DType

    /// Rows that are best read together from all sources.
    let rowGroup: Int

    /// - Parameter sources: at least one, with equally many rows of one length and dtype.
    init(_ sources: [any RowSource]) {
        self.sources = sources
        rowCount = sources[0].rowCount * sources.count
        rowLength = sources[0].rowLength
        dtype = sources[0].dtype
        rowGroup = sources[0].rowGroup * sources.count
    }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        let turns = sources.count, width = rowByteCount
        let some = rows.lowerBound / turns..<(rows.upperBound + turns - 1) / turns
        var stored = [UInt8](repeating: 0, count: some.count * width)
        for (turn, source) in sources.enumerated() {
            try source.read(some, into: &stored)
            for place in some {
                let row = place * turns + turn
                guard rows.contains(row) else { continue }
                let start = (place - some.lowerBound) * width, target = (row - rows.lowerBound) * width
                buffer.replaceSubrange(target..<target + width, with: stored[start..<start + width])
            }
        }
    }
}

/// Every n-th row of a source: what one of several took turns to give.
final class EveryNthRow: RowSource {
    private let source: any RowSource
    private let count: Int
    private let first: Int

    var rowCount: Int { source.rowCount / count }
    var rowLength: Int { source.rowLength }
    var dtype: DType { source.dtype }
    var rowGroup: Int { max(1, source.rowGroup / count) }

    /// - Parameters:
    ///   - source: rows of which `count` take turns.
    ///   - first: the first row to give, below `count`.
    init(_ source: any RowSource, count: Int, first: Int) {
        self.source = source
        self.count = count
        self.first = first
    }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        let width = rowByteCount
        var stored = [UInt8](repeating: 0, count: rows.count * count * width)
        try source.read(rows.lowerBound * count..<rows.upperBound * count, into: &stored)
        for place in 0..<rows.count {
            let start = (place * count + first) * width
            buffer.replaceSubrange(place * width..<(place + 1) * width, with: stored[start..<start + width])
        }
    }
}

/// The elements of a source, each a row.
final class ElementRows: RowSource {
    private let source: any RowSource

    var rowCount: Int { source.rowCount * source.rowLength }
    var rowLength: Int { 1 }
    var dtype: DType { source.dtype }
    var rowGroup: Int { max(1, source.rowLength * source.rowGroup) }

    /// - Parameter source: rows of at least one element of whole bytes.
    init(_ source: any RowSource) { self.source = source }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        let length = max(1, source.rowLength), width = rowByteCount
        let some = rows.lowerBound / length..<(rows.upperBound + length - 1) / length
        var stored = [UInt8](repeating: 0, count: some.count * length * width)
        try source.read(some, into: &stored)
        let start = (rows.lowerBound - some.lowerBound * length) * width
        buffer.replaceSubrange(0..<rows.count * width, with: stored[start..<start + rows.count * width])
    }
}
