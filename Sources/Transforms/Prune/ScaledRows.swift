import Bytes
package import Numbers
package import Tensors

/// The numbers of a source as they must be for fewer channels: (w + addend) · factor − addend, computed in doubles and
/// rounded to float32. Whoever reads them rounds them to the tensor's type, and sees those that it cannot hold.
package final class ScaledRows: RowSource {
    package var rowCount: Int { source.rowCount }
    package var rowLength: Int { source.rowLength }
    package var dtype: DType { .F32 }
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
        var input = [UInt8](repeating: 0, count: rows.count * source.rowByteCount)
        try source.read(rows, into: &input)
        var numbers = [UInt8](repeating: 0, count: rows.count * rowByteCount)
        var floats = numbers.mutableSpan
        let counts = kernels.cast(from: source.dtype, to: .F32, input: input.span, into: &floats)
        guard counts.overflow == 0 else { throw tooLarge("a number") }
        let values = try LittleEndianFloats.decode(numbers).map { value throws(FormatError) in try scaled(value) }
        buffer.replaceSubrange(0..<numbers.count, with: LittleEndianFloats.encode(values))
    }

    private func scaled(_ value: Float) throws(FormatError) -> Float {
        let result = Float((Double(value) + addend) * factor - addend)
        guard result.isFinite || !value.isFinite else { throw tooLarge("\(value)") }
        return result
    }

    private func tooLarge(_ subject: String) -> FormatError {
        FormatError(
            .refused, "\(subject) times \(Float(factor)), as fewer channels need it, is more than f32 holds",
            remedy: "Keep all channels: leave out --hidden")
    }
}
