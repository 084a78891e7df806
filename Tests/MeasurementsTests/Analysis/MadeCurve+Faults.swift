import Foundation

@testable import Measurements

extension MadeCurve {
    /// Curves that got much worse and stay so.
    static func diverging(seed: UInt64) -> [MadeCurve] {
        [
            plain(.diverging, "blows up", seed) { powerLaw($0) + 0.05 * (exp(30 * max(0, $0 - 0.8)) - 1) },
            plain(.diverging, "rises from the start", seed) { 3 + 4 * $0 },
            plain(.diverging, "jumps and stays", seed) { $0 < 0.7 ? powerLaw($0) : 4.5 },
            plain(.diverging, "drifts up", seed) { settled($0) + 2.5 * max(0, $0 - 0.5) },
            broken("NaN to the end", seed, from: 0.8) { _ in .nan },
            broken("infinite to the end", seed, from: 0.95) { _ in .infinity },
            plain(.diverging, "back to the start", seed) { $0 < 0.6 ? settled($0) : 5 },
            accuracyCollapse(seed),
        ]
    }

    /// Curves that got much worse for a moment.
    static func spike(seed: UInt64) -> [MadeCurve] {
        [
            pushed("one record", seed, [0.55]), pushed("three records", seed, [0.3, 0.5, 0.8]),
            plain(.spike, "wide", seed) { powerLaw($0) + ($0 > 0.5 ? 2 * exp(-($0 - 0.5) * 60) : 0) },
            plain(.spike, "on a plateau", seed) { settled($0) + ($0 > 0.7 ? 1.5 * exp(-($0 - 0.7) * 80) : 0) },
            broken("NaN once", seed, from: 0.6, to: 0.61) { _ in .nan }, justNow(seed), accuracyDip(seed),
        ]
    }

    private static func plain(
        _ label: CurveVerdict, _ kind: String, _ seed: UInt64, _ formula: (Double) -> Double
    ) -> MadeCurve {
        var sketch = CurveSketch(seed: seed)
        var curve = MadeCurve(label, kind)
        curve.training = sketch.points(formula)
        return curve
    }

    private static func broken(
        _ kind: String, _ seed: UInt64, from start: Double, to end: Double = 2, _ value: (Double) -> Double
    ) -> MadeCurve {
        var curve = plain(end > 1 ? .diverging : .spike, kind, seed, powerLaw)
        let first = Int(start * Double(curve.training.count))
        let last = min(curve.training.count, max(first + 1, Int(end * Double(curve.training.count))))
        for index in first..<last { curve.training[index].value = value(curve.training[index].value) }
        return curve
    }

    private static func accuracyCollapse(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, noise: [0.005, 0.02])
        var curve = MadeCurve(.diverging, "accuracy collapses")
        curve.isHigherBetter = true
        curve.training = sketch.points { $0 < 0.75 ? 0.9 - 0.7 * exp(-$0 * 10) : 0.1 }
        return curve
    }

    private static func pushed(_ kind: String, _ seed: UInt64, _ places: [Double]) -> MadeCurve {
        var curve = plain(.spike, kind, seed, powerLaw)
        for place in places { curve.training[Int(place * Double(curve.training.count))].value += 2.5 }
        return curve
    }

    /// The last two records are far off: nobody knows yet how it goes on.
    private static func justNow(_ seed: UInt64) -> MadeCurve {
        var curve = plain(.spike, "just now", seed, powerLaw)
        for index in curve.training.indices.suffix(2) { curve.training[index].value += 3 }
        return curve
    }

    private static func accuracyDip(_ seed: UInt64) -> MadeCurve {
        var sketch = CurveSketch(seed: seed, noise: [0.005, 0.01])
        var curve = MadeCurve(.spike, "accuracy dips")
        curve.isHigherBetter = true
        curve.training = sketch.points { 0.2 + 0.6 * pow($0, 0.5) - (abs($0 - 0.6) < 0.02 ? 0.4 : 0) }
        return curve
    }
}
