import Architectures
import Numbers

/// Rows of a rotary matrix in the order of another convention, head by head.
final class ReorderedRows: RowSource {
    private let source: any RowSource
    private let order: TensorMapping.RowOrder
    /// Rows of a head.
    let rowGroup: Int

    var rowCount: Int { source.rowCount }
    var rowLength: Int { source.rowLength }
    var dtype: DType { source.dtype }

    /// - Parameters:
    ///   - source: rows of which each head has an even share.
    ///   - order: the order to give them in.
    ///   - heads: how many heads the order speaks of.
    init(_ source: any RowSource, order: TensorMapping.RowOrder, heads: Int) {
        self.source = source
        self.order = order
        rowGroup = source.rowCount / heads
    }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        let heads = rows.lowerBound / rowGroup..<(rows.upperBound + rowGroup - 1) / rowGroup
        let start = heads.lowerBound * rowGroup
        let width = rowByteCount
        var stored = [UInt8](repeating: 0, count: heads.count * rowGroup * width)
        try source.read(start..<heads.upperBound * rowGroup, into: &stored)
        for row in rows {
            let origin = (order.sourceRow(of: row, among: rowCount) - start) * width
            let target = (row - rows.lowerBound) * width
            buffer.replaceSubrange(target..<target + width, with: stored[origin..<origin + width])
        }
    }
}
