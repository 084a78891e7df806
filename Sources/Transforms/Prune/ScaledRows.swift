package import Numbers
package import Tensors

/// The numbers of a source as they must be for fewer channels: (w + addend) · factor − addend, computed in doubles and
/// rounded to float32, then to the source's type.
package final class ScaledRows: RowSource {
    package var rowCount: Int { source.rowCount }
    package var rowLength: Int { source.rowLength }
    package var dtype: DType { source.dtype }
    package var rowGroup: Int { source.rowGroup }
    private let source: any RowSource
    private let factor: Double
    private let addend: Double
    private let kernels: Kernels

    /// - Parameter source: rows of a type that can be cast.
    package init(_ source: any RowSource, factor: Double, addend: Float, kernels: Kernels) {
        self.source = source
        self.factor = factor
        self.addend = Double(addend)
        self.kernels = kernels
    }

    package func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        try source.read(rows, into: &buffer)
        let byteCount = rows.count * rowByteCount
        var numbers = [UInt8](repeating: 0, count: rows.count * rowLength * 4)
        let input = Array(buffer[..<byteCount])
        var floats = numbers.mutableSpan
        _ = kernels.cast(from: dtype, to: .F32, input: input.span, into: &floats)
        let values = LittleEndianFloats.decode(numbers).map { Float((Double($0) + addend) * factor - addend) }
        let scaled = LittleEndianFloats.encode(values)
        var output = [UInt8](repeating: 0, count: byteCount)
        var target = output.mutableSpan
        _ = kernels.cast(from: .F32, to: dtype, input: scaled.span, into: &target)
        buffer.replaceSubrange(0..<byteCount, with: output)
    }
}
