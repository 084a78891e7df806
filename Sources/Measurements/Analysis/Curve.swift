/// One metric of a run as a curve: a value for each step, turned so that lower is better.
package struct Curve: Equatable, Sendable {
    /// Rising, each once.
    package let steps: [Int64]
    /// The metric, or its negative where higher is better; all finite.
    package let values: [Double]
    /// Steps whose value was NaN or infinite, rising.
    package let brokenSteps: [Int64]
    /// Whether the values are negatives of what was logged.
    package let isHigherBetter: Bool

    /// Of a step that was logged more than once, such as by a run that was resumed, the last value counts.
    package init(_ points: [RunValues.Point], isHigherBetter: Bool) {
        self.isHigherBetter = isHigherBetter
        let order = points.indices.sorted { (points[$0].step, $0) < (points[$1].step, $1) }
        var steps: [Int64] = []
        var values: [Double] = []
        var broken: [Int64] = []
        for (place, index) in order.enumerated() {
            let point = points[index]
            if place + 1 < order.count, points[order[place + 1]].step == point.step { continue }
            guard point.value.isFinite, abs(point.value) < 1e300 else {
                broken.append(point.step)
                continue
            }
            steps.append(point.step)
            values.append(isHigherBetter ? -point.value : point.value)
        }
        self.steps = steps
        self.values = values
        brokenSteps = broken
    }

    var count: Int { values.count }

    /// The best value, as a curve's, and its step; of equals, the first.
    package var best: (value: Double, step: Int64)? { bestIndex.map { (values[$0], steps[$0]) } }

    /// A value, or a difference of values, as it was logged.
    package func logged(_ value: Double) -> Double { isHigherBetter ? -value : value }

    /// The place of the best value; of equals, the first.
    var bestIndex: Int? { values.indices.min { (values[$0], $0) < (values[$1], $1) } }

    /// The records from `start` on.
    func level(_ range: Range<Int>) -> Double { RobustStatistics.median(Array(values[range.clamped(to: 0..<count)])) }

    /// The median of the first records: 1 in 50, at least 3.
    var startLevel: Double { level(0..<max(3, count / 50)) }

    /// Each value's median with its two neighbors on both sides, fewer at the ends.
    var smoothed: [Double] {
        values.indices.map { level(max(0, $0 - 2)..<min(count, $0 + 3)) }
    }

    /// The median of the records around a step: the five nearest in the log.
    package func level(around step: Int64) -> Double? {
        guard count > 0 else { return nil }
        let after = steps.firstIndex { $0 >= step } ?? count - 1
        return level(max(0, after - 2)..<min(count, after + 3))
    }
}
