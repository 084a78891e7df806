import Bytes
import Formats
import Numbers
import Tensors

/// Fills sparse matrices of compressed-tensors with zeros where nothing was kept.
struct SparseDequantizer: Dequantizer {
    let shape: Shape
    let dtype: DType
    let kernels: Kernels
    private let parts: any PartBytes
    private let keptCount: Int
    /// Where each row begins among the kept weights; nil when every row keeps half of its columns.
    private let rowOffsets: [Int]?

    /// - Throws: `FormatError` when parts are missing or of other sizes, or rows do not follow one another.
    init(_ layout: CompressedTensorsState.Layout, _ source: DequantizerSource) throws {
        shape = source.tensor.shape
        dtype = try source.dtype("codes")
        kernels = source.kernels
        parts = source.parts
        let (rows, columns) = (source.rows, source.columns)
        let keptCount = source.tensor.part("codes")?.tensor.shape.elementCount ?? 0
        self.keptCount = keptCount
        try parts.check("codes", keptCount * (dtype.bitCount / 8))
        try parts.check("bitmask", rows * ((columns + 7) / 8))
        guard layout == .sparse else {
            rowOffsets = nil
            return
        }
        let bytes = try parts.all("row_offsets", rows * 8)
        let offsets = (0..<rows).map { row in
            let bits = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[row * 8 + $1]) << (8 * UInt64($1)) }
            return Int(Int64(bitPattern: bits))
        }
        if let row = offsets.indices.first(where: { !(0...keptCount).contains(offsets[$0]) }) {
            throw FormatError(
                .corrupt, "row \(row) begins at \(offsets[row]) of \(keptCount) kept weights",
                remedy: "Fetch the file again")
        }
        rowOffsets = offsets
    }

    func decode(rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
        check(rows, output.count)
        let columns = columnCount, maskCount = (columns + 7) / 8, width = dtype.bitCount / 8
        for row in rows {
            let mask = try parts.bytes("bitmask", row * maskCount..<(row + 1) * maskCount)
            func isKept(_ column: Int) -> Bool { mask[column / 8] >> UInt8(column % 8) & 1 != 0 }
            let count = (0..<columns).reduce(0) { $0 + (isKept($1) ? 1 : 0) }
            let start = rowOffsets?[row] ?? row * (columns / 2)
            let announced = rowOffsets.map { row + 1 < $0.count ? $0[row + 1] : keptCount } ?? start + columns / 2
            guard start + count == announced else {
                throw FormatError(
                    .corrupt, "row \(row) keeps \(count) weights, \(announced - start) were expected",
                    remedy: "Fetch the file again")
            }
            let bytes = try parts.bytes("codes", start * width..<(start + count) * width)
            var kept = [Float](repeating: 0, count: count)
            var span = kept.mutableSpan
            kernels.widen(dtype, bytes.span, into: &span)
            var next = 0
            for column in 0..<columns {
                let place = (row - rows.lowerBound) * columns + column
                output[place] = isKept(column) ? kept[next] : 0
                next += isKept(column) ? 1 : 0
            }
        }
    }
}
