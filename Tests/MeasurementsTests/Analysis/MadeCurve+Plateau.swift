import Foundation

@testable import Measurements

extension MadeCurve {
    /// Curves that no longer get better.
    static func plateau(seed: UInt64) -> [MadeCurve] {
        [
            plain("settled", seed) { settled($0) }, plain("flat from the start", seed) { _ in 6.9 },
            plain("step and flat", seed) { $0 < 0.3 ? 4 - 2 * $0 : 2.2 },
            plain("line and flat", seed) { 4 - 3 * min($0, 0.55) },
            plain("spread large", seed) { 200 + 300 * exp(-$0 * 25) }, wandering(seed), smoothed(seed),
            accuracySaturated(seed), heavyTails(seed),
        ]
    }

    private static func plain(_ kind: String, _ seed: UInt64, _ formula: (Double) -> Double) -> MadeCurve {
        var sketch = CurveSketch(seed: seed)
        var curve = MadeCurve(.plateau, kind)
        curve.training = sketch.points(formula)
        curve.validation = sketch.points(every: sketch.count / 12, noise: 0.3) { formula($0) + 0.1 }
        return curve
    }

    /// Flat, with noise that keeps most of itself from record to record.
    private static func wandering(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed)
        var curve = MadeCurve(.plateau, "wandering noise")
        curve.training = sketch.wandering(keeping: 0.6) { settled($0) }
        return curve
    }

    /// What dashboards log: a running mean over about ten records.
    private static func smoothed(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, lengths: [200, 400, 800])
        var curve = MadeCurve(.plateau, "running mean")
        curve.training = sketch.points { settled($0) }
        var mean = curve.training.first?.value ?? 0
        for index in curve.training.indices {
            mean += (curve.training[index].value - mean) / 10
            curve.training[index].value = mean
        }
        return curve
    }

    private static func accuracySaturated(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, noise: [0.003, 0.01])
        var curve = MadeCurve(.plateau, "accuracy saturated")
        curve.isHigherBetter = true
        curve.training = sketch.points { 0.9 - 0.7 * exp(-$0 * 25) }
        curve.validation = sketch.points(every: sketch.count / 12) { 0.8 - 0.6 * exp(-$0 * 25) }
        return curve
    }

    private static func heavyTails(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed)
        var curve = MadeCurve(.plateau, "heavy tails, flat")
        curve.training = sketch.points(isHeavy: true) { settled($0) }
        return curve
    }
}
