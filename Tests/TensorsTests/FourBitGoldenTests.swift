import Bytes
import Numbers
import Testing

@testable import Tensors

@Suite("Four-bit kernels against bitsandbytes") struct FourBitGoldenTests {
    /// One way that a golden tensor was quantized.
    struct Way: CustomStringConvertible {
        let tag: String
        let type: FourBitType
        let blockSize: Int
        let isNested: Bool
        var prefix: String { "\(tag)/\(type)_b\(blockSize)\(isNested ? "_dq" : "")/" }
        var description: String { prefix }
    }

    static let ways: [Way] = ((try? GoldenFile("bnb/bnb_4bit.safetensors"))?.names ?? []).compactMap { name in
        let parts = name.split(separator: "/")
        guard parts.count == 3, parts[2] == "packed" else { return nil }
        let form = parts[1].split(separator: "_")
        guard form.count >= 2, let type = FourBitType(rawValue: String(form[0])), let size = Int(form[1].dropFirst())
        else { return nil }
        return Way(tag: String(parts[0]), type: type, blockSize: size, isNested: form.count == 3)
    }

    /// In part of its code the library decodes FP4's second zero as -0; its stored map says +0.
    func positiveZeros(_ entry: GoldenFile.Entry) -> [UInt8] {
        entry.bytes.count % 4 == 0 ? entry.words.map { $0 == 0x8000_0000 ? 0 : $0 }.littleEndianBytes : entry.bytes
    }

    /// The library multiplies by a reciprocal that overflows there.
    static func isWrongInLibrary(_ way: Way) -> Bool { way.tag == "f32_denormal" }

    @Test("the goldens are there") func count() {
        #expect(Self.ways.count == 96)
        #expect(Self.ways.count(where: \.isNested) == 40)
    }

    @Test("the code tables are the library's, bit for bit") func tables() throws {
        let golden = try GoldenFile("bnb/bnb_4bit.safetensors")
        #expect(golden["common/nf4_quant_map"]?.words == FourBitType.nf4.values.bitPatterns)
        #expect(golden["common/fp4_quant_map"]?.words == FourBitType.fp4.values.bitPatterns)
        #expect(golden["common/nested_quant_map"]?.words == DynamicMap.values.bitPatterns)
    }

    @Test("codes, absmax and decoded weights are the library's, byte for byte", arguments: KernelLevel.supported)
    func plain(level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        let golden = try GoldenFile("bnb/bnb_4bit.safetensors")
        for way in Self.ways where !way.isNested && !Self.isWrongInLibrary(way) {
            let bits = golden["\(way.tag)/input_bits"]
            let dtype: DType = bits == nil ? .F32 : way.tag == "gauss_f16" ? .F16 : .BF16
            let form = FourBitReference(type: way.type, dtype: dtype, blockSize: way.blockSize)
            let input = try #require(bits ?? golden["\(way.tag)/input"]).bytes
            let (codes, absmax) = kernels.encoded(form, input)
            #expect(firstDifference(codes, golden[way.prefix + "packed"]?.bytes) == nil, "\(way)")
            #expect(absmax.bitPatterns == golden[way.prefix + "absmax"]?.words, "\(way)")
            let output = golden[way.prefix + (bits == nil ? "dequant" : "dequant_bits")]
            guard let output else {
                #expect(way.prefix == "gauss/nf4_b1024/", "only that one is left out")
                continue
            }
            let decoded = kernels.decoded(form, codes, absmax, count: input.count / form.width)
            #expect(firstDifference(decoded, positiveZeros(output)) == nil, "\(way)")
        }
    }

