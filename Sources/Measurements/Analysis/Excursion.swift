/// A stretch in which a curve was far worse than the best that it had reached, or no number.
package struct Excursion: Equatable, Sendable {
    package let firstStep: Int64
    /// How many records it took.
    package let recordCount: Int
    /// The worst value of it, as a curve's; nil when all that was out of bounds was NaN or infinite.
    package let peak: Double?
    /// How far the peak was above the best level before.
    package let height: Double
    /// The first step at which the curve was back; nil when it is not.
    package let recoveredStep: Int64?
    /// The step of the curve's last record when it alone is back: one record is too few to tell.
    package let returningStep: Int64?
    /// Whether some of its values were NaN or infinite.
    package let isBroken: Bool
    /// Whether the learning rate was raised again where it began.
    package let followsRestart: Bool
}

/// Finds the excursions of a curve.
struct ExcursionScan {
    private let records: [(step: Int64, value: Double?)]
    private let best: [Double]
    private let threshold: Double
    private let restarts: [Int64]

    /// - Parameters:
    ///   - threshold: how far above its best level a curve must be.
    ///   - restarts: steps at which the learning rate was raised again.
    init(_ curve: Curve, threshold: Double, restarts: [Int64]) {
        self.threshold = threshold
        self.restarts = restarts
        let broken = curve.brokenSteps.map { (step: $0, value: Double?.none) }
        let finite = zip(curve.steps, curve.values).map { (step: $0, value: Double?.some($1)) }
        records = (broken + finite).sorted { $0.step < $1.step }
        var lowest = Double.infinity
        var levels: [Double] = []
        var next = 0
        let smoothed = curve.smoothed
        for record in records {
            // A level that takes in the record itself or a later one would make a steep fall look like a rise before it.
            if next >= 3 { lowest = min(lowest, smoothed[next - 3]) }
            levels.append(lowest)
            if record.value != nil { next += 1 }
        }
        best = levels
    }

    /// All of them, in order.
    var excursions: [Excursion] {
        var found: [Excursion] = []
        var index = 0
        while index < records.count {
            guard isOut(index, by: threshold) else {
                index += 1
                continue
            }
            let end = self.end(from: index)
            found.append(excursion(index..<end))
            index = end
        }
        return found
    }

    private func isOut(_ index: Int, by height: Double) -> Bool {
        guard let value = records[index].value else { return true }
        return value - best[index] > height
    }

    /// Where two records in a row are back, within half of the threshold.
    private func end(from start: Int) -> Int {
        var index = start + 1
        while index < records.count {
            if !isOut(index, by: threshold / 2), index + 1 < records.count, !isOut(index + 1, by: threshold / 2) {
                return index
            }
            index += 1
        }
        return records.count
    }

    private func excursion(_ whole: Range<Int>) -> Excursion {
        let last = whole.upperBound - 1
        let isReturning = whole.upperBound == records.count && whole.count > 1 && !isOut(last, by: threshold / 2)
        let range = isReturning ? whole.dropLast() : whole
        // Between records that are no numbers, a good one may stand: it is no peak.
        let peak = range.lazy.filter { isOut($0, by: threshold) }.compactMap { records[$0].value }.max()
        let level = best[range.lowerBound]
        // A record before it may be the one at which the rate rose, and the loss follows within a few.
        let reach = records[max(0, range.lowerBound - 4)].step...records[range.lowerBound].step
        return Excursion(
            firstStep: records[range.lowerBound].step, recordCount: range.count, peak: peak,
            height: peak.map { level.isFinite ? $0 - level : .infinity } ?? .infinity,
            recoveredStep: whole.upperBound < records.count ? records[whole.upperBound].step : nil,
            returningStep: isReturning ? records[last].step : nil,
            isBroken: range.contains { records[$0].value == nil },
            followsRestart: restarts.contains { reach.contains($0) })
    }
}
