/// The ggml types that hold several weights in one block of bytes, with scales among the codes.
///
/// Source: ggml, `ggml.h`, enum `ggml_type`, and `ggml-common.h`.
public enum BlockType: String, CaseIterable, Hashable, Sendable {
    case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_1
    case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K
    case IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ4_NL, IQ3_S, IQ2_S, IQ4_XS, IQ1_M
    case TQ1_0, TQ2_0
    case MXFP4, NVFP4
    case Q1_0, Q2_0

    /// The weights of one block.
    public var elementCount: Int { layout.elements }
    /// The bytes of one block.
    public var byteCount: Int { layout.bytes }
    /// The number that stands for the type in a GGUF file.
    package var ggmlID: UInt32 { layout.id }

    /// The type of this number in a GGUF file; nil for plain, retired and unknown ones.
    package init?(ggmlID: UInt32) {
        guard let type = Self.allCases.first(where: { $0.ggmlID == ggmlID }) else { return nil }
        self = type
    }

    private var layout: (id: UInt32, elements: Int, bytes: Int) {
        switch self {
        case .Q4_0: (2, 32, 18)
        case .Q4_1: (3, 32, 20)
        case .Q5_0: (6, 32, 22)
        case .Q5_1: (7, 32, 24)
        case .Q8_0: (8, 32, 34)
        case .Q8_1: (9, 32, 36)
        case .Q2_K: (10, 256, 84)
        case .Q3_K: (11, 256, 110)
        case .Q4_K: (12, 256, 144)
        case .Q5_K: (13, 256, 176)
        case .Q6_K: (14, 256, 210)
        case .Q8_K: (15, 256, 292)
        case .IQ2_XXS: (16, 256, 66)
        case .IQ2_XS: (17, 256, 74)
        case .IQ3_XXS: (18, 256, 98)
        case .IQ1_S: (19, 256, 50)
        case .IQ4_NL: (20, 32, 18)
        case .IQ3_S: (21, 256, 110)
        case .IQ2_S: (22, 256, 82)
        case .IQ4_XS: (23, 256, 136)
        case .IQ1_M: (29, 256, 56)
        case .TQ1_0: (34, 256, 54)
        case .TQ2_0: (35, 256, 66)
        case .MXFP4: (39, 32, 17)
        case .NVFP4: (40, 64, 36)
        case .Q1_0: (41, 128, 18)
        case .Q2_0: (42, 64, 18)
        }
    }
}
