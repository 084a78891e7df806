/// The 4-bit number formats of bitsandbytes: a weight is `values[code]` times the absmax of its block.
///
/// Two codes share a byte, the first one in its high half. Source: bitsandbytes 0.50.2, `csrc/cpu_ops.cpp` and
/// `csrc/kernels.cu` (`dDequantizeNF4`, `dQuantizeNF4`, `dQuantizeFP4`); the numbers are float32.
package enum FourBitType: String, CaseIterable, Sendable {
    /// "Normal float": quantiles of the normal distribution with an exact zero (Dettmers et al., QLoRA, 2023).
    case nf4
    /// A sign, two bits of exponent and one of mantissa, divided by 12.
    case fp4

    /// The 16 values, by code. FP4's second zero, code 8, is stored as +0.
    package var values: [Float] {
        switch self {
        case .nf4: Self.nf4Values
        case .fp4: Self.fp4Values
        }
    }

    /// The ascending points between which codes are decided, by "greater than": 15 on the scaled weight for NF4, 7 on
    /// its magnitude for FP4.
    package var decisionPoints: [Float] {
        switch self {
        case .nf4: Self.nf4Points
        case .fp4: Self.fp4Points
        }
    }

    /// The code for each count of decision points that are exceeded; FP4 then adds 8 to the codes of negative weights.
    package var codesByRank: [UInt8] {
        switch self {
        case .nf4: Array(0..<16)
        case .fp4: [0, 1, 6, 7, 4, 5, 2, 3]
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

    private static let nf4Points: [Float] = [
        -0.8480964004993439, -0.6106329262256622, -0.4599952697753906, -0.33967943489551544, -0.23460740596055984,
        -0.13791173323988914, -0.045525018125772476, 0.03979014977812767, 0.1202552504837513, 0.2035212516784668,
        0.2920137718319893, 0.3893125355243683, 0.5016634166240692, 0.6427869200706482, 0.8614784181118011,
    ]

    private static let fp4Points: [Float] = [
        0.00260417, 0.0859375, 0.20833333, 0.29166667, 0.4166667, 0.583333, 0.8333333,
    ]
}
