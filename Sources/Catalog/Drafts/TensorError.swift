#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How far a tensor's numbers lie from those of its parent.
package struct TensorError: Equatable, Sendable {
    /// Σ (child − parent)².
    package var squaredError: Double
    /// Σ parent².
    package var squaredReference: Double
    /// The cosine of the angle between both as vectors; nil when one of them is zero.
    package var cosine: Double?
    /// The greatest |child − parent|.
    package var maximumError: Double?

    package init(
        squaredError: Double, squaredReference: Double, cosine: Double? = nil, maximumError: Double? = nil
    ) {
        self.squaredError = squaredError
        self.squaredReference = squaredReference
        self.cosine = cosine
        self.maximumError = maximumError
    }

    /// √(Σ error² ÷ Σ reference²); 0 for no error at all; nil when the reference is zero and the child is not.
    package var relativeRMSE: Double? {
        squaredError == 0 ? 0 : Self.finite((squaredError / squaredReference).squareRoot())
    }

    /// 10 log₁₀ (Σ reference² ÷ Σ error²), in decibels; nil when it is infinite.
    package var signalToNoise: Double? { Self.finite(10 * log10(squaredReference / squaredError)) }

    /// The error over several tensors.
    package static func sum(_ errors: some Sequence<TensorError>) -> TensorError {
        errors.reduce(TensorError(squaredError: 0, squaredReference: 0)) { sum, error in
            TensorError(
                squaredError: sum.squaredError + error.squaredError,
                squaredReference: sum.squaredReference + error.squaredReference)
        }
    }

    private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
