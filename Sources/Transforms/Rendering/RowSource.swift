package import Numbers

/// Numbers in rows, of which a tensor of another layout is made.
///
/// The rows of a tensor are its innermost vectors; the rows of a vector are its elements, so that a bias is reordered
/// as the matrix that it belongs to.
package protocol RowSource: AnyObject {
    var rowCount: Int { get }
    /// Elements a row.
    var rowLength: Int { get }
    /// The type of the elements that `read` gives.
    var dtype: DType { get }
    /// Rows that are best read together; ranges that begin and end at multiples of it are read without waste.
    var rowGroup: Int { get }
    /// Fills the start of `buffer` with the elements of `rows`, row-major and little-endian.
    /// - Parameter buffer: long enough for them.
    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws
}

extension RowSource {
    package var rowGroup: Int { 1 }
    /// The bytes of a row.
    package var rowByteCount: Int { rowLength * dtype.bitCount / 8 }
}

/// Rows that are there already.
package final class MemoryRows: RowSource {
    package let rowCount: Int
    package let rowLength: Int
    package let dtype: DType
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8], rowLength: Int, dtype: DType) {
        self.bytes = bytes
        self.rowLength = rowLength
        self.dtype = dtype
        let rowByteCount = rowLength * dtype.bitCount / 8
        rowCount = rowByteCount == 0 ? 0 : bytes.count / rowByteCount
    }

    package func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        let range = rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount
        buffer.replaceSubrange(0..<range.count, with: bytes[range])
    }
}
