import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("GGUF schemes") struct GGUFSchemeTests {
    static func scheme(_ fileType: Int?, _ tensors: [(ElementType, [Int])]) throws -> String? {
        let metadata = GGUFMetadata(fileType.map { [("general.file_type", .uint32(UInt32($0)))] } ?? [])
        let descriptions = try tensors.enumerated().map { index, tensor in
            TensorDescription(
                name: "t\(index)", type: tensor.0, shape: try #require(Shape(tensor.1)), byteRange: 0..<0)
        }
        return GGUFScheme.name(metadata: metadata, tensors: descriptions)
    }

    @Test(
        "are named by what the file says, when its tensors bear it out",
        arguments: [
            (15, [(.block(.Q4_K), [8, 256]), (.block(.Q6_K), [8, 256]), (.plain(.F32), [8])], "gguf-q4_k_m"),
            (14 + 1024, [(.block(.Q4_K), [8, 256])], "gguf-q4_k_s"), (7, [(.block(.Q8_0), [8, 32])], "gguf-q8_0"),
            (1, [(.plain(.F16), [8, 32]), (.plain(.F32), [8])], "f16"), (0, [(.plain(.F32), [8, 32])], "f32"),
            (32, [(.plain(.BF16), [8, 32])], "bf16"),
            // Said falsely, not at all, or by a number that nobody knows.
            (15, [(.block(.Q8_0), [8, 256]), (.block(.Q6_K), [2, 256])], "gguf-q8_0"),
            (1, [(.plain(.F16), [800, 32]), (.block(.Q4_0), [8, 32])], "gguf-q4_0"),
            (nil, [(.plain(.F16), [8, 32]), (.plain(.F32), [9000])], "f16"),
            (999, [(.block(.IQ4_XS), [8, 256]), (.block(.Q5_K), [4, 256])], "gguf-iq4_xs"),
            (nil, [(.plain(.F32), [8])], "f32"), (nil, [], nil), (15, [], nil),
        ] as [(Int?, [(ElementType, [Int])], String?)])
    func names(fileType: Int?, tensors: [(ElementType, [Int])], expected: String?) throws {
        #expect(try Self.scheme(fileType, tensors) == expected)
    }

    @Test("know each file type by number and by name") func fileTypes() {
        #expect(GGUFFileType(number: 15)?.name == "q4_k_m")
        #expect(GGUFFileType(number: 15 | 1024) == GGUFFileType(name: "q4_k_m"))
        #expect(GGUFFileType(number: 28)?.base == .block(.IQ2_XS))
        #expect(GGUFFileType(number: 38)?.name == "mxfp4_moe")
        #expect((0..<42).compactMap(GGUFFileType.init(number:)).count == 36)
        #expect(GGUFFileType(number: 4) == nil)
        #expect(GGUFFileType(number: -1) == nil)
        #expect(GGUFFileType(name: "q4_k_x") == nil)
    }
}
