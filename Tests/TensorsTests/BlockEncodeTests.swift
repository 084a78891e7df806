import Bytes
import Numbers
import Testing

@testable import Tensors

@Suite("Q8_0, encoded") struct BlockEncodeTests {
    static func encoded(_ weights: [UInt8], _ kernels: Kernels) -> (blocks: [UInt8], specials: Int) {
        var blocks = [UInt8](repeating: 0xA5, count: weights.count / 128 * 34)
        var span = blocks.mutableSpan
        let specials = kernels.encodeQ8_0(weights.span, into: &span)
        return (blocks, specials)
    }

    @Test("is what ggml makes of every golden input", arguments: KernelLevel.supported)
    func golden(level: KernelLevel) throws {
        let file = try BlockDecodeTests.file.get(), kernels = try Kernels(level: level)
        let inputs = file.names.filter { $0.hasSuffix("/input") }
        #expect(inputs.count == 17)
        for name in inputs {
            let tag = name.dropLast("/input".count)
            let result = Self.encoded(try #require(file[name]).bytes, kernels)
            #expect(firstDifference(result.blocks, file["\(tag)/Q8_0/blocks"]?.bytes) == nil, "\(name)")
            #expect(result.specials == 0, "\(name)")
        }
    }

    /// The generator of the conformance vectors: the sum of four steps, minus 2^25, over 2^24.
    static func generated(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            var sum: UInt64 = 0
            for _ in 0..<4 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                sum += state >> 40
            }
            return Float((Double(sum) - 0x1p25) / 0x1p24)
        }
    }

    @Test("is what ggml makes of a row of 4,096, and of hard rows") func vectors() {
        let outlier = Self.generated(256, seed: 5).enumerated().map { $0.offset == 17 ? 100 : $0.element }
        let rows: [([Float], String)] = [
            (Self.generated(4096, seed: 1), "aeaaba09fd649b70a133982d530675c41daabc6a46f2132acc99268b2acf1cbd"),
            (outlier, "3c1635be310e92ab3e55e8b3e18b97a2053bfd02d4a237200b3add1ecc1f9831"),
            (
                Self.generated(256, seed: 9).map { $0 * 1e-6 },
                "a0bf73693b587c43f188fbf8146a0fdc946422ba9b2dbf7789f7a2b1e11fd090"
            ),
            (
                (0..<256).map { (Float($0) - 128) / 128 },
                "15fd34a4b2b4dfd93b0305405ca0e4de40df560b65e1456d71c76131407d1697"
            ),
            (
                [Float](repeating: 0, count: 256),
                "e4d879a3407de578f579dfab4366fcea75a6649c683d9efe4f056f6505437574"
            ),
        ]
        for (weights, digest) in rows {
            let blocks = Self.encoded(LittleEndianFloats.encode(weights), Kernels()).blocks
            #expect(Digest(of: blocks).hex == digest)
        }
    }

    @Test(
        "counts blocks whose scale cannot be held, and gives them codes of zero", arguments: KernelLevel.supported)
    func special(level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        func row(_ weight: Float) -> [UInt8] {
            LittleEndianFloats.encode((0..<32).map { $0 == 20 ? weight : Float($0) / 32 })
        }
        let result = Self.encoded(row(.nan) + row(-.infinity) + row(1) + row(1e8), kernels)
        #expect(result.specials == 3)
        #expect(Array(result.blocks[0..<2]) == [0x00, 0x7E])
        #expect(Array(result.blocks[34..<36]) == [0x00, 0x7C])
        #expect(result.blocks[2..<34].allSatisfy { $0 == 0 })
        #expect(result.blocks[36..<68].allSatisfy { $0 == 0 })
        #expect(Array(result.blocks[102..<104]) == [0x00, 0x7C])
    }
}
