import Bytes
import Numbers
import Testing

@testable import Tensors

extension Kernels {
    /// The blocks of rows. The target is filled first, so that a byte that is not written shows.
    func encoded(
        _ type: BlockType, _ weights: [Float], columns: Int, importance: [Float] = [],
        quality: EncoderQuality = .reference, rule: E8M0Rule = .floor
    ) -> (blocks: [UInt8], counts: BlockEncodeCounts) {
        var blocks = [UInt8](repeating: 0xA5, count: weights.count / type.elementCount * type.byteCount)
        var span = blocks.mutableSpan
        let counts = encodeBlocks(
            type, quality: quality, rule: rule, rows: weights.span, columns: columns, importance: importance,
            into: &span)
        return (blocks, counts)
    }
}

@Suite("Blocks of ggml, encoded") struct BlockEncodeTests {
    static let goldens = BlockDecodeTests.goldens.filter { Kernels.encodedBlocks.contains($0.type) }

    @Test("the goldens hold every type that is made, with importances and without") func coverage() {
        #expect(Self.goldens.count == 291)
        let weighted = Self.goldens.filter { $0.name.hasSuffix("_imatrix") }
        #expect(Set(weighted.map(\.type)) == Set(Kernels.encodedBlocks))
        #expect(Set(Self.goldens.map(\.type)) == Set(Kernels.encodedBlocks))
    }

    @Test("are what ggml makes of every golden input", arguments: KernelLevel.supported)
    func golden(level: KernelLevel) throws {
        let file = try BlockDecodeTests.file.get(), kernels = try Kernels(level: level)
        let importance = try #require(try GoldenFile("ggml_blocks/importances.safetensors")["imatrix_512"]).floats
        for golden in Self.goldens {
            let tag = golden.name.prefix { $0 != "/" }
            let weights = try #require(file["\(tag)/input"]).floats
            let columns = tag.hasPrefix("cols") ? try #require(Int(tag.dropFirst(4))) : tag == "gauss" ? 512 : 256
            let isWeighted = golden.name.hasSuffix("_imatrix")
            let result = kernels.encoded(
                golden.type, weights, columns: columns, importance: isWeighted ? importance : [])
            #expect(firstDifference(result.blocks, file[golden.name + "/blocks"]?.bytes) == nil, "\(golden)")
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

    /// What `encoded.json` has digests of.
    static let vectors: [(name: String, weights: [Float], importance: [Float])] = [
        ("row", generated(4096, seed: 1), []),
        ("row with importances", generated(4096, seed: 1), generated(4096, seed: 7).map { abs($0) + 0.01 }),
        ("zero", [Float](repeating: 0, count: 256), []),
        ("const_half", [Float](repeating: 0.5, count: 256), []),
        ("negative_only", generated(256, seed: 3).map { -abs($0) - 0.125 }, []),
        ("outlier_100_at_17", generated(256, seed: 5).enumerated().map { $0.offset == 17 ? 100 : $0.element }, []),
        ("tiny_1e_minus6", generated(256, seed: 9).map { $0 * 1e-6 }, []),
        ("ramp", (0..<256).map { (Float($0) - 128) / 128 }, []),
    ]

    @Test("are what ggml makes of rows of 4,096, and of hard rows", arguments: KernelLevel.supported)
    func vectors(level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        let digests = try JSONValue(parsing: GoldenFile.read("ggml_blocks/encoded.json")).objectValue
        for type in Kernels.encodedBlocks {
            let expected = try #require(digests?[type.rawValue]?.objectValue)
            for vector in Self.vectors {
                // Types that ignore importances have one digest of the row.
                let digest = expected[vector.name] ?? expected["row"]
                let result = kernels.encoded(
                    type, vector.weights, columns: vector.weights.count, importance: vector.importance)
                #expect(Digest(of: result.blocks).hex == digest?.stringValue, "\(type) \(vector.name)")
                #expect(result.counts.firstSpecial == nil, "\(type) \(vector.name)")
            }
        }
    }

    @Test("count those whose weights or scale cannot be held, and name the first", arguments: KernelLevel.supported)
    func special(level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        for type in Kernels.encodedBlocks {
            let count = type.elementCount
            var weights = [Float](repeating: 1, count: count * 40)
            weights[count * 21] = .nan
            weights[count * 23 - 1] = -.infinity
            weights[count * 39 + 1] = 3e38
            let counts = kernels.encoded(type, weights, columns: count * 8).counts
            // E8M0 holds every float's exponent; E4M3 ends at 448, which ggml takes for whatever is greater.
            #expect(counts.specialCount == (type == .MXFP4 || type == .NVFP4 ? 2 : 3), "\(type)")
            #expect(counts.firstSpecial == 21, "\(type)")
        }
    }

    @Test("of no rows are no bytes", arguments: Kernels.encodedBlocks) func empty(type: BlockType) {
        let result = Kernels().encoded(type, [], columns: type.elementCount)
        #expect(result.blocks == [])
        #expect(result.counts == BlockEncodeCounts(specialCount: 0, firstSpecial: nil, clippedCount: 0))
    }

    @Test("are the same from bytes as from floats", arguments: Kernels.encodedBlocks) func bytes(type: BlockType) {
        let weights = Self.generated(type.elementCount * 37, seed: 4), bytes = LittleEndianFloats.encode(weights)
        var blocks = [UInt8](repeating: 0xA5, count: 37 * type.byteCount)
        var span = blocks.mutableSpan
        let counts = Kernels().encodeBlocks(type, bytes.span, into: &span)
        #expect(counts.specialCount == 0)
        #expect(blocks == Kernels().encoded(type, weights, columns: weights.count).blocks)
    }

    @Test("count weights that are clipped") func clipped() {
        // Codes -8 ... 7 with the greatest magnitude at -8: the same number with the other sign has no code.
        let weights = (0..<32).map { $0 == 3 ? Float(-8) : $0 == 4 ? 8 : 0.1 }
        #expect(Kernels().encoded(.Q4_0, weights, columns: 32).counts.clippedCount == 1)
        #expect(Kernels().encoded(.Q8_0, weights, columns: 32).counts.clippedCount == 0)
        // 7.9 is beyond 6 and nearer to 8 than to 6, in units of the scale that the rule `floor` gives.
        let wide = (0..<32).map { $0 == 3 ? Float(7.9) : 0.5 }
        #expect(Kernels().encoded(.MXFP4, wide, columns: 32).counts.clippedCount == 1)
        #expect(Kernels().encoded(.MXFP4, wide, columns: 32, rule: .ceil).counts.clippedCount == 0)
    }

    /// The scale's byte for a block that holds one number: 127 stands for elements of up to 6.
    @Test(
        "of MXFP4 have the scale that the rule tells",
        arguments: [
            (Float(4), [127, 126, 127, 127]), (5.9, [127, 127, 127, 127]), (6, [127, 127, 127, 127]),
            (6.5, [127, 127, 128, 127]), (7, [127, 127, 128, 128]), (8, [128, 127, 128, 128]),
            (8.6, [128, 128, 128, 128]),
        ] as [(Float, [UInt8])])
    func rules(greatest: Float, expected: [UInt8]) {
        let weights = (0..<32).map { $0 == 9 ? -greatest : 0 }
        let found = [E8M0Rule.floor, .nearest, .ceil, .bump].map {
            Kernels().encoded(.MXFP4, weights, columns: 32, rule: $0).blocks[0]
        }
        #expect(found == expected)
    }
}
