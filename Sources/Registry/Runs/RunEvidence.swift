import Bytes
import Charts
import Measurements

/// What a verdict on a run rests on, as sentences; the first one is the reason.
struct RunEvidence {
    private let analysis: CurveAnalysis
    private let metric: String
    private let validation: String?

    init(_ analysis: CurveAnalysis, metric: String, validation: String?) {
        self.analysis = analysis
        self.metric = metric.shortened
        self.validation = validation?.shortened
    }

    /// In the order in which a person wants to know: the reason, then the trend, the best, validation, the rest.
    var sentences: [String] {
        let faults = analysis.excursions.filter { !$0.followsRestart }
        var all: [String] = []
        switch analysis.verdict {
        case .tooShort:
            all.append(
                "\(count(analysis.curve.values.count, "record")) of \(metric), and a verdict needs "
                    + "\(CurveAnalysis.fewestRecords)")
        case .diverging, .spike: all += faults.suffix(3).reversed().map(text)
        case .overfit: all += [overfit]
        case .converging, .plateau: break
        }
        if let window = analysis.window {
            all.append(trend(window, of: metric, noise: analysis.noise, gain: analysis.gain))
        }
        if let window = analysis.validationWindow, let validation {
            all.append(trend(window, of: validation, noise: analysis.validationNoise, gain: nil))
        }
        if analysis.verdict != .spike, analysis.verdict != .diverging { all += faults.prefix(3).map(text) }
        if faults.count > 3 { all.append("\(faults.count) excursions in all") }
        all += [best, sinceBest].compactMap(\.self)
        if let restart = analysis.restarts.last {
            all.append(
                "the learning rate was raised again \(count(analysis.restarts.count, "time")), last at step "
                    + "\(number(restart)); a rise there counts as no fault")
        }
        return all
    }

    private var falls: (better: String, worse: String) {
        analysis.curve.isHigherBetter ? ("rose", "fell") : ("fell", "rose")
    }

    /// `train_loss fell by 0.21 over steps 720 to 1,033 (17 records), by a robust line: 5.2 times its noise, 4.1
    /// standard errors`.
    private func trend(_ window: TrendWindow, of name: String, noise: Double?, gain: Double?) -> String {
        let (estimate, change, errors) = window.surer
        let means = estimate == .line ? "by a robust line" : "by the medians of the first and the last quarter"
        let place =
            "over steps \(number(window.firstStep)) to \(number(window.lastStep)) "
            + "(\(count(window.recordCount, "record")))"
        let verb = change <= 0 ? falls.better : falls.worse
        var units = "\(DecimalText.short(min(999, abs(errors)), digits: 2)) standard errors"
        if let noise, noise > 0 {
            units = "\(DecimalText.short(abs(change) / noise, digits: 2)) times its noise, \(units)"
        }
        guard abs(errors) >= 3 else {
            return "\(name) stayed level \(place): \(means) it \(verb) by "
                + "\(DecimalText.short(abs(change), digits: 3)), \(units)"
        }
        var text = "\(name) \(verb) by \(DecimalText.short(abs(change), digits: 3)) \(place), \(means): \(units)"
        if let gain, gain > 0, change < 0, -change < 0.01 * gain {
            text += "; that is less than 1% of the \(DecimalText.short(gain, digits: 3)) it had gained"
        }
        return text
    }

    private func text(_ excursion: Excursion) -> String {
        var text = "\(metric) was "
        if let peak = excursion.peak {
            text += "\(DecimalText.short(analysis.curve.logged(peak)))"
            if excursion.height.isFinite {
                text += ", \(DecimalText.short(excursion.height, digits: 3)) off its best level"
                if let noise = analysis.noise, noise > 0 {
                    text += " (\(DecimalText.short(excursion.height / noise, digits: 2)) times its noise)"
                }
            }
            if excursion.isBroken { text += ", or NaN or infinite," }
        } else {
            text += "NaN or infinite"
        }
        text += " from step \(number(excursion.firstStep)) on"
        text += ", for \(count(excursion.recordCount, "record"))"
        if let back = excursion.recoveredStep { return text + "; back at step \(number(back))" }
        guard let last = excursion.returningStep else { return text + ", and has not come back" }
        return text + "; its last record, at step \(number(last)), is back, and one is too few to tell"
    }

    private var overfit: String {
        guard let trend = analysis.validation, let validation else { return "validation got worse" }
        var text =
            "\(validation) got worse by \(DecimalText.short(trend.rise, digits: 3)) since its best at step "
            + number(trend.bestStep)
        if trend.lastCount > 1 { text += ", by the median of its last \(trend.lastCount) records" }
        if let noise = trend.noise, noise > 0 {
            text += ", \(DecimalText.short(trend.rise / noise, digits: 2)) times its noise"
        }
        if let change = trend.trainingChange {
            let verb = change <= 0 ? "better" : "worse"
            text +=
                ", while \(metric), by medians of five records, got \(verb) by "
                + DecimalText.short(abs(change), digits: 3)
        }
        return text
    }

    private var best: String? {
        guard let best = analysis.curve.best, let last = analysis.curve.steps.last else { return nil }
        let value = DecimalText.short(analysis.curve.logged(best.value))
        return "\(metric) was best, \(value), at step \(number(best.step)) of \(number(last))"
    }

    private var sinceBest: String? {
        guard let trend = analysis.validation, let validation, let curve = analysis.validationCurve else { return nil }
        let value = DecimalText.short(curve.logged(trend.best))
        var text = "\(validation) was best, \(value), at step \(number(trend.bestStep))"
        text +=
            trend.recordsSinceBest == 0
            ? ", its last record" : ", \(count(trend.recordsSinceBest, "record")) before its last"
        if let atBest = trend.gapAtBest, let atEnd = trend.gapAtEnd {
            let gaps = [atBest, atEnd].map { DecimalText.short(curve.logged($0), digits: 3) }
            text += "; the gap to \(metric), by its median of five records, was \(gaps[0]) there"
            if trend.recordsSinceBest > 0 { text += " and is \(gaps[1]) at the end" }
        }
        return text
    }

    private func number(_ step: Int64) -> String { DecimalText.grouped(step) }
    private func count(_ count: Int, _ noun: String) -> String {
        "\(DecimalText.grouped(Int64(count))) \(noun)\(count == 1 ? "" : "s")"
    }
}
