/// A whole number, 0 or more, that notices when it grows beyond 64 bits: so that formulas can be written as formulas, and
/// are checked once, at their end.
package struct Count: ExpressibleByIntegerLiteral, Equatable, Sendable {
    /// Nil once a step went beyond 64 bits.
    private let number: Int?

    package init(_ number: Int) { self.number = number }
    package init(integerLiteral number: Int) { self.number = number }
    private init(optional number: Int?) { self.number = number }

    package static func + (left: Self, right: Self) -> Self {
        left.combined(right) { $0.addingReportingOverflow($1) }
    }

    package static func * (left: Self, right: Self) -> Self {
        left.combined(right) { $0.multipliedReportingOverflow(by: $1) }
    }

    /// The quotient, rounded up: what the largest of `parts` shares holds.
    package func shared(by parts: Int) -> Self {
        precondition(parts > 0, "a share of \(parts) parts")
        return Self(optional: number.map { $0 / parts + ($0 % parts == 0 ? 0 : 1) })
    }

    /// The number.
    /// - Parameter what: what is counted, for the error.
    /// - Throws: `PlanError` when it does not fit 64 bits.
    package func value(of what: String) throws(PlanError) -> Int {
        guard let number else {
            throw PlanError("\(what) is more than \(Int.max)", remedy: "Check the sizes: no model or batch is as large")
        }
        return number
    }

    private func combined(_ other: Self, _ step: (Int, Int) -> (partialValue: Int, overflow: Bool)) -> Self {
        guard let left = number, let right = other.number else { return Self(optional: nil) }
        let (result, overflows) = step(left, right)
        return Self(optional: overflows ? nil : result)
    }
}

/// A ratio of whole numbers: bytes of a parameter, a coefficient.
package struct Ratio: Equatable, Sendable, ExpressibleByIntegerLiteral {
    package let numerator: Int
    package let denominator: Int

    package init(_ numerator: Int, over denominator: Int) {
        precondition(numerator >= 0 && denominator > 0, "\(numerator)/\(denominator) is no ratio")
        self.numerator = numerator
        self.denominator = denominator
    }

    package init(integerLiteral number: Int) { self.init(number, over: 1) }

    package static func + (left: Self, right: Self) -> Self {
        left.denominator == right.denominator
            ? Self(left.numerator + right.numerator, over: left.denominator)
            : Self(
                left.numerator * right.denominator + right.numerator * left.denominator,
                over: left.denominator * right.denominator)
    }

    /// `count` times the ratio, rounded up.
    package static func * (left: Self, count: Count) -> Count {
        (Count(left.numerator) * count).shared(by: left.denominator)
    }

    package var value: Double { Double(numerator) / Double(denominator) }
}
