import Catalog
import Charts
import Measurements

extension ModelRegistry {
    /// The most runs in one picture: more curves than that are a thicket.
    public static let mostPlottedRuns = 12

    /// Draws the curves of runs over their steps: the loss, an accuracy, the learning rate, and the gap of validation.
    /// - Parameters:
    ///   - metric: the metric of the first panel; nil takes each run's loss, by its name.
    ///   - validation: the same on validation data; nil finds it by its name.
    public func plotRuns(
        _ names: [String], metric: String? = nil, validation: String? = nil
    ) throws -> RunPlot {
        guard (1...Self.mostPlottedRuns).contains(names.count) else {
            throw RegistryError(
                "\(names.count) runs cannot be drawn in one picture",
                remedy: "Name 1 to \(Self.mostPlottedRuns) of them")
        }
        var runs: [PlottedRun] = []
        for name in names where !runs.contains(where: { $0.name == name }) {
            runs.append(try plottedRun(named: name, metric: metric, validation: validation))
        }
        let panels = RunPanels(runs)
        let chart = panels.chart
        return RunPlot(
            report: RunPlotReport(
                runs: runs.map(\.name), panels: panels.report, path: nil, notes: runs.flatMap(\.curves.notes)),
            panels: PanelShares.panels(of: chart).map(PlotPanel.init), svg: chart.document)
    }

    /// A run with the values of the metrics that are drawn of it.
    func plottedRun(named name: String, metric: String? = nil, validation: String? = nil) throws -> PlottedRun {
        let record = try catalog.run(named: name)
        let curves = try RunCurves(catalog.metrics(ofRun: record.id), run: record.name, metric, validation)
        let wanted = [
            curves.main, curves.validation, curves.accuracy?.training, curves.accuracy?.validation,
            curves.learningRate,
        ]
        var points: [String: [RunValues.Point]] = [:]
        for metric in wanted.compactMap(\.self) where points[metric] == nil {
            points[metric] = try catalog.history(ofRun: record.id, metric: metric)[metric]
        }
        return PlottedRun(name: record.name, curves: curves, points: points)
    }
}

/// One run of a picture, with the values of the metrics that are drawn.
struct PlottedRun {
    let name: String
    let curves: RunCurves
    let points: [String: [RunValues.Point]]

    /// Values over steps; those that were logged twice for a step stay both.
    func line(_ metric: String) -> [LineChart.Point] {
        (points[metric] ?? []).map { LineChart.Point(x: Double($0.step), y: $0.value) }
    }

    /// Validation above training at each step of validation.
    var gap: [LineChart.Point] {
        guard let validation = curves.validation, let held = points[validation] else { return [] }
        let training = Curve(points[curves.main] ?? [], isHigherBetter: false)
        return held.compactMap { point in
            training.level(around: point.step).map { LineChart.Point(x: Double(point.step), y: point.value - $0) }
        }
    }
}
