import CKernels
import Numbers

// As in KernelCalls.swift: the caller has checked the lengths, and no pointer leaves its closure.

extension Kernels {
    func callEncodeGroups(
        _ form: GroupForm, _ weights: Span<Float>, _ columns: Int, _ importance: [Float],
        _ codes: inout MutableSpan<UInt8>, _ scales: inout MutableSpan<Float>, _ shifts: inout MutableSpan<Float>
    ) -> Int {
        var held = Self.held(form, columns)
        return unsafe weights.withUnsafeBufferPointer { weights in
            unsafe importance.withUnsafeBufferPointer { importance in
                unsafe codes.withUnsafeMutableBufferPointer { codes in
                    unsafe scales.withUnsafeMutableBufferPointer { scales in
                        unsafe shifts.withUnsafeMutableBufferPointer { shifts in
                            guard let first = weights.baseAddress, let codes = codes.baseAddress,
                                let scales = scales.baseAddress, let shifts = shifts.baseAddress
                            else { return 0 }
                            return unsafe Int(
                                ingot_groups_encode(
                                    level.number, &held, first, importance.isEmpty ? nil : importance.baseAddress,
                                    weights.count, codes, scales, shifts))
                        }
                    }
                }
            }
        }
    }

    func callRanges(
        _ weights: Span<Float>, _ columns: Int, _ groupSize: Int, _ lows: inout MutableSpan<Float>,
        _ highs: inout MutableSpan<Float>
    ) {
        unsafe weights.withUnsafeBufferPointer { weights in
            unsafe lows.withUnsafeMutableBufferPointer { lows in
                unsafe highs.withUnsafeMutableBufferPointer { highs in
                    guard let first = weights.baseAddress, let lows = lows.baseAddress, let highs = highs.baseAddress
                    else { return }
                    unsafe ingot_groups_range(level.number, first, columns, groupSize, weights.count, lows, highs)
                }
            }
        }
    }

    func callEncodeGroup(
        _ form: GroupForm, _ weights: Span<Float>, _ scale: Float, _ shift: Float, _ codes: inout MutableSpan<UInt8>
    ) -> Int {
        var held = Self.held(form, weights.count)
        return unsafe weights.withUnsafeBufferPointer { weights in
            unsafe codes.withUnsafeMutableBufferPointer { codes in
                guard let first = weights.baseAddress, let codes = codes.baseAddress else { return 0 }
                return unsafe Int(
                    ingot_groups_encode_with(level.number, &held, first, weights.count, scale, shift, codes))
            }
        }
    }

    func callPackCodes(_ codes: Span<UInt8>, _ bits: Int, _ bytes: inout MutableSpan<UInt8>) {
        unsafe codes.withUnsafeBufferPointer { codes in
            unsafe bytes.withUnsafeMutableBufferPointer { bytes in
                guard let first = codes.baseAddress, let bytes = bytes.baseAddress else { return }
                unsafe ingot_codes_pack(level.number, Int32(bits), first, codes.count, bytes)
            }
        }
    }

    func callPackAWQ(_ codes: Span<UInt8>, _ words: inout MutableSpan<UInt8>) {
        unsafe codes.withUnsafeBufferPointer { codes in
            unsafe words.withUnsafeMutableBufferPointer { words in
                guard let first = codes.baseAddress, let words = words.baseAddress else { return }
                unsafe ingot_codes_pack_awq(level.number, first, codes.count / 8, words)
            }
        }
    }

    func callEncodeMicroscaled(
        _ form: MicroscaledForm, _ weights: Span<Float>, _ columns: Int, _ importance: [Float],
        _ codes: inout MutableSpan<UInt8>, _ scales: inout MutableSpan<UInt8>
    ) -> Int {
        var held = ingot_microscaled()
        held.element = Self.smallType(of: form.element)
        held.is_even = form.manner == .evenTies ? 1 : 0
        held.searches = form.searches ? 1 : 0
        held.columns = columns
        held.group_size = form.groupSize
        held.divisor = 1
        held.dtype = Int32(INGOT_F32)
        switch form.scale {
        case .exponent(let rule):
            held.has_exponents = 1
            held.rule = rule
        case .e4m3: break
        case .e4m3Divided(let divisor, let dtype):
            held.divisor = divisor
            held.dtype = Self.elementType(of: dtype)
        }
        return unsafe weights.withUnsafeBufferPointer { weights in
            unsafe importance.withUnsafeBufferPointer { importance in
                unsafe codes.withUnsafeMutableBufferPointer { codes in
                    unsafe scales.withUnsafeMutableBufferPointer { scales in
                        guard let first = weights.baseAddress, let codes = codes.baseAddress,
                            let scales = scales.baseAddress
                        else { return 0 }
                        return unsafe Int(
                            ingot_microscaled_encode(
                                level.number, &held, first, importance.isEmpty ? nil : importance.baseAddress,
                                weights.count, codes, scales))
                    }
                }
            }
        }
    }

    func callEncodeFloats(
        _ element: DType, _ dtype: DType?, _ weights: Span<Float>, _ run: Int, _ scales: Span<Float>,
        _ codes: inout MutableSpan<UInt8>
    ) -> Int {
        unsafe weights.withUnsafeBufferPointer { weights in
            unsafe scales.withUnsafeBufferPointer { scales in
                unsafe codes.withUnsafeMutableBufferPointer { codes in
                    guard let first = weights.baseAddress, let scales = scales.baseAddress,
                        let codes = codes.baseAddress
                    else { return 0 }
                    return unsafe Int(
                        ingot_floats_encode(
                            level.number, Self.smallType(of: element), Self.elementType(of: dtype ?? .F32),
                            dtype == nil ? 0 : 1, first, weights.count, run, scales, codes))
                }
            }
        }
    }

    func callAddFloatErrors(
        _ element: DType, _ scaleDtype: DType, _ dtype: DType, _ weights: Span<Float>, _ importance: [Float],
        _ run: Int, _ scales: Span<Float>, _ shares: [Float], _ errors: inout [Double]
    ) {
        unsafe weights.withUnsafeBufferPointer { weights in
            unsafe importance.withUnsafeBufferPointer { importance in
                unsafe scales.withUnsafeBufferPointer { scales in
                    guard let first = weights.baseAddress, let scales = scales.baseAddress else { return }
                    unsafe ingot_floats_try(
                        level.number, Self.smallType(of: element), Self.elementType(of: scaleDtype),
                        Self.elementType(of: dtype), first, importance.isEmpty ? nil : importance.baseAddress,
                        weights.count, run, scales, shares, &errors)
                }
            }
        }
    }

    private static func held(_ form: GroupForm, _ columns: Int) -> ingot_groups {
        ingot_groups(
            rule: form.rule.rawValue, bits: Int32(form.bits), dtype: elementType(of: form.dtype),
            is_symmetric: form.isSymmetric ? 1 : 0, is_unsigned: form.isUnsigned ? 1 : 0,
            least_zero: Int32(form.leastZero), searches: form.searches ? 1 : 0, columns: columns,
            group_size: form.groupSize)
    }

    private static func smallType(of element: DType) -> Int32 {
        switch element {
        case .F4: Int32(INGOT_F4)
        case .F8_E5M2: Int32(INGOT_F8_E5M2)
        default: Int32(INGOT_F8_E4M3)
        }
    }
}
