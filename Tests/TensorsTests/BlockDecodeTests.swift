import Bytes
import Numbers
import Testing

@testable import Tensors

extension Kernels {
    /// The weights' bits. The target is filled first, so that a weight that is not written shows.
    func decoded(_ type: BlockType, _ blocks: [UInt8]) -> [UInt32] {
        var weights = [Float](repeating: 12345, count: blocks.count / type.byteCount * type.elementCount)
        var span = weights.mutableSpan
        decodeBlocks(type, blocks.span, into: &span)
        return weights.map(\.bitPattern)
    }
}

@Suite("Blocks of ggml, decoded") struct BlockDecodeTests {
    /// One tensor that ggml quantized: its input, its type, and whether importances were given.
    struct Golden: CustomStringConvertible {
        let name: String
        let type: BlockType
        var description: String { name }
    }

    static let file = Result { try GoldenFile("ggml_blocks/ggml_blocks.safetensors") }

    static let goldens: [Golden] = ((try? file.get())?.names ?? []).compactMap { name in
        let parts = name.split(separator: "/")
        guard parts.count == 3, parts[2] == "blocks" else { return nil }
        let suffix = "_imatrix"
        let type = parts[1].hasSuffix(suffix) ? parts[1].dropLast(suffix.count) : parts[1]
        return BlockType(rawValue: String(type)).map { Golden(name: "\(parts[0])/\(parts[1])", type: $0) }
    }

    static func digests() throws -> JSONObject {
        try #require(try JSONValue(parsing: GoldenFile.read("ggml_blocks/dequant.json")).objectValue)
    }

    @Test("the goldens hold every type that files have") func coverage() {
        #expect(Self.goldens.count == 298)
        #expect(Set(Self.goldens.map(\.type)) == Set(BlockType.allCases).subtracting([.Q8_1, .Q8_K]))
    }

    @Test("give ggml's weights, bit for bit", arguments: KernelLevel.supported)
    func golden(level: KernelLevel) throws {
        let file = try Self.file.get(), digests = try Self.digests(), kernels = try Kernels(level: level)
        for golden in Self.goldens {
            let blocks = try #require(file[golden.name + "/blocks"]).bytes
            let weights = kernels.decoded(golden.type, blocks)
            #expect(Digest(of: weights.littleEndianBytes).hex == digests[golden.name]?.stringValue, "\(golden)")
        }
    }

    @Test("give the same bits at every level, whatever the bytes are", arguments: BlockType.allCases)
    func levels(type: BlockType) throws {
        var random = SeededGenerator(seed: UInt64(type.ggmlID))
        let blocks = (0..<type.byteCount * 300).map { _ in UInt8.random(in: 0...255, using: &random) }
        let expected = try Kernels(level: .portable).decoded(type, blocks)
        for level in KernelLevel.supported {
            #expect(try Kernels(level: level).decoded(type, blocks) == expected, "\(level)")
        }
    }

    @Test("are the same in bytes as in floats", arguments: BlockType.allCases) func bytes(type: BlockType) {
        let blocks = (0..<type.byteCount * 5).map { UInt8(truncatingIfNeeded: $0 * 31) }
        var output = [UInt8](repeating: 0xA5, count: 5 * type.elementCount * 4)
        var span = output.mutableSpan
        Kernels().decodeBlocks(type, blocks.span, into: &span)
        #expect(output == Kernels().decoded(type, blocks).littleEndianBytes)
    }

    @Test("of no blocks are no weights", arguments: BlockType.allCases) func empty(type: BlockType) {
        #expect(Kernels().decoded(type, []) == [])
    }

    /// 300 blocks of 32 with a known scale and the codes -150 ..., which the goldens lack.
    @Test("of the intermediate types are scale times code") func intermediate() {
        let codes = (0..<256).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        let weights = codes.map { (Float(Int8(bitPattern: $0)) * 0.75).bitPattern }
        let q8k = [Float(0.75).bitPattern].littleEndianBytes + codes + [UInt8](repeating: 9, count: 32)
        #expect(Kernels().decoded(.Q8_K, q8k) == weights)
        let q81 = Float16(0.75).bitPattern
        let block = [q81, 0xFFFF].littleEndianBytes + codes.prefix(32)
        #expect(Kernels().decoded(.Q8_1, block) == Array(weights.prefix(32)))
    }

    @Test("with an infinite scale and zero codes are one NaN at every level", arguments: KernelLevel.supported)
    func specialScales(level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        let infinity: [UInt8] = [0x00, 0x7C], nan: [UInt8] = [0x01, 0xFE], zeros = [UInt8](repeating: 0, count: 32)
        #expect(Set(kernels.decoded(.Q8_0, infinity + zeros)) == [0xFFC0_0000])
        #expect(Set(kernels.decoded(.Q8_0, nan + zeros)) == [0xFFC0_0000])
        // Two NaNs meet; which one stays differs between machines.
        #expect(Set(kernels.decoded(.Q4_1, nan + infinity + zeros.prefix(16))) == [0xFFC0_0000])
        #expect(
            kernels.decoded(.Q8_0, infinity + [1, 0xFF] + zeros.prefix(30)).prefix(2) == [0x7F80_0000, 0xFF80_0000])
    }

    @Test("of subnormal scales are exact") func subnormal() {
        let block: [UInt8] = [0x01, 0x00] + [UInt8](repeating: 1, count: 32)
        #expect(Kernels().decoded(.Q8_0, block).allSatisfy { Float(bitPattern: $0) == 0x1p-24 })
        // E8M0: codes 0 and 1 stand for 2^-127 and 2^-126, halved because the values of E2M1 are doubled.
        let codes = [UInt8](repeating: 0x22, count: 16)
        #expect(Kernels().decoded(.MXFP4, [0] + codes).allSatisfy { Float(bitPattern: $0) == 0x1p-127 })
        #expect(Kernels().decoded(.MXFP4, [1] + codes).allSatisfy { Float(bitPattern: $0) == 0x1p-126 })
    }
}
