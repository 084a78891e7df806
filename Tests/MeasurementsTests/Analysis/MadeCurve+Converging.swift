import Foundation

@testable import Measurements

extension MadeCurve {
    /// Curves that still get better at their end.
    static func converging(seed: UInt64) -> [MadeCurve] {
        [
            plain("power law", seed) { powerLaw($0) }, plain("long exponential", seed) { 2 + 3 * exp(-1.8 * $0) },
            slow(seed), heavyTails(seed), rateSteps(seed), restarts(seed), grokking(seed), accuracyRising(seed),
            small(seed), lateDrop(seed), resumed(seed), firstRecordHigh(seed),
        ]
    }

    private static func plain(_ kind: String, _ seed: UInt64, _ formula: (Double) -> Double) -> MadeCurve {
        var sketch = CurveSketch(seed: seed)
        var curve = MadeCurve(.converging, kind)
        curve.training = sketch.points(formula)
        curve.validation = sketch.points(every: sketch.count / 12, noise: 0.3) { formula($0) + 0.2 }
        return curve
    }

    /// A fine-tune that falls by 0.4 all along, with noise of a tenth of that.
    private static func slow(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, lengths: [200, 600, 2_000], noise: [0.02, 0.04])
        var curve = MadeCurve(.converging, "slow line")
        curve.training = sketch.points { 1.5 - 0.4 * $0 }
        return curve
    }

    private static func heavyTails(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed)
        var curve = MadeCurve(.converging, "heavy tails")
        curve.training = sketch.points(isHeavy: true) { powerLaw($0) }
        return curve
    }

    /// The learning rate is divided by ten twice: the loss drops each time and goes on falling.
    private static func rateSteps(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed)
        var curve = MadeCurve(.converging, "rate steps")
        curve.training = sketch.points { progress in
            3.4 - 0.5 * progress + 1.5 * exp(-progress * 20) - (progress > 0.4 ? 0.5 : 0) - (progress > 0.75 ? 0.3 : 0)
        }
        var quiet = CurveSketch(seed: seed, noise: [0])
        curve.learningRate = quiet.points { $0 > 0.75 ? 1e-5 : $0 > 0.4 ? 1e-4 : 1e-3 }
        return curve
    }

    /// Four cosine cycles; the loss rises by half of what it gained at each restart.
    private static func restarts(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, lengths: [160, 400, 800])
        var curve = MadeCurve(.converging, "warm restarts")
        let cosine = { (progress: Double) in
            0.5 + 0.5 * cos(.pi * (4 * progress - min(3, (4 * progress).rounded(.down))))
        }
        curve.training = sketch.points { progress in
            2 + 2.5 * exp(-5 * progress) - 0.3 * progress + 0.7 * cosine(progress) * (progress > 0.25 ? 1 : 0.5)
        }
        var quiet = CurveSketch(seed: seed, lengths: [160, 400, 800], noise: [0])
        curve.learningRate = quiet.points { 1e-5 + 1e-3 * cosine($0) }
        return curve
    }

    /// Training is done early; validation stays bad for long and then falls.
    private static func grokking(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, lengths: [150, 400, 800], noise: [0.01, 0.03])
        let turn = sketch.uniform(0.72...0.85)
        var curve = MadeCurve(.converging, "grokking")
        curve.training = sketch.points(noise: 0.3) { 0.05 + 3 * exp(-$0 * 40) }
        curve.validation = sketch.points(every: sketch.count / 40) { progress in
            0.3 + 2.7 / (1 + exp((progress - turn) * 25))
        }
        return curve
    }

    private static func accuracyRising(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, noise: [0.005, 0.01])
        var curve = MadeCurve(.converging, "accuracy rising")
        curve.isHigherBetter = true
        curve.training = sketch.points { 0.2 + 0.6 * pow($0, 0.5) }
        curve.validation = sketch.points(every: sketch.count / 15) { 0.2 + 0.5 * pow($0, 0.5) }
        return curve
    }

    /// A reconstruction loss of 1e-4, as of an autoencoder.
    private static func small(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, noise: [1e-6, 2e-6])
        var curve = MadeCurve(.converging, "small numbers")
        curve.training = sketch.points { 1e-4 * powerLaw($0) }
        return curve
    }

    /// Flat for most of the run; a lower learning rate helped a moment ago.
    private static func lateDrop(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, lengths: [150, 400, 800])
        var curve = MadeCurve(.converging, "late drop")
        curve.training = sketch.points { settled($0) - ($0 > 0.88 ? 0.5 : 0) }
        return curve
    }

    /// The log has the steps after a checkpoint twice, the first time with a worse loss.
    private static func resumed(_ seed: UInt64) -> MadeCurve {
        var curve = plain("resumed", seed) { powerLaw($0) }
        let again = curve.training.count * 6 / 10..<curve.training.count * 7 / 10
        let lost = curve.training[again].map { RunValues.Point(step: $0.step, value: $0.value + 3) }
        curve.training.insert(contentsOf: lost, at: again.lowerBound)
        return curve
    }

    private static func firstRecordHigh(_ seed: UInt64) -> MadeCurve {
        var curve = plain("high first record", seed) { powerLaw($0) }
        curve.training[0].value = 60
        return curve
    }
}
