import Bytes
import Formats
import Numbers
import Tensors
import Transforms

/// The rows of a stored tensor of plain elements.
final class PlainRows: RowSource {
    let rowCount: Int
    let rowLength: Int
    let dtype: DType
    private let content: CheckedTensor

    /// - Parameter tensor: one whose elements lie as they are meant.
    init(_ tensor: CheckedTensor, dtype: DType) {
        content = tensor
        self.dtype = dtype
        (rowCount, rowLength) = tensor.tensor.description.shape.rows
    }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        try content.read(rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount, into: &buffer)
    }
}

/// The rows of a tensor in a file whose elements lie as they are meant.
final class FileRows: RowSource {
    let rowCount: Int
    let rowLength: Int
    let dtype: DType
    private let file: any ByteSource
    private let start: Int

    init(_ tensor: TensorDescription, dtype: DType, in file: any ByteSource) {
        self.file = file
        self.dtype = dtype
        start = tensor.byteRange.lowerBound
        (rowCount, rowLength) = tensor.shape.rows
    }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        try file.read(rows.count * rowByteCount, at: start + rows.lowerBound * rowByteCount, into: &buffer)
    }
}

/// The rows of a quantized tensor, as float32.
final class QuantizedRows: RowSource {
    let rowCount: Int
    let rowLength: Int
    let dtype = DType.F32
    private let dequantizer: any Dequantizer

    init(_ dequantizer: any Dequantizer) {
        self.dequantizer = dequantizer
        rowCount = dequantizer.rowCount
        rowLength = dequantizer.columnCount
    }

    func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        var all = buffer.mutableSpan
        var numbers = all._mutatingExtracting(0..<rows.count * rowLength * 4)
        try dequantizer.decode(rows: rows, as: .F32, into: &numbers)
    }
}

extension Shape {
    /// The rows of a matrix or a stack of them, and their length; the elements of a vector count as rows.
    var rows: (count: Int, length: Int) {
        guard dimensions.count > 1, let length = dimensions.last else { return (elementCount, 1) }
        return (length == 0 ? 0 : elementCount / length, length)
    }
}
