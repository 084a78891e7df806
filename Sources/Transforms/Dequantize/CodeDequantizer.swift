import Bytes
import Numbers
import Tensors

/// Decodes matrices whose rows are streams of codes with scales, and perhaps shifts, of groups: every scheme but
/// bitsandbytes' and the sparse ones.
///
/// What is stored by rows is read as it is needed. What is stored by columns (GPTQ, AWQ) is held, put in order by rows.
struct CodeDequantizer: Dequantizer {
    /// Where the codes of a row are.
    enum Codes: Sendable {
        /// In the part `codes`, row after row.
        case stored(any PartBytes)
        /// In the part `codes`, in words that hold only whole codes; they are given as bytes.
        case wholeCodes(any PartBytes, words: Int, bits: Int)
        /// In memory, row after row.
        case held([UInt8])
    }

    let shape: Shape
    let form: CodeForm
    let codes: Codes
    /// The bytes of a row of codes, as the form takes them.
    let rowByteCount: Int
    let scales: any GroupNumbers
    let shifts: (any GroupNumbers)?
    /// The columns of a group.
    let groupSize: Int
    let kernels: Kernels

    var dtype: DType { form.dtype }

    func decode(rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
        check(rows, output.count)
        let columns = columnCount
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: rowsPerChunk) {
            try Task.checkCancellation()
            let chunk = start..<min(start + rowsPerChunk, rows.upperBound)
            let place = (start - rows.lowerBound) * columns
            var part = output._mutatingExtracting(place..<place + chunk.count * columns)
            try decode(chunk: chunk, into: &part)
        }
    }

    private func decode(chunk rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
        let codes = try codes(ofRows: rows)
        let scales = try scales.numbers(ofRows: rows)
        let shifts = try self.shifts?.numbers(ofRows: rows) ?? []
        let form = RowForm(bits: form.bits, columns: columnCount, rowByteCount: rowByteCount, groupSize: groupSize)
        form.decode(self.form, codes.span, scales: scales.span, shifts: shifts.span, into: &output, kernels: kernels)
    }

    /// The bytes of the codes of some rows.
    func codes(ofRows rows: Range<Int>) throws -> [UInt8] {
        switch codes {
        case .stored(let parts):
            return try parts.bytes("codes", rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount)
        case .held(let bytes):
            return Array(bytes[rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount])
        case .wholeCodes(let parts, let words, let bits):
            let stored = try parts.bytes("codes", rows.lowerBound * words * 4..<rows.upperBound * words * 4)
            return WholeCodes.unpacked(stored, wordsPerRow: words, bits: bits, columns: columnCount)
        }
    }
}

/// Words that hold only whole codes, with unused bits at their upper end, as compressed-tensors wrote them until 2026.
enum WholeCodes {
    /// The codes as bytes, row after row.
    static func unpacked(_ words: [UInt8], wordsPerRow: Int, bits: Int, columns: Int) -> [UInt8] {
        let perWord = 32 / bits, mask = UInt32(1) << UInt32(bits) - 1
        var codes: [UInt8] = []
        codes.reserveCapacity(words.count / 4 * perWord)
        for row in 0..<words.count / 4 / max(1, wordsPerRow) {
            for word in 0..<wordsPerRow {
                let start = (row * wordsPerRow + word) * 4
                let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(words[start + $1]) << (8 * UInt32($1)) }
                for code in 0..<min(perWord, columns - word * perWord) {
                    codes.append(UInt8(truncatingIfNeeded: value >> UInt32(code * bits) & mask))
                }
            }
        }
        return codes
    }
}
