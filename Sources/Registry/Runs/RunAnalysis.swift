import Bytes
import Catalog
import Measurements

extension ModelRegistry {
    /// Judges a run by its loss: what it does, and what that rests on.
    /// - Parameters:
    ///   - metric: the metric to judge; nil takes the loss, or else an accuracy, by its name.
    ///   - validation: the same on validation data; nil finds it by its name.
    public func analyzeRun(
        named name: String, metric: String? = nil, validation: String? = nil
    ) throws -> RunAnalysisReport {
        let record = try catalog.run(named: name)
        let curves = try RunCurves(catalog.metrics(ofRun: record.id), run: record.name, metric, validation)
        func points(_ metric: String?) throws -> [RunValues.Point] {
            try metric.map { try catalog.history(ofRun: record.id, metric: $0)[$0] } ?? []
        }
        let analysis = CurveAnalysis(
            training: try points(curves.main), validation: try points(curves.validation),
            learningRate: try points(curves.learningRate), isHigherBetter: curves.isHigherBetter)
        return RunAnalysisReport(analysis, of: record.name, curves)
    }
}

/// Which metrics of a run are judged and drawn.
struct RunCurves {
    /// The metric that is judged: of training, or of validation where only that was logged.
    let main: String
    let validation: String?
    /// Nil when `main` is one itself, or there is none.
    let accuracy: MetricChoice.Pair?
    let learningRate: String?
    let isHigherBetter: Bool
    let notes: [String]

    /// - Throws: `RegistryError` when there is no such metric, or none whose name tells that it is a loss.
    init(_ metrics: [MetricRecord], run: String, _ metric: String?, _ validation: String?) throws {
        let known = metrics.map { (name: $0.name, count: $0.valueCount) }
        for asked in [metric, validation].compactMap(\.self) where !known.contains(where: { $0.name == asked }) {
            throw RegistryError(
                "the run '\(run)' has no metric '\(asked.shortened)'",
                remedy: "It has \(Self.list(known.map(\.name)))")
        }
        let choice = MetricChoice(known)
        let pair = metric.map {
            MetricChoice.Pair(training: $0, validation: MetricChoice.partner(of: $0, among: known))
        }
        guard let pair = pair ?? choice.loss ?? choice.accuracy, let main = pair.main else {
            throw RegistryError(
                "no metric of the run '\(run)' is called as a loss or an accuracy is",
                remedy: known.isEmpty
                    ? "It has no values: mend its log ('ingot runs show' names it), remove the run, and import it again"
                    : "Name one with --metric: \(Self.list(known.map(\.name)))")
        }
        self.main = main
        let partner = validation ?? (pair.training == nil ? nil : pair.validation)
        self.validation = partner == main ? nil : partner
        accuracy = choice.accuracy.flatMap { $0.main == main ? nil : $0 }
        learningRate = choice.learningRate == main ? nil : choice.learningRate
        let record = metrics.first { $0.name == main }
        let direction = record?.isHigherBetter ?? MetricDirection.isHigherBetter(main)
        isHigherBetter = direction ?? false
        notes = direction == nil ? ["the name '\(main.shortened)' does not tell what is better: lower is assumed"] : []
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(20).map(\.shortened).joined(separator: ", ")
            + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }
}

extension RunAnalysisReport {
    fileprivate init(_ analysis: CurveAnalysis, of run: String, _ curves: RunCurves) {
        let curve = analysis.curve
        self.run = run
        verdict = analysis.verdict.rawValue
        evidence = RunEvidence(analysis, metric: curves.main, validation: curves.validation).sentences
        metric = Metric(curve, named: curves.main, noise: analysis.noise)
        validation = analysis.validationCurve.flatMap { curve in
            curves.validation.map { Metric(curve, named: $0, noise: analysis.validationNoise) }
        }
        window = analysis.window.map { Window($0, curve, noise: analysis.noise) }
        validationWindow = analysis.validationWindow.flatMap { window in
            analysis.validationCurve.map { Window(window, $0, noise: analysis.validationNoise) }
        }
        sinceBest = analysis.validation.map { SinceBest($0, curve) }
        excursions = analysis.excursions.map { Excursion($0, curve) }
        learningRate = curves.learningRate
        restartSteps = analysis.restarts
        notes = curves.notes
    }
}

extension RunAnalysisReport.Metric {
    fileprivate init(_ curve: Curve, named name: String, noise: Double?) {
        self.init(
            name: name, higherIsBetter: curve.isHigherBetter, records: curve.values.count,
            nonfinite: curve.brokenSteps.count, firstStep: curve.steps.first, lastStep: curve.steps.last,
            last: curve.values.last.map(curve.logged), best: curve.best.map { curve.logged($0.value) },
            bestStep: curve.best?.step, noise: noise)
    }
}

extension RunAnalysisReport.Window {
    fileprivate init(_ window: TrendWindow, _ curve: Curve, noise: Double?) {
        let (estimate, change, significance) = window.surer
        self.init(
            firstStep: window.firstStep, lastStep: window.lastStep, records: window.recordCount,
            slope: curve.logged(window.slope), estimate: estimate.rawValue, change: curve.logged(change),
            changeInNoise: noise.flatMap { $0 > 0 ? curve.logged(change) / $0 : nil },
            changeInErrors: curve.logged(max(-999, min(999, significance))))
    }
}

extension RunAnalysisReport.SinceBest {
    fileprivate init(_ trend: ValidationTrend, _ curve: Curve) {
        self.init(
            bestStep: trend.bestStep, records: trend.recordsSinceBest, worsening: trend.rise,
            worseningInNoise: trend.noise.flatMap { $0 > 0 ? trend.rise / $0 : nil },
            trainingGain: trend.trainingChange.map { 0 - $0 }, gapAtBest: trend.gapAtBest.map(curve.logged),
            gapAtEnd: trend.gapAtEnd.map(curve.logged))
    }
}

extension RunAnalysisReport.Excursion {
    fileprivate init(_ excursion: Excursion, _ curve: Curve) {
        self.init(
            firstStep: excursion.firstStep, records: excursion.recordCount, peak: excursion.peak.map(curve.logged),
            height: excursion.height.isFinite ? excursion.height : nil, hasNonfinite: excursion.isBroken,
            recoveredStep: excursion.recoveredStep, returningStep: excursion.returningStep,
            followsRestart: excursion.followsRestart)
    }
}
