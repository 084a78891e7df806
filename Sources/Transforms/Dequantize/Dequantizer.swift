package import Numbers
package import Tensors

/// Gives the numbers of a quantized tensor by rows, as its library's dequantization does.
package protocol Dequantizer: Sendable {
    /// The logical shape, [out, in] or [experts, out, in].
    var shape: Shape { get }
    /// The dtype that the library gives the numbers in: each is rounded to it.
    var dtype: DType { get }
    var kernels: Kernels { get }

    /// Decodes whole rows. A row is what the last dimension runs over; those of stacked matrices follow one another.
    /// - Parameters:
    ///   - rows: rows that there are.
    ///   - output: receives `rows.count * columnCount` numbers.
    /// - Throws: `FormatError` for parts that contradict each other, and what reading them throws.
    func decode(rows: Range<Int>, into output: inout MutableSpan<Float>) throws

    /// Decodes whole rows and rounds the library's numbers to another dtype: BF16, F16 or F32, little-endian.
    func decode(rows: Range<Int>, as dtype: DType, into output: inout MutableSpan<UInt8>) throws
}

extension Dequantizer {
    /// The numbers of a row.
    package var columnCount: Int { shape.dimensions.last ?? 1 }

    /// The rows, of all matrices of a stack.
    package var rowCount: Int { shape.dimensions.dropLast().reduce(1, *) }

    /// Rows that are well decoded at a time: some 64 Ki numbers.
    package var rowsPerChunk: Int { max(1, (64 << 10) / max(1, columnCount)) }

    package func decode(rows: Range<Int>, as dtype: DType, into output: inout MutableSpan<UInt8>) throws {
        var numbers = [Float](repeating: 0, count: rows.count * columnCount)
        var span = numbers.mutableSpan
        try decode(rows: rows, into: &span)
        kernels.narrow(numbers.span, to: dtype, into: &output)
    }

    /// - Precondition: the rows exist, and the output takes just them.
    func check(_ rows: Range<Int>, _ outputCount: Int) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(rowCount)")
        precondition(outputCount == rows.count * columnCount, "\(outputCount) numbers for \(rows.count) rows")
    }
}
