package import Numbers

extension Kernels {
    /// Turns codes into numbers.
    /// - Parameters:
    ///   - codes: `count` codes, one behind the other.
    ///   - scales: one a group.
    ///   - shifts: one a group, or none.
    ///   - groupSize: the elements of a group; the last one may be short.
    ///   - output: receives `count` numbers, each rounded to the form's dtype.
    package func decodeCodes(
        _ form: CodeForm, codes: Span<UInt8>, scales: Span<Float>, shifts: Span<Float>, groupSize: Int, count: Int,
        into output: inout MutableSpan<Float>
    ) {
        precondition(groupSize > 0 && count >= 0, "\(count) codes in groups of \(groupSize)")
        precondition(output.count == count, "\(count) codes do not fill \(output.count) numbers")
        let byteCount = count / 8 * form.bits + (count % 8 * form.bits + 7) / 8
        precondition(codes.count >= byteCount, "\(count) codes have \(byteCount) bytes, got \(codes.count)")
        let groups = count / groupSize + (count % groupSize == 0 ? 0 : 1)
        precondition(scales.count >= groups, "\(groups) groups have \(scales.count) scales")
        precondition(shifts.isEmpty || shifts.count >= groups, "\(groups) groups have \(shifts.count) shifts")
        callDecodeCodes(form, codes, scales, shifts, groupSize, count, &output)
    }

    /// Numbers of BF16, F16 or F32, little-endian, as float32.
    package func widen(_ dtype: DType, _ bytes: Span<UInt8>, into output: inout MutableSpan<Float>) {
        precondition(Self.fourBitSources.contains(dtype), "numbers come as BF16, F16 or F32, not \(dtype)")
        precondition(bytes.count == output.count * (dtype.bitCount / 8), "\(bytes.count) bytes for \(output.count)")
        callWiden(dtype, bytes, &output)
    }

    /// Rounds numbers to BF16, F16 or F32, nearest even, little-endian.
    package func narrow(_ numbers: Span<Float>, to dtype: DType, into bytes: inout MutableSpan<UInt8>) {
        precondition(Self.fourBitSources.contains(dtype), "numbers become BF16, F16 or F32, not \(dtype)")
        precondition(bytes.count == numbers.count * (dtype.bitCount / 8), "\(bytes.count) bytes for \(numbers.count)")
        callNarrow(dtype, numbers, &bytes)
    }

    /// Puts rows of words into columns: word (row, column) goes to place `column * stride + firstRow + row`.
    /// - Parameter output: words of 4 bytes, `stride` for each column.
    package func transposeWords(
        _ words: Span<UInt8>, columns: Int, firstRow: Int, stride: Int, into output: inout MutableSpan<UInt8>
    ) {
        precondition(columns > 0 && words.count % (4 * columns) == 0, "\(words.count) bytes in rows of \(columns)")
        let rows = words.count / 4 / columns
        precondition(firstRow >= 0 && firstRow + rows <= stride, "rows \(firstRow)..<\(firstRow + rows) of \(stride)")
        precondition(output.count == 4 * columns * stride, "\(output.count) bytes for \(columns) × \(stride) words")
        callTransposeWords(words, rows, columns, firstRow, stride, &output)
    }

    /// Puts AWQ's words, each of eight codes of a row, into columns of two codes a byte.
    /// - Parameters:
    ///   - firstRow: even.
    ///   - stride: the bytes of a column.
    package func gatherAWQ(
        _ words: Span<UInt8>, wordsPerRow: Int, firstRow: Int, stride: Int, into output: inout MutableSpan<UInt8>
    ) {
        precondition(wordsPerRow > 0 && words.count % (4 * wordsPerRow) == 0, "\(words.count) bytes")
        let rows = words.count / 4 / wordsPerRow
        precondition(
            firstRow >= 0 && firstRow % 2 == 0 && (firstRow + rows + 1) / 2 <= stride, "rows from \(firstRow)")
        precondition(output.count == 8 * wordsPerRow * stride, "\(output.count) bytes for \(8 * wordsPerRow) columns")
        callGatherAWQ(words, rows, wordsPerRow, firstRow / 2, stride, &output)
    }
}
