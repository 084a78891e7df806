import Foundation

/// How much worse one number is than another, and whether that may be chance.
struct ResultDifference: Equatable {
    /// Below 0 when it is better.
    let drop: Double
    /// Of the drop, both measurements taken as independent. Two models that answer the same questions differ by less
    /// chance than that, so that this rather says "no difference" than not.
    let standardError: Double?

    /// A difference that comes by chance more often than this is none.
    static let level = 0.05
    private static let quantile = 1.959963984540054  // of the normal distribution, for 95 %

    init(_ value: Double, against other: Double, higherIsBetter: Bool, errors: (Double?, Double?)) {
        drop = higherIsBetter ? other - value : value - other
        standardError =
            if let own = errors.0, let others = errors.1 { (own * own + others * others).squareRoot() } else { nil }
    }

    /// The drop in standard errors; nil without one, or where it is 0.
    var z: Double? {
        guard let standardError, standardError > 0 else { return nil }
        return drop / standardError
    }

    /// How likely so large a difference is by chance, by the normal distribution, two-sided.
    var p: Double? { z.map { erfc(abs($0) / 2.0.squareRoot()) } }

    /// The 95 % interval of the drop.
    var interval: ClosedRange<Double>? {
        guard let standardError else { return nil }
        return (drop - Self.quantile * standardError)...(drop + Self.quantile * standardError)
    }

    /// Whether the difference is none, or may well be chance.
    var isNone: Bool { drop == 0 || (p.map { $0 >= Self.level } ?? false) }

    /// `no difference`, `worse` or `better`.
    var finding: String { isNone ? "no difference" : drop > 0 ? "worse" : "better" }
}
