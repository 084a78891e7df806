import Bytes
import Formats
import Numbers
import Tensors

/// Expands ggml's blocks, row by row.
struct BlockDequantizer: Dequantizer {
    let shape: Shape
    let dtype = DType.F32
    let kernels: Kernels
    private let type: BlockType
    private let parts: any PartBytes
    private let rowByteCount: Int

    /// - Throws: `FormatError` when rows are no whole blocks, or the bytes too few.
    init(_ type: BlockType, _ source: DequantizerSource) throws {
        guard let rowByteCount = ElementType.block(type).byteCount(elements: source.columns) else {
            throw FormatError(
                .corrupt, "rows of \(source.columns) elements are no whole blocks of \(type.elementCount)",
                remedy: "Fetch the file again")
        }
        try source.parts.check("data", source.rows * rowByteCount)
        shape = source.tensor.shape
        kernels = source.kernels
        parts = source.parts
        self.type = type
        self.rowByteCount = rowByteCount
    }

    /// The blocks of some rows.
    func blocks(ofRows rows: Range<Int>) throws -> [UInt8] {
        try parts.bytes("data", rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount)
    }

    func decode(rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
        check(rows, output.count)
        let bytes = try blocks(ofRows: rows)
        kernels.decodeBlocks(type, bytes.span, into: &output)
    }

    func decode(rows: Range<Int>, as dtype: DType, into output: inout MutableSpan<UInt8>) throws {
        let bytes = try blocks(ofRows: rows)
        if dtype == .F32 {
            kernels.decodeBlocks(type, bytes.span, into: &output)
        } else {
            var numbers = [Float](repeating: 0, count: rows.count * columnCount)
            var span = numbers.mutableSpan
            kernels.decodeBlocks(type, bytes.span, into: &span)
            kernels.narrow(numbers.span, to: dtype, into: &output)
        }
    }
}
