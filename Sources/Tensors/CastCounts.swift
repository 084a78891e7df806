/// What happened to the elements of a tensor that was cast to another floating-point type.
package struct CastCounts: Codable, Hashable, Sendable {
    /// Finite elements beyond the greatest finite number of the new type.
    package var overflow = 0
    /// Elements that were not zero and are now.
    package var underflow = 0
    /// Elements that are subnormal numbers of the new type; part of their digits may be gone.
    package var subnormal = 0
    /// Elements that were NaN, and still are.
    package var nan = 0
    /// Elements that were infinite. They still are, but F8_E4M3 has no infinity: 448 stands for it.
    package var infinity = 0

    package init(overflow: Int = 0, underflow: Int = 0, subnormal: Int = 0, nan: Int = 0, infinity: Int = 0) {
        self.overflow = overflow
        self.underflow = underflow
        self.subnormal = subnormal
        self.nan = nan
        self.infinity = infinity
    }

    /// Adds the counts of another part of the tensor.
    package static func += (left: inout Self, right: Self) {
        left.overflow += right.overflow
        left.underflow += right.underflow
        left.subnormal += right.subnormal
        left.nan += right.nan
        left.infinity += right.infinity
    }
}

/// What a cast makes of a finite number that is too large for the new type.
package enum CastOverflow: Sendable {
    /// An infinity, where the type has one.
    case toInfinity
    /// The greatest finite number, with the sign kept.
    case toGreatest
}
