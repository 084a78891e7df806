import CKernels
package import Numbers

/// Takes a tensor's statistics while its bytes stream by.
///
/// The result does not depend on how the bytes were cut, nor on the kernels' level. Elements of at most 8 bits are
/// counted by value; BF16, F16 and F32 are summed in 16 double lanes; 64-bit types count as the nearest double. Complex
/// numbers have counts only: zero when both parts are, NaN when either is, infinite when either is and none is NaN.
package struct StatisticsAccumulator: Sendable {
    private let dtype: DType
    private let kernels: Kernels
    private var state: ingot_statistics = .started()
    /// How often each byte (for F6: each 6-bit code) occurred, for types of at most 8 bits.
    private var counts: [UInt64]
    /// The bytes of an unfinished row, fewer than `rowByteCount`.
    private var pending: [UInt8] = []

    package init(dtype: DType, kernels: Kernels) {
        self.dtype = dtype
        self.kernels = kernels
        counts = dtype.bitCount <= 8 ? Array(repeating: 0, count: 256) : []
    }

    /// Takes the next bytes of the tensor.
    package mutating func update(_ bytes: Span<UInt8>) {
        var start = 0
        if !pending.isEmpty {
            while pending.count < rowByteCount, start < bytes.count {
                pending.append(bytes[start])
                start += 1
            }
            guard pending.count == rowByteCount else { return }
            let row = pending
            pending.removeAll(keepingCapacity: true)
            add(row.span)
        }
        let end = start + (bytes.count - start) / rowByteCount * rowByteCount
        if end > start { add(bytes.extracting(start..<end)) }
        for index in end..<bytes.count { pending.append(bytes[index]) }
    }

    /// The statistics of everything so far. Bytes that do not fill an element are left out.
    package consuming func finish() -> TensorStatistics {
        let whole = pending.count * 8 / dtype.bitCount * dtype.bitCount / 8
        let rest = Array(pending.prefix(whole))
        add(rest.span)
        if let values = dtype.codeValues { return Self.statistics(of: codeCounts, values) }
        return statistics
    }

    /// A row is 32 elements.
    private var rowByteCount: Int { dtype.bitCount * Int(INGOT_ROW) / 8 }

    private mutating func add(_ bytes: Span<UInt8>) {
        switch dtype {
        case .F6_E2M3, .F6_E3M2: addSixBitCodes(bytes)
        case .BOOL, .F4, .I4, .U4, .U8, .I8, .F8_E5M2, .F8_E4M3, .F8_E8M0, .F8_E4M3FNUZ, .F8_E5M2FNUZ:
            kernels.addHistogram(&counts, bytes)
        case .BF16: addNumbers(INGOT_BF16, bytes)
        case .F16: addNumbers(INGOT_F16, bytes)
        case .F32: addNumbers(INGOT_F32, bytes)
        case .F64: addNumbers(INGOT_F64, bytes)
        case .I16: addNumbers(INGOT_I16, bytes)
        case .U16: addNumbers(INGOT_U16, bytes)
        case .I32: addNumbers(INGOT_I32, bytes)
        case .U32: addNumbers(INGOT_U32, bytes)
        case .I64: addNumbers(INGOT_I64, bytes)
        case .U64: addNumbers(INGOT_U64, bytes)
        case .C64: addNumbers(INGOT_C64, bytes)
        case .C128: addComplexDoubles(bytes)
        }
    }

    private mutating func addNumbers(_ type: some BinaryInteger, _ bytes: Span<UInt8>) {
        kernels.addStatistics(Int32(type), &state, bytes, count: bytes.count / (dtype.bitCount / 8))
    }

    /// Pairs of doubles, counted as the narrower complex numbers are; they are rare, so no kernel serves them.
    private mutating func addComplexDoubles(_ bytes: Span<UInt8>) {
        for start in stride(from: 0, to: bytes.count - 15, by: 16) {
            let parts = [start, start + 8].map { offset in
                Double(bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) })
            }
            if parts.contains(where: \.isNaN) {
                state.nans += 1
            } else if parts.contains(where: \.isInfinite) {
                state.infinities += 1
            } else {
                state.finite += 1
                if parts.allSatisfy({ $0 == 0 }) { state.zeros += 1 }
            }
        }
    }

    /// Four codes in three bytes, the first code in the lowest bits.
    private mutating func addSixBitCodes(_ bytes: Span<UInt8>) {
        for start in stride(from: 0, to: bytes.count - 2, by: 3) {
            let word = UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
            for code in 0..<4 { counts[Int(word >> UInt32(6 * code) & 63)] += 1 }
        }
    }

    /// How often each code occurred.
    private var codeCounts: [UInt64] {
        guard dtype.bitCount == 4 else { return counts }
        var codes = [UInt64](repeating: 0, count: 16)
        for (byte, count) in counts.enumerated() {
            codes[byte & 15] += count
            codes[byte >> 4] += count
        }
        return codes
    }

    private static func statistics(of counts: [UInt64], _ values: [Double]) -> TensorStatistics {
        var result = TensorStatistics()
        var total: UInt64 = 0, finite: UInt64 = 0, zeros: UInt64 = 0
        var sum = 0.0, squares = 0.0
        for (count, value) in zip(counts, values) where count > 0 {
            total += count
            if value.isNaN { result.nanCount += Int(count) }
            if value.isInfinite { result.infinityCount += Int(count) }
            guard value.isFinite else { continue }
            finite += count
            if value == 0 { zeros += count }
            result.minimum = min(result.minimum ?? value, value)
            result.maximum = max(result.maximum ?? value, value)
            sum += Double(count) * value
        }
        if total > 0 { result.zeroFraction = Double(zeros) / Double(total) }
        let mean = sum / Double(finite)
        for (count, value) in zip(counts, values) where count > 0 && value.isFinite {
            squares += Double(count) * (value - mean) * (value - mean)
        }
        result.set(mean: mean, variance: squares / Double(finite))
        return result
    }

    private var statistics: TensorStatistics {
        var result = TensorStatistics(nanCount: Int(state.nans), infinityCount: Int(state.infinities))
        let total = state.finite + state.nans + state.infinities
        if total > 0 { result.zeroFraction = Double(state.zeros) / Double(total) }
        guard state.finite > 0, dtype != .C64, dtype != .C128 else { return result }
        let (sum, squares) = state.totals
        let count = Double(state.finite)
        result.minimum = state.minimum
        result.maximum = state.maximum
        result.set(mean: state.pivot + sum / count, variance: squares / count - (sum / count) * (sum / count))
        return result
    }
}

extension TensorStatistics {
    /// Sets what follows from the moments and the extremes; sums that overflowed leave their value out.
    fileprivate mutating func set(mean: Double, variance: Double) {
        guard let low = minimum, let high = maximum else { return }
        // Adding zero turns -0 into 0, so that the sign of zeros does not show.
        minimum = low + 0
        maximum = high + 0
        absoluteMaximum = max(abs(low), abs(high))
        self.mean = mean.isFinite ? min(high, max(low, mean)) + 0 : nil
        // Equal elements have no deviation, whatever rounding left of it.
        let deviation = low == high ? 0 : max(0, variance).squareRoot()
        standardDeviation = variance.isFinite ? deviation : nil
    }
}
