import Numbers

/// How far decoded weights d are from the weights w that they stand for, as sums that can be added.
package struct ErrorSums: Codable, Equatable, Sendable {
    /// Σ (w − d)²
    package var squaredError = 0.0
    /// Σ w²
    package var squaredWeight = 0.0
    /// Σ w · d
    package var product = 0.0
    /// Σ d²
    package var squaredDecoded = 0.0
    /// The greatest |w − d|.
    package var maximumError = 0.0
    /// The weights counted.
    package var elementCount = 0
    /// Weights that are not zero, but decode to zero.
    package var zeroCount = 0
    /// Weights beyond the range of their block's codes, which took the code at its end.
    package var clippedCount = 0
    /// Σ h (w − d)², where h is the importance of the weight's column; nil without importances.
    package var weightedError: Double?
    /// Σ h w²; nil without importances.
    package var weightedWeight: Double?

    package init() {}

    package init(
        squaredError: Double, squaredWeight: Double, product: Double, squaredDecoded: Double, maximumError: Double,
        elementCount: Int
    ) {
        self.squaredError = squaredError
        self.squaredWeight = squaredWeight
        self.product = product
        self.squaredDecoded = squaredDecoded
        self.maximumError = maximumError
        self.elementCount = elementCount
    }

    /// Adds the sums of the next piece; the order of pieces decides the last digits.
    package static func += (sums: inout Self, next: Self) {
        sums.squaredError += next.squaredError
        sums.squaredWeight += next.squaredWeight
        sums.product += next.product
        sums.squaredDecoded += next.squaredDecoded
        // A NaN is taken, and stays: no comparison with it is true.
        if next.maximumError > sums.maximumError || next.maximumError.isNaN { sums.maximumError = next.maximumError }
        sums.elementCount += next.elementCount
        sums.zeroCount += next.zeroCount
        sums.clippedCount += next.clippedCount
        sums.weightedError = sum(sums.weightedError, next.weightedError)
        sums.weightedWeight = sum(sums.weightedWeight, next.weightedWeight)
    }

    private static func sum(_ sum: Double?, _ next: Double?) -> Double? {
        guard let next else { return sum }
        return (sum ?? 0) + next
    }

    /// √(Σ h err² ÷ Σ h w²); nil without importances, and when it is not finite.
    package var weightedRelativeRMSE: Double? {
        guard let weightedError, let weightedWeight else { return nil }
        return weightedError == 0 ? 0 : Self.finite((weightedError / weightedWeight).squareRoot())
    }

    /// √(Σ err² ÷ Σ w²): 0 without any error; nil when there are errors but no weight differs from zero, or when a
    /// value was not finite.
    package var relativeRMSE: Double? {
        if squaredError == 0 { return 0 }
        return Self.finite((squaredError / squaredWeight).squareRoot())
    }

    /// Σ w·d ÷ √(Σ w² · Σ d²): 1 without any error; nil when one side is all zero, or a value was not finite.
    package var cosine: Double? {
        if squaredError == 0 { return 1 }
        guard let cosine = Self.finite(product / (squaredWeight.squareRoot() * squaredDecoded.squareRoot())) else {
            return nil
        }
        return min(1, max(-1, cosine))
    }

    /// 10 · log10(Σ w² ÷ Σ err²), in decibels; nil without any error, without any weight, or when a value was not
    /// finite.
    package var signalToNoise: Double? {
        guard squaredError > 0, squaredWeight > 0 else { return nil }
        return Self.finite(10 * decimalLogarithm(squaredWeight / squaredError))
    }

    private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
