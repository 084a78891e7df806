import Numbers
import Testing

@testable import Tensors

@Suite("Casts") struct CastTests {
    static func cast(
        _ kernels: Kernels, _ from: DType, _ to: DType, _ input: [UInt8], _ overflow: CastOverflow = .toInfinity
    ) -> (bytes: [UInt8], counts: CastCounts) {
        var output = [UInt8](repeating: 0xA5, count: input.count / (from.bitCount / 8) * (to.bitCount / 8))
        var span = output.mutableSpan
        let counts = kernels.cast(from: from, to: to, input: input.span, into: &span, overflow: overflow)
        return (output, counts)
    }

    static func words(_ bytes: [UInt8], _ dtype: DType) -> [UInt32] {
        let width = dtype.bitCount / 8
        return stride(from: 0, to: bytes.count, by: width).map { start in
            (0..<width).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
        }
    }

    /// One pattern for every NaN of a type: libraries differ in its sign and payload.
    static func unified(_ word: UInt32, _ dtype: DType) -> UInt32 {
        let (signless, infinity): (UInt32, UInt32) =
            switch dtype {
            case .BF16: (0x7FFF, 0x7F80)
            case .F16: (0x7FFF, 0x7C00)
            case .F8_E4M3: (0x7F, 0x7E)
            case .F8_E5M2: (0x7F, 0x7C)
            default: (0x7FFF_FFFF, 0x7F80_0000)
            }
        return word & signless > infinity ? infinity + 1 : word
    }

