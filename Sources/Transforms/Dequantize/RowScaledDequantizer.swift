import Bytes
import Formats
import Numbers
import Tensors

/// Decodes LLM.int8() matrices: code × SCB × (1 / 127), two products in float32.
///
/// Source: bitsandbytes 0.50.2, `_ops.py`, `int8_vectorwise_dequant`.
struct RowScaledDequantizer: Dequantizer {
    let shape: Shape
    let kernels: Kernels
    private let scales: [Float]
    private let parts: any PartBytes

    var dtype: DType { .F32 }

    /// 1 / 127, as the library writes it.
    private static let reciprocal: Float = 7.874015718698502e-3

    /// - Throws: `FormatError` when parts are missing or of other sizes.
    init(_ source: DequantizerSource) throws {
        shape = source.tensor.shape
        kernels = source.kernels
        parts = source.parts
        try parts.check("codes", shape.elementCount)
        scales = LittleEndianFloats.decode(try parts.all("SCB", source.rows * 4))
    }

    func decode(rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
        check(rows, output.count)
        let columns = columnCount
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: rowsPerChunk) {
            try Task.checkCancellation()
            let end = min(start + rowsPerChunk, rows.upperBound)
            let codes = try parts.bytes("codes", start * columns..<end * columns)
            for row in start..<end {
                let scale = scales[row], first = (row - start) * columns, place = (row - rows.lowerBound) * columns
                for column in 0..<columns {
                    let code = Float(Int8(bitPattern: codes[first + column]))
                    output[place + column] = code * scale * Self.reciprocal
                }
            }
        }
    }
}
