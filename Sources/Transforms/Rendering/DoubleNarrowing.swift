import Tensors

/// Turns float64 into float32, which all further casts begin with.
struct DoubleNarrowing {
    /// What happened to the numbers so far; nothing is counted where another rounding follows, which counts itself.
    private(set) var counts = CastCounts()
    private let overflow: CastOverflow
    private let isFinal: Bool

    /// - Parameters:
    ///   - overflow: what becomes of finite numbers that float32 cannot hold.
    ///   - isFinal: whether the float32 is the result. If not, it is rounded to odd, so that rounding it again to a
    ///     type of at most 22 digits gives the number nearest to the float64, as if there were one step.
    ///     Source: Boldo and Melquiond, "When double rounding is odd", 2005.
    init(overflow: CastOverflow, isFinal: Bool) {
        self.overflow = overflow
        self.isFinal = isFinal
    }

    mutating func callAsFunction(_ value: Double) -> Float {
        isFinal ? rounded(value) : Self.roundedToOdd(value)
    }

    private mutating func rounded(_ value: Double) -> Float {
        let float = Float(value)
        if value.isNaN {
            counts.nan += 1
        } else if value.isInfinite {
            counts.infinity += 1
        } else if float.isInfinite {
            counts.overflow += 1
            if case .toGreatest = overflow { return value < 0 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude }
        } else if float == 0, value != 0 {
            counts.underflow += 1
        } else if float.isSubnormal {
            counts.subnormal += 1
        }
        return float
    }

    /// The float32 next to `value` on the side of zero, its last bit set where digits are lost.
    private static func roundedToOdd(_ value: Double) -> Float {
        let float = Float(value)
        guard value.isFinite, Double(float) != value else { return float }
        let isBeyond = Double(float).magnitude > value.magnitude
        return Float(bitPattern: (isBeyond ? float.bitPattern - 1 : float.bitPattern) | 1)
    }
}
