import CKernels

// As in KernelCalls.swift: the caller has checked the lengths, and no pointer leaves its closure.

extension Kernels {
    func callRange(_ words: Span<UInt8>, _ form: PlaneForm) -> ClosedRange<UInt64> {
        var range: [UInt64] = [0, 0]
        unsafe words.withUnsafeBufferPointer { words in
            unsafe range.withUnsafeMutableBufferPointer { range in
                guard let first = words.baseAddress, let range = range.baseAddress else { return }
                unsafe ingot_planes_range(
                    level.number, Int32(form.width), first, words.count / form.width, form.isTurned ? 1 : 0, range)
            }
        }
        return range[0]...max(range[0], range[1])
    }

    func callSplit(_ words: Span<UInt8>, _ form: PlaneForm, _ planes: inout [UInt8]) {
        unsafe withPointers(words, &planes, 0) { from, to in
            unsafe ingot_planes_split(
                level.number, Int32(form.width), from, words.count / form.width, form.isTurned ? 1 : 0, form.base,
                Int32(form.shift), to)
        }
    }

    func callJoin(_ planes: [UInt8], _ form: PlaneForm, _ byteCount: Int, _ words: inout [UInt8], _ offset: Int) {
        unsafe withPointers(planes.span, &words, offset) { from, to in
            unsafe ingot_planes_join(
                level.number, Int32(form.width), from, byteCount / form.width, form.isTurned ? 1 : 0, form.base,
                Int32(form.shift), to)
        }
    }

    func callPack(_ bytes: Span<UInt8>, _ shift: Int, _ output: inout [UInt8], _ offset: Int) {
        unsafe withPointers(bytes, &output, offset) { from, to in
            unsafe ingot_planes_pack(level.number, Int32(shift), from, bytes.count, to)
        }
    }

    func callUnpack(_ packed: Span<UInt8>, _ shift: Int, _ count: Int, _ output: inout [UInt8], _ offset: Int) {
        unsafe withPointers(packed, &output, offset) { from, to in
            unsafe ingot_planes_unpack(level.number, Int32(shift), from, count, to)
        }
    }

    func callDifference(
        _ words: Span<UInt8>, _ bases: Span<UInt8>, _ kind: Difference, _ width: Int, _ output: inout [UInt8]
    ) {
        unsafe bases.withUnsafeBufferPointer { others in
            unsafe withPointers(words, &output, 0) { from, to in
                guard let others = others.baseAddress else { return }
                unsafe ingot_words_difference(
                    level.number, Int32(width), from, others, words.count / width, kind == .subtraction ? 1 : 0, to)
            }
        }
    }

    func callAdd(_ bases: Span<UInt8>, _ kind: Difference, _ width: Int, _ words: inout [UInt8], _ offset: Int) {
        unsafe withPointers(bases, &words, offset) { from, to in
            unsafe ingot_words_sum(
                level.number, Int32(width), from, bases.count / width, kind == .subtraction ? 1 : 0, to)
        }
    }

    func callZeroCount(_ words: Span<UInt8>, _ width: Int) -> Int {
        unsafe words.withUnsafeBufferPointer { words in
            guard let first = words.baseAddress else { return 0 }
            return unsafe ingot_words_zeros(level.number, Int32(width), first, words.count / width)
        }
    }

    func callGather(_ words: Span<UInt8>, _ width: Int, _ bitmap: inout [UInt8], _ kept: inout [UInt8]) -> Int {
        unsafe bitmap.withUnsafeMutableBufferPointer { bits in
            unsafe withPointers(words, &kept, 0) { from, to in
                guard let bits = bits.baseAddress else { return 0 }
                return unsafe ingot_words_gather(level.number, Int32(width), from, words.count / width, bits, to)
            } ?? 0
        }
    }

    func callScatter(
        _ bitmap: Span<UInt8>, _ kept: Span<UInt8>, _ width: Int, _ count: Int, _ words: inout [UInt8], _ offset: Int
    ) {
        unsafe kept.withUnsafeBufferPointer { kept in
            unsafe withPointers(bitmap, &words, offset) { bits, to in
                guard let kept = kept.baseAddress else { return }
                unsafe ingot_words_scatter(level.number, Int32(width), bits, kept, count, to)
            }
        }
    }

    func callEncodePrefix(_ bytes: Span<UInt8>, _ output: inout [UInt8], _ offset: Int, _ limit: Int) -> Int {
        unsafe withPointers(bytes, &output, offset) { from, to in
            unsafe ingot_prefix_encode(level.number, from, bytes.count, to, limit)
        } ?? 0
    }

    func callDecodePrefix(_ coded: Span<UInt8>, _ count: Int, _ output: inout [UInt8], _ offset: Int) -> Bool {
        unsafe withPointers(coded, &output, offset) { from, to in
            unsafe ingot_prefix_decode(level.number, from, coded.count, to, count) != 0
        } ?? false
    }

    static func callPrefixEstimate(_ bytes: Span<UInt8>) -> Int {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let first = bytes.baseAddress else { return 0 }
            return Int(unsafe ingot_prefix_estimate(first, bytes.count))
        }
    }

    static func callChecksum(_ bytes: Span<UInt8>) -> UInt64 {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            var none: UInt8 = 0
            guard let first = bytes.baseAddress else { return unsafe ingot_xxh64(&none, 0) }
            return unsafe ingot_xxh64(first, bytes.count)
        }
    }

    /// The input and the place of the output; nil when there is nothing of one of them.
    @discardableResult
    private func withPointers<Result>(
        _ input: Span<UInt8>, _ output: inout [UInt8], _ offset: Int,
        _ body: (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Result
    ) -> Result? {
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let input = input.baseAddress, let output = output.baseAddress else { return nil }
                return unsafe body(input, output + offset)
            }
        }
    }
}
