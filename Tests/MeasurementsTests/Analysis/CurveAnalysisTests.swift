import Foundation
import Testing

@testable import Measurements

@Suite("Curve analysis") struct CurveAnalysisTests {
    /// The thresholds were settled on seeds below 1,000; these were not looked at.
    private static let curves = MadeCurve.all(seeds: 1_000..<1_005)
    private static let judged = curves.map { (curve: $0, verdict: $0.analysis.verdict) }

    @Test("gives the verdict that a person gives, on made curves of 6 labels") func confusion() {
        let labels = CurveVerdict.allCases
        var table: [CurveVerdict: [CurveVerdict: Int]] = [:]
        var misses: [String: Int] = [:]
        for (curve, verdict) in Self.judged {
            table[curve.label, default: [:]][verdict, default: 0] += 1
            if verdict != curve.label { misses["\(curve.label): \(curve.kind) taken for \(verdict)", default: 0] += 1 }
        }
        func cell(_ text: String) -> String { String(repeating: " ", count: max(0, 11 - text.count)) + text }
        print((["label"] + labels.map(\.rawValue)).map(cell).joined())
        for label in labels {
            let counts = labels.map { String(table[label]?[$0] ?? 0) }
            print(([label.rawValue] + counts).map(cell).joined())
        }
        for miss in misses.sorted(by: { $0.key < $1.key }) { print("  \(miss.value) × \(miss.key)") }
        for label in labels {
            let row = table[label] ?? [:]
            let total = row.values.reduce(0, +)
            #expect(total >= 10)
            #expect(Double(row[label] ?? 0) >= 0.9 * Double(total), "\(label): \(row)")
        }
        let right = labels.reduce(0) { $0 + (table[$1]?[$1] ?? 0) }
        #expect(Double(right) >= 0.95 * Double(Self.curves.count), "\(right) of \(Self.curves.count)")
    }

    @Test("is right where one line through all records, with a slope of 0.001 for converged, is wrong")
    func naive() {
        let curves = Self.judged.filter { [.converging, .plateau, .diverging].contains($0.curve.label) }
        let wrong = curves.filter { $0.curve.naiveVerdict != $0.curve.label }
        let mended = wrong.filter { $0.verdict == $0.curve.label }
        print("one line is wrong on \(wrong.count) of \(curves.count), and \(mended.count) of them are judged right")
        #expect(Double(wrong.count) >= 0.4 * Double(curves.count))
        #expect(Double(mended.count) >= 0.95 * Double(wrong.count))
    }

    @Test("does not depend on the units of the metric or of the steps", arguments: [1e-9, 1, 1e9])
    func units(scale: Double) {
        for curve in MadeCurve.all(seeds: 2_000..<2_001) {
            let training = curve.training.map {
                RunValues.Point(step: 7 * $0.step - 1_000, value: scale * $0.value)
            }
            let validation = curve.validation.map {
                RunValues.Point(step: 7 * $0.step - 1_000, value: scale * $0.value)
            }
            let rate = curve.learningRate.map { RunValues.Point(step: 7 * $0.step - 1_000, value: $0.value) }
            let scaled = CurveAnalysis(
                training: training, validation: validation, learningRate: rate, isHigherBetter: curve.isHigherBetter)
            #expect(scaled.verdict == curve.analysis.verdict, "\(curve.kind)")
        }
    }

    @Test("has no record that stops it", arguments: [[], [Double.nan], [1e308, -1e308], [5], [.infinity, 1, .nan]])
    func hostile(values: [Double]) {
        let points = (0..<40).map { index in
            let step = index == 0 ? Int64.min : index == 39 ? Int64.max : Int64(index)
            return RunValues.Point(step: step, value: values.isEmpty ? 1 : values[index % values.count])
        }
        for isHigherBetter in [false, true] {
            let analysis = CurveAnalysis(
                training: values.isEmpty ? [] : points, validation: points, learningRate: points,
                isHigherBetter: isHigherBetter)
            #expect(CurveVerdict.allCases.contains(analysis.verdict))
            #expect(analysis.noise?.isFinite != false && analysis.window?.change.isFinite != false)
        }
    }

    @Test("says where the best is, and how sure the trend") func evidence() throws {
        let curve = try #require(MadeCurve.converging(seed: 5).first { $0.kind == "long exponential" })
        let analysis = curve.analysis
        let window = try #require(analysis.window)
        #expect(window.significance < -CurveAnalysis.significance && window.change < 0)
        #expect(window.lastStep == curve.training.last?.step)
        #expect(abs(analysis.gain - 3 * (1 - exp(-1.8))) < 0.4)
    }
}
