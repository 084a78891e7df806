import Foundation

@testable import Measurements

/// A curve made by a formula and seeded noise, with the verdict that a person gives who knows the formula.
struct MadeCurve: Sendable {
    let kind: String
    let label: CurveVerdict
    var training: [RunValues.Point] = []
    var validation: [RunValues.Point] = []
    var learningRate: [RunValues.Point] = []
    var isHigherBetter = false

    init(_ label: CurveVerdict, _ kind: String) {
        self.label = label
        self.kind = kind
    }

    var analysis: CurveAnalysis {
        CurveAnalysis(
            training: training, validation: validation, learningRate: learningRate, isHigherBetter: isHigherBetter)
    }

    /// The rule that is common in scripts: one least-squares line through all records; a slope within 0.001 a step
    /// means that the run has converged, above it that it diverges, below that it goes on.
    var naiveVerdict: CurveVerdict {
        let points = training.filter(\.value.isFinite)
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + Double($1.step) } / count
        let meanY = points.reduce(0) { $0 + $1.value } / count
        var (shared, square) = (0.0, 0.0)
        for point in points {
            shared += (Double(point.step) - meanX) * (point.value - meanY)
            square += (Double(point.step) - meanX) * (Double(point.step) - meanX)
        }
        let slope = (isHigherBetter ? -1 : 1) * shared / square
        if abs(slope) < 0.001 { return .plateau }
        return slope > 0 ? .diverging : .converging
    }
}

/// What a formula is made of: progress from 0 to 1, and noise.
struct CurveSketch {
    let count: Int
    /// Steps between records: scripts log each step, each tenth, or each hundredth.
    let stride: Int64
    let noise: Double
    private var generator: CurveNoise

    /// Length, stride and noise differ from seed to seed.
    init(seed: UInt64, lengths: [Int] = [60, 150, 400, 800], noise levels: [Double] = [0.01, 0.03, 0.08]) {
        generator = CurveNoise(seed: seed)
        count = lengths[Int(generator.next() % UInt64(lengths.count))]
        stride = [1, 10, 100][Int(generator.next() % 3)]
        noise = levels[Int(generator.next() % UInt64(levels.count))]
    }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double { .random(in: range, using: &generator) }

    mutating func points(
        every each: Int = 1, noise scale: Double = 1, isHeavy: Bool = false, _ formula: (Double) -> Double
    ) -> [RunValues.Point] {
        Swift.stride(from: 0, to: count, by: each).map { index in
            let draw = isHeavy ? generator.heavy() : generator.normal()
            let value = formula(Double(index) / Double(max(1, count - 1))) + noise * scale * draw
            return RunValues.Point(step: Int64(index + 1) * stride, value: value)
        }
    }

    /// Noise of which each record keeps a share of the one before.
    mutating func wandering(keeping share: Double, _ formula: (Double) -> Double) -> [RunValues.Point] {
        var drift = 0.0
        return (0..<count).map { index in
            drift = share * drift + noise * (1 - share * share).squareRoot() * generator.normal()
            return RunValues.Point(
                step: Int64(index + 1) * stride, value: formula(Double(index) / Double(max(1, count - 1))) + drift)
        }
    }
}

/// A loss that falls as a power of the progress, from about 5 to about 2.
func powerLaw(_ progress: Double) -> Double { 1.4 + 0.7 * pow(progress + 0.005, -0.3) }
/// A loss that falls to 2 and stays: after a third of the run nothing is left.
func settled(_ progress: Double) -> Double { 2 + 3 * exp(-progress * 25) }
