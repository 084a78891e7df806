import CKernels
import Numbers

// The module's only pointers. Each function's caller has checked that the lengths fit each other, and no pointer leaves
// its closure; a span without elements may have no address, so nothing is called for it.

extension Kernels {
    func callEncode(
        _ type: FourBitType, _ dtype: DType, _ blockSize: Int, _ input: Span<UInt8>, _ count: Int,
        _ codes: inout MutableSpan<UInt8>, _ absmax: inout MutableSpan<Float>
    ) {
        unsafe input.withUnsafeBufferPointer { input in
            unsafe codes.withUnsafeMutableBufferPointer { codes in
                unsafe absmax.withUnsafeMutableBufferPointer { absmax in
                    guard let input = input.baseAddress, let codes = codes.baseAddress, let absmax = absmax.baseAddress
                    else { return }
                    unsafe withForm(type, dtype, blockSize) { form in
                        unsafe ingot_four_bit_encode(level.number, form, input, count, codes, absmax)
                    }
                }
            }
        }
    }

    func callDecode(
        _ type: FourBitType, _ dtype: DType, _ blockSize: Int, _ codes: Span<UInt8>, _ absmax: Span<Float>,
        _ count: Int, _ output: inout MutableSpan<UInt8>
    ) {
        unsafe codes.withUnsafeBufferPointer { codes in
            unsafe absmax.withUnsafeBufferPointer { absmax in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    guard let codes = codes.baseAddress, let absmax = absmax.baseAddress,
                        let output = output.baseAddress
                    else { return }
                    unsafe withForm(type, dtype, blockSize) { form in
                        unsafe ingot_four_bit_decode(level.number, form, codes, absmax, count, output)
                    }
                }
            }
        }
    }

    func callMeasure(
        _ type: FourBitType, _ dtype: DType, _ blockSize: Int, _ input: Span<UInt8>, _ codes: Span<UInt8>,
        _ absmax: Span<Float>, _ count: Int
    ) -> ErrorSums {
        var sums = ingot_errors()
        unsafe input.withUnsafeBufferPointer { input in
            unsafe codes.withUnsafeBufferPointer { codes in
                unsafe absmax.withUnsafeBufferPointer { absmax in
                    guard let input = input.baseAddress, let codes = codes.baseAddress, let absmax = absmax.baseAddress
                    else { return }
                    unsafe withForm(type, dtype, blockSize) { form in
                        unsafe ingot_four_bit_measure(level.number, form, input, codes, absmax, count, &sums)
                    }
                }
            }
        }
        return ErrorSums(
            squaredError: sums.squared_error, squaredWeight: sums.squared_weight, product: sums.product,
            squaredDecoded: sums.squared_decoded, maximumError: sums.greatest_error, elementCount: count)
    }

    /// The C form of a four-bit format; its tables have 16 entries each.
    private func withForm(
        _ type: FourBitType, _ dtype: DType, _ blockSize: Int, _ body: (UnsafePointer<ingot_four_bit>) -> Void
    ) {
        // The sixteenth point only fills a register: nothing exceeds it.
        let values = type.values, points = type.decisionPoints + [2], codes = type.codesByRank
        precondition(values.count == 16 && points.count == 16 && codes.count == 16, "\(type) has 16 codes")
        unsafe values.withUnsafeBufferPointer { values in
            unsafe points.withUnsafeBufferPointer { points in
                unsafe codes.withUnsafeBufferPointer { codes in
                    guard let values = values.baseAddress, let points = points.baseAddress,
                        let codes = codes.baseAddress
                    else { return }
                    var form = unsafe ingot_four_bit(
                        type: type == .nf4 ? 0 : 1, dtype: Self.elementType(of: dtype), block_size: blockSize,
                        values: values, points: points, codes_by_rank: codes, zero_code: Int32(type.codeOfZero))
                    unsafe withUnsafePointer(to: &form) { unsafe body($0) }
                }
            }
        }
    }

    private static func elementType(of dtype: DType) -> Int32 {
        switch dtype {
        case .BF16: Int32(INGOT_BF16)
        case .F16: Int32(INGOT_F16)
        default: Int32(INGOT_F32)
        }
    }

    /// Adds `count` elements to the sums; all calls but the last bring whole rows of 32.
    func addStatistics(_ type: Int32, _ state: inout ingot_statistics, _ bytes: Span<UInt8>, count: Int) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let bytes = bytes.baseAddress else { return }
            unsafe ingot_statistics_update(level.number, type, &state, bytes, count)
        }
    }

    /// Adds how often each byte occurs to 256 counts.
    func addHistogram(_ counts: inout [UInt64], _ bytes: Span<UInt8>) {
        precondition(counts.count == 256, "a byte has 256 values, got \(counts.count) counts")
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe counts.withUnsafeMutableBufferPointer { counts in
                guard let first = bytes.baseAddress, let target = counts.baseAddress else { return }
                unsafe ingot_histogram(first, bytes.count, target)
            }
        }
    }
}
