/// The element type of a stored tensor, named as safetensors names it.
///
/// Source: huggingface/safetensors, `safetensors/src/tensor.rs`, enum `Dtype`; the order of the cases is the order in
/// which the reference writer ranks them, narrowest first. Types that safetensors lacks, and other formats have, are
/// named in the same manner.
public enum DType: String, CaseIterable, Hashable, Sendable {
    case BOOL
    case F4, F6_E2M3, F6_E3M2
    case U8, I8
    case F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ
    case I16, U16, F16, BF16
    case I32, U32, F32
    case C64, F64, I64, U64
    /// Not in safetensors: two 4-bit integers a byte, the first in the low half; pairs of doubles.
    case I4, U4, C128

    /// The bits of one element; a tensor's bytes are elements × bits ÷ 8.
    public var bitCount: Int {
        switch self {
        case .F4, .I4, .U4: 4
        case .F6_E2M3, .F6_E3M2: 6
        case .BOOL, .U8, .I8, .F8_E5M2, .F8_E4M3, .F8_E8M0, .F8_E4M3FNUZ, .F8_E5M2FNUZ: 8
        case .I16, .U16, .F16, .BF16: 16
        case .I32, .U32, .F32: 32
        case .C64, .F64, .I64, .U64: 64
        case .C128: 128
        }
    }

    /// Whether the elements are real numbers with a fraction: the ones that a transform may quantize or cast.
    public var isFloatingPoint: Bool {
        switch self {
        case .F4, .F6_E2M3, .F6_E3M2, .F8_E5M2, .F8_E4M3, .F8_E8M0, .F8_E4M3FNUZ, .F8_E5M2FNUZ, .F16, .BF16, .F32,
            .F64:
            true
        case .BOOL, .U8, .I8, .I16, .U16, .I32, .U32, .I64, .U64, .C64, .I4, .U4,
            .C128:
            false
        }
    }

    /// Whether a safetensors file can hold it.
    public var isInSafetensors: Bool {
        switch self {
        case .I4, .U4, .C128: false
        default: true
        }
    }

    /// The bytes of what another byte order reverses: one element, or each half of a complex one.
    package var scalarByteCount: Int {
        switch self {
        case .C64: 4
        case .C128: 8
        default: max(1, bitCount / 8)
        }
    }

    /// The position in the reference writer's order; its files hold higher ranks first.
    public var rank: Int { Self.ranks[self] ?? 0 }

    private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}
