import Testing

@testable import Transforms

@Suite("MXFP4 packing") struct MXFP4PackingTests {
    /// Codes drawn from a seed, with every scale byte and -0 (code 8) among them.
    private static func drawn(groups: Int, seed: UInt64) -> (codes: [UInt8], scales: [UInt8]) {
        var generator = SeededGenerator(seed: seed)
        let codes = (0..<groups * 16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return (codes, (0..<groups).map { UInt8(truncatingIfNeeded: $0) })
    }

    private static func blocks(_ codes: [UInt8], _ scales: [UInt8]) -> [UInt8] {
        var blocks = [UInt8](repeating: 0xEE, count: scales.count * 17)
        var span = blocks.mutableSpan
        MXFP4Packing.pack(codes: codes.span, scales: scales.span, into: &span)
        return blocks
    }

    /// The layouts as the format pages have them, one code at a time.
    @Test("puts code j and code j + 16 of a group into byte j, behind the scale", arguments: 0..<UInt64(4))
    func pack(seed: UInt64) {
        let (codes, scales) = Self.drawn(groups: 256, seed: seed)
        let blocks = Self.blocks(codes, scales)
        func code(_ group: Int, _ index: Int) -> UInt8 { codes[group * 16 + index / 2] >> (index % 2 * 4) & 15 }
        for group in scales.indices {
            #expect(blocks[group * 17] == scales[group])
            for byte in 0..<16 {
                #expect(blocks[group * 17 + 1 + byte] == code(group, byte) | code(group, byte + 16) << 4)
            }
        }
    }

    @Test("gives back the same codes and scales", arguments: [0, 1, 7, 256])
    func roundTrip(groups: Int) {
        let (codes, scales) = Self.drawn(groups: groups, seed: 5)
        let blocks = Self.blocks(codes, scales)
        var codesBack = [UInt8](repeating: 0, count: codes.count)
        var scalesBack = [UInt8](repeating: 0, count: scales.count)
        var codeSpan = codesBack.mutableSpan
        MXFP4Packing.codes(of: blocks.span, into: &codeSpan)
        var scaleSpan = scalesBack.mutableSpan
        MXFP4Packing.scales(of: blocks.span, into: &scaleSpan)
        #expect(codesBack == codes)
        #expect(scalesBack == scales)
    }

    @Test("writes the block that llama.cpp's converter writes of a group")
    func known() {
        // Codes 0, 1, 2 … 15, 15, 14 … 0: the bytes were checked against conversion/gpt_oss.py, `repack_mxfp4`.
        let codes: [UInt8] = [
            0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE, 0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01,
        ]
        let expected: [UInt8] = [
            0x7F, 0xF0, 0xE1, 0xD2, 0xC3, 0xB4, 0xA5, 0x96, 0x87, 0x78, 0x69, 0x5A, 0x4B, 0x3C, 0x2D, 0x1E, 0x0F,
        ]
        #expect(Self.blocks(codes, [0x7F]) == expected)
    }
}
