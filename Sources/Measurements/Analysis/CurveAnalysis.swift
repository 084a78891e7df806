/// The verdict on a training curve, with what it rests on.
package struct CurveAnalysis: Equatable, Sendable {
    package let verdict: CurveVerdict
    package let curve: Curve
    package let validationCurve: Curve?
    /// The noise of one record of the curve; nil when there are too few to tell.
    package let noise: Double?
    package let validationNoise: Double?
    /// What the curve gained: its first level above its best.
    package let gain: Double
    /// Where the last records go; nil when they are too few.
    package let window: TrendWindow?
    package let validationWindow: TrendWindow?
    package let validation: ValidationTrend?
    package let excursions: [Excursion]
    package let restarts: [Int64]

    /// Fewer records than this have no third that a line and its noise can be told from.
    package static let fewestRecords = 12
    /// Fewer records of validation have no last third to see a trend in; they still tell whether it got worse.
    static let fewestForValidationTrend = 16
    /// A trend counts when it is three standard errors away from none: by chance, one window in several hundred is.
    static let significance = 3.0
    /// A gain in the window below this share of the whole gain is no progress that anybody waits for. A loss that falls
    /// as a power of the steps (the usual law of language models, exponents 0.05 to 0.5) gains 2 to 15 % in its last third.
    static let shareOfGain = 0.01
    /// A curve is out of bounds when it is this many times its noise above its best level …
    static let excursionInNoise = 8.0
    /// … and this share of all that it had gained. Noise with heavy tails passes the first bound once in some thousand
    /// records, but seldom undoes a tenth of the training.
    static let excursionShareOfGain = 0.1
    /// What stands for the gain of a curve that gained nothing, as a share of its level.
    static let leastGain = 0.02

    /// - Parameters:
    ///   - training: the metric's records, in the order in which they were logged.
    ///   - validation: the same metric's on validation data, or none.
    ///   - learningRate: the learning rate's records, or none: they tell restarts from faults.
    ///   - isHigherBetter: as of an accuracy.
    package init(
        training: [RunValues.Point], validation: [RunValues.Point] = [], learningRate: [RunValues.Point] = [],
        isHigherBetter: Bool = false
    ) {
        let curve = Curve(training, isHigherBetter: isHigherBetter)
        let validationCurve = validation.isEmpty ? nil : Curve(validation, isHigherBetter: isHigherBetter)
        let noise = RobustStatistics.noise(curve.values)
        let restarts = LearningRateRestarts.steps(learningRate)
        let gain = curve.count == 0 ? 0 : curve.startLevel - (curve.smoothed.min() ?? 0)
        let bound = max(
            Self.excursionInNoise * (noise ?? 0),
            Self.excursionShareOfGain * max(gain, Self.leastGain * abs(curve.count == 0 ? 0 : curve.startLevel)))
        self.curve = curve
        self.validationCurve = validationCurve
        self.noise = noise
        validationNoise = validationCurve.flatMap { RobustStatistics.noise($0.values) }
        self.gain = gain
        self.restarts = restarts
        excursions = ExcursionScan(curve, threshold: bound, restarts: restarts).excursions
        window = Self.window(of: curve, restarts)
        validationWindow = validationCurve.flatMap { curve in
            curve.count < Self.fewestForValidationTrend ? nil : Self.window(of: curve, restarts)
        }
        self.validation = validationCurve.flatMap { ValidationTrend($0, training: curve) }
        verdict =
            Verdict(
                curve: curve, gain: gain, excursions: excursions, window: window, validationCurve: validationCurve,
                validationWindow: validationWindow, validation: self.validation
            ).verdict
    }

    /// The last third of the records, or the last half where only that shows a trend; since the last restart when it is
    /// in the window and far enough back, else up to it.
    private static func window(of curve: Curve, _ restarts: [Int64]) -> TrendWindow? {
        let third = narrowed(curve, from: curve.count - max(8, curve.count / 3), restarts)
        let last = TrendWindow(curve, third)
        guard let last, abs(last.significance) < significance else { return last }
        let half = TrendWindow(curve, narrowed(curve, from: curve.count / 2, restarts))
        // Both must go the same way: a fall that ended before the last third is over.
        guard let half, abs(half.significance) >= significance, half.slope * last.slope > 0,
            abs(last.slope) > abs(half.slope) / 2
        else { return last }
        return half
    }

    private static func narrowed(_ curve: Curve, from start: Int, _ restarts: [Int64]) -> Range<Int> {
        let start = max(0, start)
        guard let restart = restarts.last, let index = curve.steps.firstIndex(where: { $0 >= restart }), index > start
        else { return start..<curve.count }
        return curve.count - index >= 12 ? index..<curve.count : min(start, max(0, index - 8))..<index
    }
}

/// How the facts become one word: the first of the faults that is there, else whether it still gets better.
private struct Verdict {
    let curve: Curve
    let gain: Double
    let excursions: [Excursion]
    let window: TrendWindow?
    let validationCurve: Curve?
    let validationWindow: TrendWindow?
    let validation: ValidationTrend?

    var verdict: CurveVerdict {
        if isBrokenAtEnd { return .diverging }
        if curve.count < CurveAnalysis.fewestRecords { return .tooShort }
        let faults = excursions.filter { !$0.followsRestart }
        if let last = faults.last, last.recoveredStep == nil, last.recordCount >= max(6, curve.count / 25) {
            return .diverging
        }
        if validation?.isOverfit == true { return .overfit }
        if !faults.isEmpty { return .spike }
        return isImproving ? .converging : .plateau
    }

    /// Whether the last record is no number, or the last of several were none.
    private var isBrokenAtEnd: Bool {
        guard let broken = curve.brokenSteps.last else { return false }
        return broken > curve.steps.last ?? .min
    }

    private var isImproving: Bool {
        improves(window, gain: gain) || improves(validationWindow, gain: validationGain)
    }

    private var validationGain: Double {
        validationCurve.flatMap { curve in curve.bestIndex.map { curve.startLevel - curve.values[$0] } } ?? 0
    }

    private func improves(_ window: TrendWindow?, gain: Double) -> Bool {
        guard let window else { return false }
        return window.surer.significance <= -CurveAnalysis.significance
            && -window.surer.change >= CurveAnalysis.shareOfGain * gain
    }
}
