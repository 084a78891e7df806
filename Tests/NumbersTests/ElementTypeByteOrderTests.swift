import Numbers
import Testing

@Suite("The byte order of elements") struct ElementTypeByteOrderTests {
    static func reversed(_ type: ElementType, _ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var span = bytes.mutableSpan
        type.reverseByteOrder(of: &span)
        return bytes
    }

    @Test(
        "reverses each plain element, of complex ones each half",
        arguments: [
            (DType.U8, [1, 2, 3, 4, 5, 6, 7, 8]), (.BF16, [2, 1, 4, 3, 6, 5, 8, 7]), (.F32, [4, 3, 2, 1, 8, 7, 6, 5]),
            (.I64, [8, 7, 6, 5, 4, 3, 2, 1]), (.C64, [4, 3, 2, 1, 8, 7, 6, 5]),
        ] as [(DType, [UInt8])])
    func plain(dtype: DType, expected: [UInt8]) {
        #expect(Self.reversed(.plain(dtype), [1, 2, 3, 4, 5, 6, 7, 8]) == expected)
    }

    /// The bytes of a block that change places, by the structures of ggml-common.h.
    static let moved: [BlockType: [ClosedRange<Int>]] = [
        .Q4_0: [0...1], .Q4_1: [0...3], .Q5_0: [0...5], .Q5_1: [0...7], .Q8_0: [0...1], .Q8_1: [0...3],
        .Q2_K: [80...83], .Q3_K: [108...109], .Q4_K: [0...3], .Q5_K: [0...3], .Q6_K: [208...209],
        .Q8_K: [0...3, 260...291], .IQ2_XXS: [0...1] + (0..<8).map { 6 + 8 * $0...9 + 8 * $0 }, .IQ2_XS: [0...65],
        .IQ2_S: [0...1], .IQ3_XXS: [0...1, 66...97], .IQ3_S: [0...1], .IQ1_S: [0...1, 34...49], .IQ1_M: [48...55],
        .IQ4_NL: [0...1], .IQ4_XS: [0...3], .TQ1_0: [52...53], .TQ2_0: [64...65], .MXFP4: [], .NVFP4: [],
        .Q1_0: [0...1],
        .Q2_0: [0...1],
    ]

    @Test("reverses the words of each block, and nothing else", arguments: BlockType.allCases)
    func blocks(type: BlockType) throws {
        let bytes = (0..<3 * type.byteCount).map { UInt8(truncatingIfNeeded: $0 % type.byteCount) }
        // Words of two bytes have neighbors that differ in one bit, so no word may look the same reversed.
        let unlike = bytes.indices.map { UInt8(truncatingIfNeeded: $0 % type.byteCount * 37 + 11) }
        let result = Self.reversed(.block(type), unlike)
        let places = try #require(Self.moved[type]).flatMap { Array($0) }
        let changed = (0..<type.byteCount).filter { result[$0] != unlike[$0] }
        #expect(changed == places, "\(bytes.count)")
        #expect(Array(result.prefix(type.byteCount)) == Array(result.suffix(type.byteCount)))
        #expect(Self.reversed(.block(type), result) == unlike)
    }

    @Test("reverses words by their widths: Q5_0 has a half and a word of bits") func widths() {
        let block = (0..<22).map { UInt8($0) }
        #expect(Array(Self.reversed(.block(.Q5_0), block).prefix(8)) == [1, 0, 5, 4, 3, 2, 6, 7])
    }
}
