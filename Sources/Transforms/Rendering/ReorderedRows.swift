import Architectures
import Numbers

/// Rows of a rotary matrix in the order of another convention, head by head.
///
/// A head of 2 r rows is stored either as two halves or as r pairs, one row of each half: transformers keeps halves,
/// llama.cpp pairs. Source: gguf.md, section 8, transform 1.
final class ReorderedRows: RowSource {
    private let source: any RowSource
    private let makesPairs: Bool
    /// Rows of a head.
    let rowGroup: Int

    var rowCount: Int { source.rowCount }
    var rowLength: Int { source.rowLength }
    var dtype: DType { source.dtype }

    /// - Parameters:
    ///   - source: rows whose number is a multiple of twice `heads`.
    ///   - makesPairs: whether halves become pairs, else pairs become halves.
    init(_ source: any RowSource, heads: Int, makesPairs: Bool) {
        self.source = source
        self.makesPairs = makesPairs
        rowGroup = source.rowCount / heads
    }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        let heads = rows.lowerBound / rowGroup..<(rows.upperBound + rowGroup - 1) / rowGroup
        let start = heads.lowerBound * rowGroup
        let width = rowByteCount
        var stored = [UInt8](repeating: 0, count: heads.count * rowGroup * width)
        try source.read(start..<heads.upperBound * rowGroup, into: &stored)
        let half = rowGroup / 2
        for row in rows {
            let (head, place) = (row - start).quotientAndRemainder(dividingBy: rowGroup)
            let from = makesPairs ? place % 2 * half + place / 2 : place % half * 2 + place / half
            let origin = (head * rowGroup + from) * width
            let target = (row - rows.lowerBound) * width
            buffer.replaceSubrange(target..<target + width, with: stored[origin..<origin + width])
        }
    }
}
