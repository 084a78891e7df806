/// Where the last records of a curve go, by a robust line, in units of their noise.
package struct TrendWindow: Equatable, Sendable {
    package let firstStep: Int64
    package let lastStep: Int64
    /// The records that the line goes through.
    package let recordCount: Int
    /// The line's rise a step; below 0 is better.
    package let slope: Double
    /// What the line rises over the window.
    package let change: Double
    /// `change` over its standard error: how sure the direction is.
    package let significance: Double
    /// How far the median of the window's last quarter is above that of its first: it tells a drop between two flats,
    /// which no line does.
    package let levelChange: Double
    /// `levelChange` over its standard error.
    package let levelSignificance: Double

    /// How a change was told.
    package enum Estimate: String, Sendable {
        /// By the line.
        case line
        /// By the medians of the first and the last quarter.
        case quarters
    }

    /// The surer of the two estimates of the change, on which a verdict rests; of equals, the line.
    package var surer: (estimate: Estimate, change: Double, significance: Double) {
        abs(levelSignificance) > abs(significance)
            ? (.quarters, levelChange, levelSignificance) : (.line, change, significance)
    }

    /// Medians of neighbors stand for records beyond this many, because the line takes quadratic time.
    private static let mostPoints = 100

    /// The line through the records of `range`; nil when they are fewer than 8, whose noise nobody can tell.
    init?(_ curve: Curve, _ range: Range<Int>) {
        guard range.count >= 8, range.upperBound <= curve.count, range.lowerBound >= 0 else { return nil }
        let group = (range.count + Self.mostPoints - 1) / Self.mostPoints
        let starts = stride(from: range.lowerBound, to: range.upperBound, by: group)
        let x = starts.map { Double(curve.steps[$0]) - Double(curve.steps[range.lowerBound]) }
        let y = starts.map { curve.level($0..<min($0 + group, range.upperBound)) }
        let line = RobustStatistics.line(x, y)
        // Noise that stays for a while counts as fewer records: n (1 - r) / (1 + r) for a correlation r of neighbors.
        let independent = Double(y.count) * (1 - line.correlation) / (1 + line.correlation)
        // Of a least-squares slope over even steps; Theil's has about 1.05 of it for normal noise.
        let error = line.deviation * (12 / max(2, independent)).squareRoot()
        let quarter = max(2, y.count / 4)
        let shift = Shift(before: Array(y.prefix(quarter)), after: Array(y.suffix(quarter)))
        firstStep = curve.steps[range.lowerBound]
        lastStep = curve.steps[range.upperBound - 1]
        recordCount = range.count
        slope = line.slope
        change = line.slope * (x.last ?? 0)
        significance = Self.ratio(change, error)
        levelChange = shift.change
        levelSignificance = Self.ratio(shift.change, shift.error)
    }

    /// How far the median of some records is above that of others.
    private struct Shift {
        let change: Double
        let error: Double

        init(before: [Double], after: [Double]) {
            let medians = [before, after].map(RobustStatistics.median)
            let rest = zip([before, after], medians).map { part, median in part.map { $0 - median } }
            let deviation = RobustStatistics.deviationPerMedian * RobustStatistics.median(rest.joined().map(abs))
            let correlation = rest.reduce(0) { $0 + RobustStatistics.correlation($1, deviation) } / 2
            let independent = Double(before.count) * (1 - correlation) / (1 + correlation)
            change = medians[1] - medians[0]
            // A median of k normal values has the standard error 1.25 / √k; two of them are compared.
            error = deviation * 1.25 * (2 / max(1, independent)).squareRoot()
        }
    }

    private static func ratio(_ change: Double, _ error: Double) -> Double {
        // A curve without noise is sure of whatever it does; cut, so that it can be written down.
        guard error > 1e-3 * abs(change) else { return change == 0 ? 0 : change < 0 ? -999 : 999 }
        return change / error
    }
}
