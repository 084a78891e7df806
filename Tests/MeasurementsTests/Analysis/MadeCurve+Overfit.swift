import Foundation

@testable import Measurements

extension MadeCurve {
    /// Curves whose validation got worse while training went on.
    static func overfit(seed: UInt64) -> [MadeCurve] {
        [
            pair("from the middle", seed) { 2.4 + 2 * exp(-$0 * 12) + 1.2 * max(0, $0 - 0.4) },
            pair("late", seed) { 2.2 + 2 * exp(-$0 * 8) + 3 * max(0, $0 - 0.8) },
            pair("from the start", seed) { 3.2 + 1.5 * $0 },
            pair("few validations", seed, validations: 8) { 2.4 + 2 * exp(-$0 * 12) + 1.5 * max(0, $0 - 0.4) },
            pair("memorized", seed) { 2.5 + exp(-$0 * 30) + 3 * $0 }, accuracyFalls(seed), spiky(seed),
        ]
    }

    /// Too few records to tell, whatever they do.
    static func tooShort(seed: UInt64) -> [MadeCurve] {
        [0, 1, 3, 7, 11].map { count in
            var sketch = CurveSketch(seed: seed, lengths: [count])
            var curve = MadeCurve(.tooShort, "\(count) records")
            curve.training = sketch.points { 3 - $0 }
            return curve
        }
    }

    /// All of them for a range of seeds.
    static func all(seeds: Range<UInt64>) -> [MadeCurve] {
        let makers = [converging, plateau, diverging, spike, overfit, tooShort]
        return seeds.flatMap { seed in makers.flatMap { $0(seed) } }
    }

    private static func pair(
        _ kind: String, _ seed: UInt64, validations: Int = 25, _ validation: (Double) -> Double
    ) -> MadeCurve {
        var sketch = CurveSketch(seed: seed)
        var curve = MadeCurve(.overfit, kind)
        curve.training = sketch.points { powerLaw($0) - 0.8 * $0 }
        curve.validation = sketch.points(every: max(1, sketch.count / validations), noise: 0.5, validation)
        return curve
    }

    private static func accuracyFalls(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, noise: [0.003, 0.008])
        var curve = MadeCurve(.overfit, "accuracy falls")
        curve.isHigherBetter = true
        curve.training = sketch.points { 1 - 0.8 * exp(-$0 * 6) }
        curve.validation = sketch.points(every: sketch.count / 20) {
            0.8 - 0.6 * exp(-$0 * 15) - 0.15 * max(0, $0 - 0.35)
        }
        return curve
    }

    /// A spike that is over is the lesser fault.
    private static func spiky(_ seed: UInt64) -> MadeCurve {
        var curve = pair("with a spike", seed) { 2.4 + 2 * exp(-$0 * 12) + 1.2 * max(0, $0 - 0.4) }
        curve.training[curve.training.count / 3].value += 3
        return curve
    }
}
