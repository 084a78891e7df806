import Numbers
import Tensors

/// Rows of codes as they lie in layouts: each begins with a byte and with a group, and may end with unused bits.
struct RowForm {
    /// The bits of a code.
    let bits: Int
    let columns: Int
    /// The bytes from one row to the next.
    let rowByteCount: Int
    /// The columns of a group; the last one of a row may have fewer.
    let groupSize: Int

    /// The groups of a row.
    private var groupCount: Int { (columns + groupSize - 1) / groupSize }
    /// Whether rows leave no gap, so that many are one stream.
    private var hasNoGaps: Bool { rowByteCount * 8 == columns * bits }
    private var usedByteCount: Int { (columns * bits + 7) / 8 }

    /// Packs rows of codes, one a byte.
    /// - Parameter packed: receives the bytes of whole rows; gaps stay as they are.
    func pack(_ codes: Span<UInt8>, into packed: inout MutableSpan<UInt8>, kernels: Kernels) {
        if hasNoGaps { return kernels.packCodes(codes, bits: bits, into: &packed) }
        for row in 0..<codes.count / columns {
            let start = row * rowByteCount
            var part = packed._mutatingExtracting(start..<start + usedByteCount)
            kernels.packCodes(codes.extracting(row * columns..<(row + 1) * columns), bits: bits, into: &part)
        }
    }

    /// Turns rows of packed codes into numbers.
    /// - Parameters:
    ///   - scales: one a group, row after row.
    ///   - shifts: as many, or none.
    ///   - output: receives whole rows.
    func decode(
        _ form: CodeForm, _ packed: Span<UInt8>, scales: Span<Float>, shifts: Span<Float>,
        into output: inout MutableSpan<Float>, kernels: Kernels
    ) {
        if hasNoGaps, columns % groupSize == 0 {
            return kernels.decodeCodes(
                form, codes: packed, scales: scales, shifts: shifts, groupSize: groupSize, count: output.count,
                into: &output)
        }
        for row in 0..<output.count / columns {
            let numbers = row * groupCount..<(row + 1) * groupCount
            var part = output._mutatingExtracting(row * columns..<(row + 1) * columns)
            kernels.decodeCodes(
                form, codes: packed.extracting(row * rowByteCount..<(row + 1) * rowByteCount),
                scales: scales.extracting(numbers), shifts: shifts.isEmpty ? shifts : shifts.extracting(numbers),
                groupSize: groupSize, count: columns, into: &part)
        }
    }
}