    @Test(
        "round as torch does, over 16,263 hard numbers",
        arguments: [
            (DType.BF16, "bf16", CastCounts(overflow: 4, underflow: 2, subnormal: 33, nan: 20, infinity: 2)),
            (.F16, "f16", CastCounts(overflow: 4143, underflow: 3603, subnormal: 602, nan: 20, infinity: 2)),
            (
                .F8_E4M3, "f8_e4m3fn",
                CastCounts(overflow: 5877, underflow: 5193, subnormal: 1054, nan: 20, infinity: 2)
            ),
            (.F8_E5M2, "f8_e5m2", CastCounts(overflow: 4171, underflow: 3894, subnormal: 270, nan: 20, infinity: 2)),
        ])
    func golden(dtype: DType, name: String, counts: CastCounts) throws {
        let file = try GoldenFile("floats/casts.safetensors")
        let input = try #require(file["input_bits"]).bytes
        let expected = Self.words(try #require(file[name]).bytes, dtype).map { Self.unified($0, dtype) }
        for level in KernelLevel.supported {
            let result = Self.cast(try Kernels(level: level), .F32, dtype, input)
            let found = Self.words(result.bytes, dtype).map { Self.unified($0, dtype) }
            let wrong = found.indices.filter { found[$0] != expected[$0] }
            #expect(wrong.isEmpty, "\(level): \(wrong.prefix(3))")
            #expect(result.counts == counts, "\(level)")
        }
    }

    @Test("widen every code exactly", arguments: [DType.F8_E4M3, .F8_E5M2, .F16, .BF16])
    func widening(dtype: DType) throws {
        let width = dtype.bitCount / 8
        let codes: [UInt8] = width == 1 ? Array(0...255) : (0...UInt16.max).map(\.self).littleEndianBytes
        let expected: [Float] =
            switch dtype {
            case .F16: (0...UInt16.max).map { Float(Float16(bitPattern: $0)) }
            case .BF16: (0...UInt16.max).map { Float(bitPattern: UInt32($0) << 16) }
            default: try #require(dtype.codeValues).map(Float.init)
            }
        for level in KernelLevel.supported {
            let result = Self.cast(try Kernels(level: level), dtype, .F32, codes)
            let found = Self.words(result.bytes, .F32).map { Self.unified($0, .F32) }
            #expect(found == expected.map { Self.unified($0.bitPattern, .F32) }, "\(level)")
            #expect(result.counts.nan == expected.count(where: \.isNaN))
            #expect(result.counts.infinity == expected.count(where: \.isInfinite))
            #expect(result.counts.subnormal == expected.count(where: \.isSubnormal))
            #expect(result.counts.overflow == 0 && result.counts.underflow == 0)
        }
    }

    @Test("round F16 as Swift's own conversion does, over every BF16") func brainsToHalves() {
        let result = Self.cast(Kernels(), .BF16, .F16, (0...UInt16.max).map(\.self).littleEndianBytes)
        let values = (0...UInt16.max).map { Float(bitPattern: UInt32($0) << 16) }
        let expected = values.map { Self.unified(UInt32(Float16($0).bitPattern), .F16) }
        #expect(Self.words(result.bytes, .F16).map { Self.unified($0, .F16) } == expected)
        let halves = values.map(Float16.init)
        let counts = CastCounts(
            overflow: zip(values, halves).count { $0.isFinite && $1.isInfinite },
            underflow: zip(values, halves).count { $0 != 0 && $1 == 0 },
            subnormal: halves.count(where: \.isSubnormal), nan: values.count(where: \.isNaN), infinity: 2)
        #expect(result.counts == counts)
    }

    @Test("give the same bytes and counts at every level, for every length", arguments: Kernels.castTypes)
    func levels(from: DType) throws {
        var random = SeededGenerator(seed: 7)
        for to in Kernels.castTypes {
            for count in [0, 1, 31, 32, 33, 1000] {
                let input = (0..<count * from.bitCount / 8).map { _ in UInt8.random(in: 0...255, using: &random) }
                for overflow in [CastOverflow.toInfinity, .toGreatest] {
                    let expected = Self.cast(try Kernels(level: .portable), from, to, input, overflow)
                    for level in KernelLevel.supported {
                        let result = Self.cast(try Kernels(level: level), from, to, input, overflow)
                        #expect(result == expected, "\(level) \(from) \(to) \(count)")
                    }
                }
            }
        }
    }

    @Test("to the same type keep every bit", arguments: Kernels.castTypes)
    func same(dtype: DType) {
        var random = SeededGenerator(seed: 8)
        let input = (0..<4 * 4099).map { _ in UInt8.random(in: 0...255, using: &random) }
        let result = Self.cast(Kernels(), dtype, dtype, input)
        #expect(result.bytes == input)
        #expect(result.counts.overflow == 0 && result.counts.underflow == 0)
        #expect(result.counts.nan > 0 || dtype == .F32)
    }

    @Test("saturate what is finite, and only that") func saturation() {
        let input = LittleEndianFloats.encode([1e30, -1e30, .infinity, -.infinity, 65519, 65520, 1])
        let halves = Self.cast(Kernels(), .F32, .F16, input, .toGreatest)
        #expect(Self.words(halves.bytes, .F16) == [0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7BFF, 0x7BFF, 0x3C00])
        #expect(halves.counts == CastCounts(overflow: 3, infinity: 2))
        let bytes = Self.cast(Kernels(), .F32, .F8_E5M2, input, .toGreatest)
        #expect(bytes.bytes == [0x7B, 0xFB, 0x7C, 0xFC, 0x7B, 0x7B, 0x3C])
        let brains = Self.cast(
            Kernels(), .F32, .BF16, [UInt32(0x7F7F_FFFF), 0xFF7F_8000].littleEndianBytes, .toGreatest)
        #expect(Self.words(brains.bytes, .BF16) == [0x7F7F, 0xFF7F])
        #expect(brains.counts.overflow == 2)
    }

    @Test("add up over pieces") func sums() {
        var counts = CastCounts(overflow: 1, underflow: 2, subnormal: 3, nan: 4, infinity: 5)
        counts += CastCounts(overflow: 10, underflow: 20, subnormal: 30, nan: 40, infinity: 50)
        #expect(counts == CastCounts(overflow: 11, underflow: 22, subnormal: 33, nan: 44, infinity: 55))
    }
}
