import Bytes
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

    func callSearch(
        _ type: FourBitType, _ dtype: DType, _ blockSize: Int, _ input: Span<UInt8>, _ importance: [Float],
        _ first: Int, _ count: Int, _ codes: inout MutableSpan<UInt8>, _ absmax: inout MutableSpan<Float>
    ) {
        unsafe input.withUnsafeBufferPointer { input in
            unsafe importance.withUnsafeBufferPointer { importance in
                unsafe codes.withUnsafeMutableBufferPointer { codes in
                    unsafe absmax.withUnsafeMutableBufferPointer { absmax in
                        guard let input = input.baseAddress, let codes = codes.baseAddress,
                            let absmax = absmax.baseAddress
                        else { return }
                        unsafe withForm(type, dtype, blockSize) { form in
                            unsafe ingot_four_bit_search(
                                level.number, form, input, importance.isEmpty ? nil : importance.baseAddress,
                                max(1, importance.count), first, count, codes, absmax)
                        }
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
        return ErrorSums(sums, elementCount: count)
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

    static func elementType(of dtype: DType) -> Int32 {
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

extension ErrorSums {
    /// The kernels' sums without those of importances.
    init(_ sums: ingot_errors, elementCount: Int) {
        self.init(
            squaredError: sums.squared_error, squaredWeight: sums.squared_weight, product: sums.product,
            squaredDecoded: sums.squared_decoded, maximumError: sums.greatest_error, elementCount: elementCount)
        zeroCount = Int(sums.zeros)
    }
}

extension ingot_statistics {
    /// Sums of nothing.
    static func started() -> Self {
        var state = Self()
        unsafe ingot_statistics_start(&state)
        return state
    }

    /// The sum and the sum of squares of all lanes, as differences from the pivot.
    var totals: (sum: Double, squares: Double) {
        var state = self
        var sum = 0.0, squares = 0.0
        unsafe ingot_statistics_totals(&state, &sum, &squares)
        return (sum, squares)
    }
}

/// SHA-256 over bytes that arrive in pieces, alone or beside another stream.
struct SHA256Stream: Sendable {
    private var state = ingot_sha256()

    init() { unsafe ingot_sha256_start(&state) }

    mutating func update(_ bytes: Span<UInt8>, _ isAccelerated: Bool) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let first = bytes.baseAddress else { return }
            unsafe ingot_sha256_update(isAccelerated ? 1 : 0, &state, first, bytes.count)
        }
    }

    /// Advances two streams, each over its own bytes; they may be the same.
    static func update(
        _ left: inout Self, _ leftBytes: Span<UInt8>, _ right: inout Self, _ rightBytes: Span<UInt8>,
        _ isAccelerated: Bool
    ) {
        unsafe leftBytes.withUnsafeBufferPointer { leftBytes in
            unsafe rightBytes.withUnsafeBufferPointer { rightBytes in
                guard let first = leftBytes.baseAddress, let second = rightBytes.baseAddress else { return }
                unsafe ingot_sha256_update_both(
                    isAccelerated ? 1 : 0, &left.state, first, leftBytes.count, &right.state, second,
                    rightBytes.count)
            }
        }
    }

    /// The digest of everything so far; the stream can go on.
    func digest(_ isAccelerated: Bool) -> Digest {
        var last = state
        var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
        unsafe ingot_sha256_finish(isAccelerated ? 1 : 0, &last, &bytes)
        return Digest(bytes: bytes.span)
    }
}

/// The code of the nearest of 256 values, for each of 65,536 steps of -1...1.
struct StepTable: Sendable {
    private let codes: [UInt8]

    init(midpoints: [Float]) {
        precondition(midpoints.count == 255, "256 values have 255 midpoints, got \(midpoints.count)")
        var codes = [UInt8](repeating: 0, count: Int(INGOT_STEPS))
        unsafe ingot_nearest_prepare(midpoints, &codes)
        self.codes = codes
    }

    func encode(_ values: [Float], scale: Float, into target: inout [UInt8], at start: Int) {
        unsafe target.withUnsafeMutableBufferPointer { target in
            guard let first = target.baseAddress else { return }
            unsafe ingot_nearest_of_256(codes, scale, values, values.count, first + start)
        }
    }
}