    @Test("nested absmax values are the library's, byte for byte", arguments: ways.filter(\.isNested))
    func nested(way: Way) throws {
        let golden = try GoldenFile("bnb/bnb_4bit.safetensors")
        let kernels = Kernels()
        let form = FourBitReference(type: way.type, dtype: .F32, blockSize: way.blockSize)
        let input = try #require(golden["\(way.tag)/input"]).bytes
        let (codes, absmax) = kernels.encoded(form, input)
        let nested = NestedAbsmax(quantizing: absmax)
        let offset = try #require(golden[way.prefix + "offset"]).words
        #expect([nested.offset.bitPattern] == offset)
        #expect(nested.scales.bitPatterns == golden[way.prefix + "nested_absmax"]?.words)
        guard !Self.isWrongInLibrary(way) else { return }
        #expect(nested.codes == golden[way.prefix + "absmax"]?.bytes)
        let output = kernels.decoded(form, codes, nested.decoded(), count: input.count / 4)
        #expect(try firstDifference(output, positiveZeros(#require(golden[way.prefix + "dequant"]))) == nil)
    }

    @Test("NaN and infinities give what the library gives", arguments: ["nan", "pinf", "ninf"], KernelLevel.supported)
    func nonfinite(tag: String, level: KernelLevel) throws {
        let golden = try GoldenFile("bnb/bnb_4bit_nonfinite.safetensors")
        let form = FourBitReference(type: .nf4, dtype: .F32, blockSize: 64)
        let (codes, absmax) = try Kernels(level: level).encoded(form, #require(golden["\(tag)/input_bits"]).bytes)
        #expect(codes == golden["\(tag)/nf4_b64/packed"]?.bytes)
        #expect(absmax.bitPatterns == golden["\(tag)/nf4_b64/absmax_bits"]?.floats.bitPatterns)
    }

    @Test("subnormal weights take the nearest values where the library does not", arguments: KernelLevel.supported)
    func subnormal(level: KernelLevel) throws {
        let golden = try GoldenFile("bnb/bnb_4bit.safetensors")
        let input = try #require(golden["f32_denormal/input"]).bytes
        for type in FourBitType.allCases {
            let form = FourBitReference(type: type, dtype: .F32, blockSize: 64)
            let (codes, absmax) = try Kernels(level: level).encoded(form, input)
            for (index, weight) in form.values(input).enumerated() {
                let code = codes[index / 2] >> (index % 2 == 0 ? 4 : 0) & 15
                let scaled = Double(weight) / Double(absmax[index / 64])
                let distance = abs(Double(type.values[Int(code)]) - scaled)
                let best = type.values.map { abs(Double($0) - scaled) }.min()
                // Decision points are rounded to six digits.
                #expect(try distance <= #require(best) + 1e-6, "weight \(index)")
            }
        }
    }

    /// The results for a generator's values are known by their SHA-256.
    @Test("the vectors of a generator are met", arguments: [64, 128])
    func vectors(blockSize: Int) throws {
        var scanner = JSONScanner(try GoldenFile.read("bnb/vectors.json"))
        let vectors = try scanner.takeValue()
        let expected = try #require(vectors["nf4_bs\(blockSize)"])
        var state: UInt64 = 1
        let weights = (0..<32768).map { _ in
            var sum = -Int64(1 << 25)
            for _ in 0..<4 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                sum += Int64(state >> 40)
            }
            return Float(Double(sum) / 16_777_216)
        }
        let form = FourBitReference(type: .nf4, dtype: .F32, blockSize: blockSize)
        let (codes, absmax) = Kernels().encoded(form, weights.bitPatterns.littleEndianBytes)
        #expect(Digest(of: codes).hex == expected["packed_sha256"]?.stringValue)
        #expect(
            Digest(of: absmax.bitPatterns.littleEndianBytes).hex == expected["absmax_sha256_f32le"]?.stringValue)
        guard blockSize == 64 else { return }
        let nested = NestedAbsmax(quantizing: absmax)
        let expectedNested = try #require(vectors["nf4_bs64_double_quant"])
        #expect(Digest(of: nested.codes).hex == expectedNested["absmax_u8_sha256"]?.stringValue)
        #expect(Double(nested.offset) == expectedNested["offset"]?.doubleValue)
        #expect(nested.scales.map(Double.init) == expectedNested["nested_absmax"]?.arrayValue?.map(\.doubleValue))
    }
}
