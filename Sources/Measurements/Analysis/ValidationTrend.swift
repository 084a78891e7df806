/// What the validation metric did since it was best, beside the training metric.
package struct ValidationTrend: Equatable, Sendable {
    /// The records of validation.
    package let recordCount: Int
    package let bestStep: Int64
    /// As a curve's value: lower is better.
    package let best: Double
    /// The median of the last records, `lastCount` of them.
    package let last: Double
    /// At most 3 of those after the best.
    package let lastCount: Int
    /// The noise of one record; nil when there are too few to tell.
    package let noise: Double?
    /// Records after the best.
    package let recordsSinceBest: Int
    /// `last` above `best`.
    package var rise: Double { last - best }
    /// Validation above training where validation was best, and at the end; nil without training records. Of training,
    /// the median of the five records around counts.
    package let gapAtBest: Double?
    package let gapAtEnd: Double?
    /// What these medians of training changed by since then; below 0 is better.
    package let trainingChange: Double?
    /// Whether validation got worse for good while training did not.
    package let isOverfit: Bool

    /// The rise must be four times the noise of one record (the best of many records lies two or three below the curve
    /// by chance alone), and a twentieth of what validation had gained, or 1 in 50 of its level where it gained nothing:
    /// less changes no decision.
    static let riseInNoise = 4.0
    static let shareOfGain = 0.05
    static let shareOfLevel = 0.02

    /// - Parameter training: the same metric in training, or nil.
    init?(_ validation: Curve, training: Curve?) {
        guard validation.count >= 4, let bestIndex = validation.bestIndex else { return nil }
        recordCount = validation.count
        bestStep = validation.steps[bestIndex]
        best = validation.values[bestIndex]
        recordsSinceBest = validation.count - 1 - bestIndex
        lastCount = min(3, max(1, recordsSinceBest))
        last = validation.level((validation.count - lastCount)..<validation.count)
        noise = RobustStatistics.noise(validation.values)
        let endStep = validation.steps[validation.count - 1]
        let atBest = training?.level(around: validation.steps[bestIndex])
        let atEnd = training?.level(around: endStep)
        gapAtBest = atBest.map { [best] in best - $0 }
        gapAtEnd = atEnd.map { [last] in last - $0 }
        trainingChange = atEnd.flatMap { end in atBest.map { end - $0 } }
        let gain = validation.startLevel - best
        // Few records tell their noise badly: with 8 of them it is often two thirds of what it is.
        let bound = Self.riseInNoise * (noise ?? 0) * (1 + 4 / Double(recordCount))
        let least = max(Self.shareOfGain * gain, Self.shareOfLevel * min(abs(best), abs(validation.startLevel)))
        // A training loss that went up as much fails in another way.
        let trainingRise = trainingChange ?? 0
        isOverfit =
            recordsSinceBest >= max(2, recordCount / 10) && last - best > bound
            && last - best > least && trainingRise < (last - best) / 2
    }
}
