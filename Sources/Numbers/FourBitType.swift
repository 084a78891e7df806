/// The 4-bit number formats of bitsandbytes: a weight is `values[code]` times the absmax of its block.
///
/// Two codes share a byte, the first one in its high half. Source: bitsandbytes 0.50.2,
/// `bitsandbytes/backends/utils.py` (`CODE`), in float32; the decisions are those of its CPU code, which its saved
/// files show.
package enum FourBitType: String, CaseIterable, Sendable {
    /// "Normal float": quantiles of the normal distribution with an exact zero (Dettmers et al., QLoRA, 2023).
    case nf4
    /// A sign, two bits of exponent and one of mantissa, divided by 12.
    case fp4

    /// The 16 values, by code. FP4 has zero twice, as codes 0 and 8; the stored map holds +0 for both.
    package var values: [Float] { self == .nf4 ? Self.nf4Values : Self.fp4Values }

    /// The 15 ascending points that decide: a weight's rank is how many of them its scaled value exceeds. Each is
    /// halfway between the values on its sides, in float32; FP4's point between its two zeros is 0.
    package var decisionPoints: [Float] { self == .nf4 ? Self.nf4Points : Self.fp4Points }

    /// The code of each rank. Of FP4's zeros, code 0 is the one for values up to 0, and code 8 the one for values
    /// above.
    package var codesByRank: [UInt8] {
        switch self {
        case .nf4: Array(0..<16)
        case .fp4: [11, 10, 13, 12, 15, 14, 9, 0, 8, 1, 6, 7, 4, 5, 2, 3]
        }
    }

    /// The code of zero, which pads an odd count and fills blocks that are all zero.
    package var codeOfZero: UInt8 { self == .nf4 ? 7 : 0 }

    private static let nf4Values: [Float] = [
        -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
        -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
        0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
    ]

    private static let fp4Values: [Float] =
        [0, 0.0625, 8, 12, 4, 6, 2, 3].map { $0 / 12 } + [0, -0.0625, -8, -12, -4, -6, -2, -3].map { $0 / 12 }

    private static let nf4Points = points(between: nf4.codesByRank, of: nf4Values)
    private static let fp4Points = points(between: fp4.codesByRank, of: fp4Values)

    private static func points(between codes: [UInt8], of values: [Float]) -> [Float] {
        zip(codes, codes.dropFirst()).map { (values[Int($0)] + values[Int($1)]) / 2 }
    }
}
