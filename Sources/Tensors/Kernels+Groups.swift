package import Numbers

extension Kernels {
    /// Makes the codes of whole rows, one a byte, and the numbers of their groups as they are stored.
    /// - Parameters:
    ///   - weights: rows of `columns` numbers.
    ///   - importance: a number for each column, or none at all.
    ///   - codes: receives one byte a weight.
    ///   - scales: receives one number a group, `shifts` another: the bias, or the zero point.
    /// - Returns: how many weights are beyond the range of their codes.
    package func encodeGroups(
        _ form: GroupForm, weights: Span<Float>, columns: Int, importance: [Float], codes: inout MutableSpan<UInt8>,
        scales: inout MutableSpan<Float>, shifts: inout MutableSpan<Float>
    ) -> Int {
        let rows = Self.rowCount(weights.count, columns, importance)
        let groups = rows * form.groupCount(columns)
        precondition(codes.count == weights.count, "\(weights.count) weights have \(codes.count) codes")
        precondition(scales.count == groups && shifts.count == groups, "\(groups) groups, \(scales.count) scales")
        return callEncodeGroups(form, weights, columns, importance, &codes, &scales, &shifts)
    }

    /// The least and greatest weight of each group of whole rows; the last group of a row may have fewer columns.
    package func ranges(
        of weights: Span<Float>, columns: Int, groupSize: Int, lows: inout MutableSpan<Float>,
        highs: inout MutableSpan<Float>
    ) {
        precondition(groupSize > 0, "a group has a column at least")
        let groups = Self.rowCount(weights.count, columns, []) * ((columns + groupSize - 1) / groupSize)
        precondition(lows.count == groups && highs.count == groups, "\(groups) groups, \(lows.count) numbers")
        callRanges(weights, columns, groupSize, &lows, &highs)
    }

    /// Makes codes by the rule `signed` with a scale and a shift that are given.
    /// - Returns: how many weights are beyond the range of their codes.
    package func encodeGroup(
        _ form: GroupForm, weights: Span<Float>, scale: Float, shift: Float, codes: inout MutableSpan<UInt8>
    ) -> Int {
        precondition(codes.count == weights.count, "\(weights.count) weights have \(codes.count) codes")
        return callEncodeGroup(form, weights, scale, shift, &codes)
    }

    /// Packs codes, one a byte, to a stream without gaps, the low bits of each byte first.
    package func packCodes(_ codes: Span<UInt8>, bits: Int, into bytes: inout MutableSpan<UInt8>) {
        precondition((1...8).contains(bits), "a code has 1 to 8 bits, not \(bits)")
        precondition(bytes.count == (codes.count * bits + 7) / 8, "\(codes.count) codes in \(bytes.count) bytes")
        callPackCodes(codes, bits, &bytes)
    }

    /// Packs eight rows of 4-bit codes to AWQ's words, one a column.
    package func packAWQ(_ codes: Span<UInt8>, into words: inout MutableSpan<UInt8>) {
        precondition(codes.count % 8 == 0, "\(codes.count) codes are no eight rows")
        precondition(words.count == codes.count / 2, "\(codes.count) codes in \(words.count) bytes")
        callPackAWQ(codes, &words)
    }

    /// Makes the codes of blocks, one a byte, and the byte of each scale.
    /// - Parameter weights: rows of `columns` numbers, which blocks divide.
    /// - Returns: how many weights are beyond the range of their codes.
    package func encodeMicroscaled(
        _ form: MicroscaledForm, weights: Span<Float>, columns: Int, importance: [Float],
        codes: inout MutableSpan<UInt8>, scales: inout MutableSpan<UInt8>
    ) -> Int {
        _ = Self.rowCount(weights.count, columns, importance)
        precondition(columns % form.groupSize == 0, "blocks of \(form.groupSize) do not divide \(columns) columns")
        precondition(codes.count == weights.count, "\(weights.count) weights have \(codes.count) codes")
        precondition(scales.count == weights.count / form.groupSize, "\(scales.count) scales")
        return callEncodeMicroscaled(form, weights, columns, importance, &codes, &scales)
    }

    /// Makes the 8-bit floats of one row, each run of whose columns has a scale.
    /// - Parameters:
    ///   - element: F8_E4M3 or F8_E5M2.
    ///   - dtype: what quotients are rounded to first, where a library does so; no code is then -0 unless a weight
    ///     vanished.
    ///   - run: the columns of a scale; the last one may have fewer.
    /// - Returns: how many weights are beyond the range of their codes.
    package func encodeFloats(
        _ element: DType, roundingTo dtype: DType?, weights: Span<Float>, run: Int, scales: Span<Float>,
        codes: inout MutableSpan<UInt8>
    ) -> Int {
        precondition(element == .F8_E4M3 || element == .F8_E5M2, "\(element) is no 8-bit float")
        precondition(run > 0 && scales.count == (weights.count + run - 1) / run, "\(scales.count) scales of \(run)")
        precondition(codes.count == weights.count, "\(weights.count) weights have \(codes.count) codes")
        return callEncodeFloats(element, dtype, weights, run, scales, &codes)
    }

    /// Adds the squared error of each run of a row under sixteen shares of its scale.
    /// - Parameters:
    ///   - scaleDtype: what scales are rounded to, `dtype` what decoded numbers are.
    ///   - errors: sixteen numbers for each run.
    package func addFloatErrors(
        _ element: DType, scaleDtype: DType, dtype: DType, weights: Span<Float>, importance: [Float], run: Int,
        scales: Span<Float>, shares: [Float], to errors: inout [Double]
    ) {
        let runs = run > 0 ? (weights.count + run - 1) / run : 0
        precondition(element == .F8_E4M3 || element == .F8_E5M2, "\(element) is no 8-bit float")
        precondition(runs > 0 && scales.count == runs && errors.count == 16 * runs, "\(scales.count) scales of \(run)")
        precondition(shares.count == 16, "sixteen shares are tried, got \(shares.count)")
        precondition(importance.isEmpty || importance.count == weights.count, "\(importance.count) importances")
        callAddFloatErrors(element, scaleDtype, dtype, weights, importance, run, scales, shares, &errors)
    }

    private static func rowCount(_ count: Int, _ columns: Int, _ importance: [Float]) -> Int {
        precondition(columns > 0 && count % columns == 0, "\(count) weights are no rows of \(columns)")
        precondition(
            importance.isEmpty || importance.count == columns, "\(importance.count) importances of \(columns) columns")
        return count / columns
    }
}
