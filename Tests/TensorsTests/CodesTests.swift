import Numbers
import Testing

@testable import Tensors

@Suite("Codes in groups") struct CodesTests {
    /// What the kernel must do, one element at a time.
    private static func reference(
        _ form: CodeForm, _ codes: [UInt8], _ scales: [Float], _ shifts: [Float], _ group: Int, _ count: Int
    ) -> [Float] {
        func rounded(_ value: Float) -> Float {
            switch form.dtype {
            case .F16: return Float(Float16(value))
            case .BF16:
                guard !value.isNaN else { return value }
                let bits = value.bitPattern + 0x7FFF + (value.bitPattern >> 16 & 1)
                return Float(bitPattern: bits & 0xFFFF_0000)
            default: return value
            }
        }
        return (0..<count).map { index in
            var code = 0
            for bit in 0..<form.bits {
                let place = index * form.bits + bit
                code |= Int(codes[place / 8] >> UInt8(place % 8) & 1) << bit
            }
            let value = form.values[code], scale = scales[index / group],
                shift = shifts.isEmpty ? 0 : shifts[index / group]
            switch form.order {
            case .shiftThenScale: return rounded((value - shift) * scale)
            case .scaleThenShift: return rounded(rounded(value * scale) + shift)
            }
        }
    }

    private static func decode(
        _ level: KernelLevel, _ form: CodeForm, _ codes: [UInt8], _ scales: [Float], _ shifts: [Float], _ group: Int,
        _ count: Int
    ) throws -> [Float] {
        var output = [Float](repeating: -1, count: count)
        var span = output.mutableSpan
        try Kernels(level: level).decodeCodes(
            form, codes: codes.span, scales: scales.span, shifts: shifts.span, groupSize: group, count: count,
            into: &span)
        return output
    }

    @Test(
        "become the numbers that the formula gives", arguments: KernelLevel.supported,
        [
            (1, 1), (1, 70), (16, 160), (16, 33), (32, 32), (32, 320), (64, 100), (128, 128), (48, 97), (7, 50),
            (200, 131),
        ])
    func formula(level: KernelLevel, lengths: (group: Int, count: Int)) throws {
        var generator = SeededGenerator(seed: UInt64(lengths.group * 1000 + lengths.count))
        let groups = (lengths.count + lengths.group - 1) / lengths.group
        for dtype in Kernels.fourBitSources {
            var forms = (1...8).flatMap { bits in
                [
                    CodeForm(bits: bits, offset: 1 << (bits - 1), dtype: dtype),
                    CodeForm(bits: bits, order: .scaleThenShift, dtype: dtype),
                ]
            }
            forms += [CodeForm(signedBytesAs: dtype), CodeForm(elements: .F4, dtype: dtype)]
            forms += [CodeForm(elements: .F8_E4M3, dtype: dtype), CodeForm(elements: .F8_E5M2, dtype: dtype)]
            for form in forms {
                // No byte is left over behind the codes: nothing may be read there.
                let codes = (0..<(lengths.count * form.bits + 7) / 8).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                let scales = (0..<groups).map { _ in Float.random(in: -2...2, using: &generator) }
                for hasShifts in [true, false] {
                    let shifts = hasShifts ? (0..<groups).map { _ in Float.random(in: -9...9, using: &generator) } : []
                    let found = try Self.decode(level, form, codes, scales, shifts, lengths.group, lengths.count)
                    let expected = Self.reference(form, codes, scales, shifts, lengths.group, lengths.count)
                    let different = found.indices.first {
                        found[$0].bitPattern != expected[$0].bitPattern && !(found[$0].isNaN && expected[$0].isNaN)
                    }
                    #expect(different == nil, "\(form.bits) bits, \(dtype), element \(different ?? 0)")
                }
            }
        }
    }

    @Test("keep the sign of zero, and what is not finite", arguments: KernelLevel.supported)
    func special(level: KernelLevel) throws {
        let form = CodeForm(elements: .F4, dtype: .BF16)
        let codes = [UInt8](repeating: 0x80, count: 16) + [UInt8](repeating: 0x72, count: 16)
        let found = try Self.decode(level, form, codes, [1, .infinity], [], 32, 64)
        #expect(found[0].sign == .plus && found[1].sign == .minus)
        #expect(found[0] == 0 && found[1] == 0)
        #expect(found[32] == .infinity && found[33] == .infinity)
        let nothing = try Self.decode(level, form, [0x10], [.infinity], [], 16, 2)
        #expect(nothing[0].isNaN && nothing[1] == .infinity)
        #expect(try Self.decode(level, form, [], [], [], 16, 0).isEmpty)
    }

    @Test("are turned from words of columns", arguments: [(1, 1), (3, 5), (33, 8), (40, 70), (64, 1)])
    func transposition(lengths: (rows: Int, columns: Int)) {
        let (rows, columns) = (lengths.rows, lengths.columns)
        let words = (0..<rows * columns).flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        let stride = rows + 3
        var output = [UInt8](repeating: 0xEE, count: columns * stride * 4)
        var span = output.mutableSpan
        Kernels().transposeWords(words.span, columns: columns, firstRow: 2, stride: stride, into: &span)
        for row in 0..<rows {
            for column in 0..<columns {
                let place = 4 * (column * stride + 2 + row), source = 4 * (row * columns + column)
                #expect(output[place..<place + 4].elementsEqual(words[source..<source + 4]))
            }
        }
        #expect(output.prefix(8).allSatisfy { $0 == 0xEE })
    }

    @Test("are gathered from AWQ's words", arguments: [1, 2, 5, 130])
    func awq(rows: Int) {
        var generator = SeededGenerator(seed: UInt64(rows))
        let words = (0..<rows * 3 * 4).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let stride = (rows + 1) / 2
        var output = [UInt8](repeating: 0, count: 24 * stride)
        var span = output.mutableSpan
        Kernels().gatherAWQ(words.span, wordsPerRow: 3, firstRow: 0, stride: stride, into: &span)
        let order = [0, 2, 4, 6, 1, 3, 5, 7]
        for row in 0..<rows {
            for word in 0..<3 {
                for nibble in 0..<8 {
                    let code = words[(row * 3 + word) * 4 + nibble / 2] >> (nibble % 2 == 0 ? 0 : 4) & 15
                    let place = (8 * word + order[nibble]) * stride + row / 2
                    #expect(output[place] >> (row % 2 == 0 ? 0 : 4) & 15 == code)
                }
            }
        }
    }

    @Test("widen and narrow keep every number that fits", arguments: KernelLevel.supported, [DType.BF16, .F16])
    func conversion(level: KernelLevel, dtype: DType) throws {
        let kernels = try Kernels(level: level)
        let bytes = (0..<65536).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        var floats = [Float](repeating: 0, count: 65536)
        var span = floats.mutableSpan
        kernels.widen(dtype, bytes.span, into: &span)
        var back = [UInt8](repeating: 0, count: bytes.count)
        var output = back.mutableSpan
        kernels.narrow(floats.span, to: dtype, into: &output)
        for code in 0..<65536 where !floats[code].isNaN {
            #expect(back[2 * code] == bytes[2 * code] && back[2 * code + 1] == bytes[2 * code + 1])
        }
        let expected = floats.indices.allSatisfy { code in
            let value =
                dtype == .F16
                ? Float(Float16(bitPattern: UInt16(code))) : Float(bitPattern: UInt32(code) << 16)
            return floats[code].bitPattern == value.bitPattern || floats[code].isNaN && value.isNaN
        }
        #expect(expected)
    }
}
