import Numbers
import Tensors

/// The elements of rows as one run of bytes, row after row.
package final class RowBytes: TensorBytes {
    private let rows: any RowSource
    private var buffer: [UInt8] = []

    package init(_ rows: any RowSource) { self.rows = rows }

    package func lend(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Void) throws {
        let width = rows.rowByteCount
        guard width > 0, !range.isEmpty else { return try body([UInt8]().span) }
        let wanted = range.lowerBound / width..<(range.upperBound + width - 1) / width
        // Rows that are best read together are read from the first of them on.
        let group = rows.rowGroup
        let some =
            wanted.lowerBound / group * group..<min(rows.rowCount, (wanted.upperBound + group - 1) / group * group)
        if buffer.count < some.count * width { buffer = [UInt8](repeating: 0, count: some.count * width) }
        try rows.read(some, into: &buffer)
        let start = range.lowerBound - some.lowerBound * width
        let held = buffer
        try body(held.span.extracting(start..<start + range.count))
    }
}
