import Foundation

/// From a value on an axis to a distance on paper.
struct Projection: Equatable, Sendable {
    private let scale: Axis.Scale
    private let first: Double
    private let last: Double
    /// Where the axis begins and ends, in units of the drawing.
    let start: Double
    let end: Double

    init(_ axis: Axis, _ range: ClosedRange<Double>, from start: Double, to end: Double) {
        scale = axis.scale
        first = axis.scale == .linear ? range.lowerBound : log10(range.lowerBound)
        last = axis.scale == .linear ? range.upperBound : log10(range.upperBound)
        self.start = start
        self.end = end
    }

    /// Where `value` stands, cut at the ends of the axis; nil when it has no place there (NaN, 0 on a logarithmic one).
    func callAsFunction(_ value: Double) -> Double? {
        guard value.isFinite, abs(value) < 1e300, scale == .linear || value > 1e-300 else { return nil }
        let place = scale == .linear ? value : log10(value)
        let share = min(1, max(0, (place - first) / (last - first)))
        return start + share * (end - start)
    }
}

/// What logarithmic axes need of the math library.
enum Logarithm {
    /// `base` to the power of `exponent`, for a base above 0.
    static func raised(_ base: Double, to exponent: Double) -> Double { pow(base, exponent) }
}
