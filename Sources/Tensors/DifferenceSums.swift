/// How the numbers of one tensor differ from those of another, as sums that can be added.
///
/// A pair counts in the sums when both of its numbers are finite; the others are counted.
package struct DifferenceSums: Equatable, Sendable {
    /// Σ (second − first)²
    package var squaredError = 0.0
    /// Σ first²
    package var squaredFirst = 0.0
    /// Σ second²
    package var squaredSecond = 0.0
    /// Σ first · second
    package var product = 0.0
    /// Σ first
    package var sumFirst = 0.0
    /// Σ second
    package var sumSecond = 0.0
    /// The greatest |second − first|.
    package var greatest = 0.0
    /// The first pair that differs so much, counted from the first of all.
    package var greatestPlace = 0
    /// Finite pairs that are not equal; 0 and -0 are.
    package var differentCount = 0
    /// Pairs of which one number is NaN or infinite.
    package var specialCount = 0
    /// Of those, pairs that are neither both NaN nor the same infinity.
    package var unlikeCount = 0
    /// All pairs.
    package var elementCount = 0

    package init() {}

    /// Adds what comes behind; the order decides the last digits.
    package static func += (sums: inout Self, next: Self) {
        if next.greatest > sums.greatest {
            sums.greatest = next.greatest
            sums.greatestPlace = sums.elementCount + next.greatestPlace
        }
        sums.squaredError += next.squaredError
        sums.squaredFirst += next.squaredFirst
        sums.squaredSecond += next.squaredSecond
        sums.product += next.product
        sums.sumFirst += next.sumFirst
        sums.sumSecond += next.sumSecond
        sums.differentCount += next.differentCount
        sums.specialCount += next.specialCount
        sums.unlikeCount += next.unlikeCount
        sums.elementCount += next.elementCount
    }

    /// Adds one pair.
    package mutating func add(_ first: Double, _ second: Double) {
        defer { elementCount += 1 }
        guard first.isFinite, second.isFinite else {
            specialCount += 1
            if first != second, !(first.isNaN && second.isNaN) { unlikeCount += 1 }
            return
        }
        let error = second - first
        if first != second { differentCount += 1 }
        squaredError += error * error
        squaredFirst += first * first
        squaredSecond += second * second
        product += first * second
        sumFirst += first
        sumSecond += second
        guard abs(error) > greatest else { return }
        greatest = abs(error)
        greatestPlace = elementCount
    }

    /// Whether no pair differs.
    package var isSame: Bool { differentCount == 0 && unlikeCount == 0 }

    /// √(Σ (second − first)² ÷ Σ first²): 0 without any error; nil when the first is zero and the second is not.
    package var relativeRMSE: Double? {
        squaredError == 0 ? 0 : Self.finite((squaredError / squaredFirst).squareRoot())
    }

    /// The cosine of the angle between both as vectors; nil when one of them is zero, and 1 when they are equal.
    package var cosine: Double? {
        if squaredError == 0 { return 1 }
        return Self.share(product, squaredFirst, squaredSecond)
    }

    /// The cosine with the means taken off (Pearson's correlation), so that numbers around 1, as norms have them, do
    /// not look alike; nil when one side is constant.
    package var correlation: Double? {
        let count = Double(elementCount - specialCount)
        guard count > 1 else { return nil }
        let (first, second) = (sumFirst / count, sumSecond / count)
        return Self.share(
            product - count * first * second, squaredFirst - count * first * first,
            squaredSecond - count * second * second)
    }

    private static func share(_ product: Double, _ first: Double, _ second: Double) -> Double? {
        guard first > 0, second > 0 else { return nil }
        return finite(product / (first.squareRoot() * second.squareRoot())).map { min(1, max(-1, $0)) }
    }

    private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
