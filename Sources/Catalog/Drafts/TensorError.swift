package import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How far a tensor's numbers lie from those of its parent.
package struct TensorError: Equatable, Sendable {
    /// How many elements were compared, and what became of some.
    package struct Counts: Equatable, Sendable {
        package var elements: Int
        /// Elements that were not zero and became zero.
        package var zeros: Int
        /// Elements beyond the range of their block's codes.
        package var clipped: Int

        package init(elements: Int, zeros: Int, clipped: Int) {
            self.elements = elements
            self.zeros = zeros
            self.clipped = clipped
        }
    }

    /// Sums of squares, each times the importance of its column.
    package struct Weighted: Equatable, Sendable {
        /// Σ h (child − parent)².
        package var squaredError: Double
        /// Σ h parent².
        package var squaredReference: Double

        package init(squaredError: Double, squaredReference: Double) {
            self.squaredError = squaredError
            self.squaredReference = squaredReference
        }
    }

    /// Σ (child − parent)².
    package var squaredError: Double
    /// Σ parent².
    package var squaredReference: Double
    /// The cosine of the angle between both as vectors; nil when one of them is zero.
    package var cosine: Double?
    /// The greatest |child − parent|.
    package var maximumError: Double?
    /// Nil for what an older version made.
    package var counts: Counts?
    /// Nil where no importance was given.
    package var weighted: Weighted?

    package init(
        squaredError: Double, squaredReference: Double, cosine: Double? = nil, maximumError: Double? = nil
    ) {
        self.squaredError = squaredError
        self.squaredReference = squaredReference
        self.cosine = cosine
        self.maximumError = maximumError
    }

    /// What an encoder measured.
    package init(_ sums: ErrorSums) {
        self.init(
            squaredError: sums.squaredError, squaredReference: sums.squaredWeight, cosine: sums.cosine,
            maximumError: sums.maximumError)
        counts = Counts(elements: sums.elementCount, zeros: sums.zeroCount, clipped: sums.clippedCount)
        if let error = sums.weightedError, let weight = sums.weightedWeight, error.isFinite, weight.isFinite {
            weighted = Weighted(squaredError: error, squaredReference: weight)
        }
    }

    /// √(Σ error² ÷ Σ reference²); 0 for no error at all; nil when the reference is zero and the child is not.
    package var relativeRMSE: Double? { Self.relative(squaredError, squaredReference) }

    /// √(Σ h error² ÷ Σ h reference²), h being the importance of the column; nil without importances.
    package var weightedRelativeRMSE: Double? {
        weighted.flatMap { Self.relative($0.squaredError, $0.squaredReference) }
    }

    /// 10 log₁₀ (Σ reference² ÷ Σ error²), in decibels; nil when it is infinite.
    package var signalToNoise: Double? { Self.finite(10 * log10(squaredReference / squaredError)) }

    /// The share of elements that became zero and were not; nil when they were not counted.
    package var zeroShare: Double? { counts.flatMap { Self.share($0.zeros, of: $0.elements) } }

    /// The share of elements beyond the range of their block's codes; nil when they were not counted.
    package var clippedShare: Double? { counts.flatMap { Self.share($0.clipped, of: $0.elements) } }

    /// The error over several tensors: sums of squares, counts where all were counted, the greatest difference, and
    /// weighted sums over those that have them.
    package static func sum(_ errors: some Sequence<TensorError>) -> TensorError {
        var sum = TensorError(squaredError: 0, squaredReference: 0)
        var counts: Counts? = Counts(elements: 0, zeros: 0, clipped: 0)
        for error in errors {
            sum.squaredError += error.squaredError
            sum.squaredReference += error.squaredReference
            sum.maximumError = error.maximumError.map { max($0, sum.maximumError ?? 0) } ?? sum.maximumError
            counts = counts.flatMap { total in
                error.counts.map {
                    Counts(
                        elements: total.elements + $0.elements, zeros: total.zeros + $0.zeros,
                        clipped: total.clipped + $0.clipped)
                }
            }
            if let weighted = error.weighted {
                sum.weighted = Weighted(
                    squaredError: (sum.weighted?.squaredError ?? 0) + weighted.squaredError,
                    squaredReference: (sum.weighted?.squaredReference ?? 0) + weighted.squaredReference)
            }
        }
        sum.counts = counts
        return sum
    }

    private static func relative(_ squaredError: Double, _ squaredReference: Double) -> Double? {
        squaredError == 0 ? 0 : finite((squaredError / squaredReference).squareRoot())
    }

    private static func share(_ part: Int, of whole: Int) -> Double? {
        whole == 0 ? nil : Double(part) / Double(whole)
    }

    private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
