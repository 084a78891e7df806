import Bytes
package import Numbers
package import Tensors

/// The rows of another source as float32, each number with an addend: norms that a layout stores less one.
package final class AddedRows: RowSource {
    package let rowCount: Int
    package let rowLength: Int
    package let dtype = DType.F32
    private let rows: any RowSource
    private let addend: Float
    private var reader: FloatReader
    private var buffer: [UInt8] = []
    private let kernels: Kernels

    package init(_ rows: any RowSource, addend: Float, kernels: Kernels) throws {
        self.rows = rows
        self.addend = addend
        self.kernels = kernels
        rowCount = rows.rowCount
        rowLength = rows.rowLength
        reader = try FloatReader(rows.dtype, kernels: kernels)
    }

    package var rowGroup: Int { rows.rowGroup }

    package func read(_ range: Range<Int>, into output: inout [UInt8]) throws {
        let byteCount = range.count * rows.rowByteCount
        if buffer.count < byteCount { buffer = [UInt8](repeating: 0, count: byteCount) }
        try rows.read(range, into: &buffer)
        let held = buffer
        try reader.take(held.span.extracting(0..<byteCount))
        let sums = reader.values.map { $0 + addend }
        var all = output.mutableSpan
        var bytes = all._mutatingExtracting(0..<sums.count * 4)
        kernels.narrow(sums.span, to: .F32, into: &bytes)
    }
}
