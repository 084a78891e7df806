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
}
