import CKernels
import Numbers

// As in KernelCalls.swift: the caller has checked the lengths, and no pointer leaves its closure.

extension Kernels {
    func callDecodeCodes(
        _ form: CodeForm, _ codes: Span<UInt8>, _ scales: Span<Float>, _ shifts: Span<Float>, _ groupSize: Int,
        _ count: Int, _ output: inout MutableSpan<Float>
    ) {
        let values = form.values
        unsafe values.withUnsafeBufferPointer { values in
            unsafe codes.withUnsafeBufferPointer { codes in
                unsafe scales.withUnsafeBufferPointer { scales in
                    unsafe shifts.withUnsafeBufferPointer { shifts in
                        unsafe output.withUnsafeMutableBufferPointer { output in
                            guard let values = values.baseAddress, let codes = codes.baseAddress,
                                let scales = scales.baseAddress, let output = output.baseAddress
                            else { return }
                            var held = unsafe ingot_codes(
                                bits: Int32(form.bits), dtype: Self.elementType(of: form.dtype),
                                shifts_last: form.order == .scaleThenShift ? 1 : 0,
                                is_linear: form.line == nil ? 0 : 1, flip: form.line?.flip ?? 0,
                                offset: form.line?.offset ?? 0, group_size: groupSize, values: values)
                            unsafe ingot_codes_decode(
                                level.number, &held, codes, scales, shifts.isEmpty ? nil : shifts.baseAddress, count,
                                output)
                        }
                    }
                }
            }
        }
    }

    func callWiden(_ dtype: DType, _ bytes: Span<UInt8>, _ output: inout MutableSpan<Float>) {
        var counts = ingot_cast_counts()
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe output.withUnsafeMutableBytes { output in
                guard let first = bytes.baseAddress, let target = output.baseAddress else { return }
                unsafe ingot_cast(
                    level.number, Self.elementType(of: dtype), Int32(INGOT_F32), 0, first, output.count / 4, target,
                    &counts)
            }
        }
    }

    func callNarrow(_ dtype: DType, _ numbers: Span<Float>, _ output: inout MutableSpan<UInt8>) {
        var counts = ingot_cast_counts()
        unsafe numbers.withUnsafeBytes { numbers in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let first = numbers.baseAddress, let target = output.baseAddress else { return }
                unsafe ingot_cast(
                    level.number, Int32(INGOT_F32), Self.elementType(of: dtype), 0, first, numbers.count / 4, target,
                    &counts)
            }
        }
    }

    func callTransposeWords(
        _ words: Span<UInt8>, _ rows: Int, _ columns: Int, _ firstRow: Int, _ stride: Int,
        _ output: inout MutableSpan<UInt8>
    ) {
        unsafe words.withUnsafeBufferPointer { words in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let first = words.baseAddress, let target = output.baseAddress else { return }
                unsafe ingot_transpose_words(first, rows, columns, target + 4 * firstRow, stride)
            }
        }
    }

    func callGatherAWQ(
        _ words: Span<UInt8>, _ rows: Int, _ wordsPerRow: Int, _ firstByte: Int, _ stride: Int,
        _ output: inout MutableSpan<UInt8>
    ) {
        unsafe words.withUnsafeBufferPointer { words in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let first = words.baseAddress, let target = output.baseAddress else { return }
                unsafe ingot_gather_awq(first, rows, wordsPerRow, target + firstByte, stride)
            }
        }
    }
}
