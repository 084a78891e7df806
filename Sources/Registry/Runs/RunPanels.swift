import Charts
import Measurements

/// The panels in which runs are drawn, with the curves that stand in them.
///
/// One run has a hue for each metric, and names at the ends of its curves. Several have a hue for each run and a legend.
/// Training is drawn through, validation dashed.
struct RunPanels {
    private let runs: [PlottedRun]
    private var isOne: Bool { runs.count == 1 }

    init(_ runs: [PlottedRun]) { self.runs = runs }

    /// A loss that falls by more than this factor is drawn on a logarithmic axis, or its end would be one flat line.
    private static let widestLinearFactor = 30.0

    private enum Part: CaseIterable { case loss, accuracy, learningRate, gap }

    /// A curve before it is drawn.
    private struct Line {
        let run: String
        let metric: String
        let isValidation: Bool
        let points: [LineChart.Point]
    }

    var chart: LineChart {
        let title = isOne ? "Run \(runs[0].name)" : "\(runs.count) runs"
        let panels = parts.map { part, lines in panel(part, lines) }
        let drawn = panels.map(\.title).joined(separator: "; ")
        let names = runs.map(\.name).joined(separator: ", ")
        return LineChart(
            title, description: "Curves over training steps of \(names), in panels: \(drawn).", axis: Axis("step"),
            panels: panels, legend: isOne ? [] : legend)
    }

    var report: [RunPlotReport.Panel] {
        parts.map { part, lines in
            let panel = panel(part, lines)
            return RunPlotReport.Panel(
                title: panel.title, isLogarithmic: panel.axis.scale == .logarithmic,
                curves: lines.map { line in
                    RunPlotReport.Curve(
                        run: line.run, metric: line.metric, records: line.points.count,
                        nonfinite: line.points.count { !$0.y.isFinite })
                })
        }
    }

    /// The parts that there is something to draw of.
    private var parts: [(Part, [Line])] {
        Part.allCases.map { ($0, lines($0)) }.filter { !$0.1.isEmpty }
    }

    private func lines(_ part: Part) -> [Line] {
        runs.flatMap { run -> [Line] in
            func line(_ metric: String?, isValidation: Bool = false) -> Line? {
                metric.map {
                    Line(run: run.name, metric: $0, isValidation: isValidation, points: run.line($0))
                }
            }
            let lines: [Line?]
            switch part {
            case .loss: lines = [line(run.curves.main), line(run.curves.validation, isValidation: true)]
            case .accuracy:
                let pair = run.curves.accuracy
                lines = [line(pair?.training), line(pair?.validation, isValidation: true)]
            case .learningRate: lines = [line(run.curves.learningRate)]
            case .gap:
                let name = run.curves.validation.map { "\($0) − \(run.curves.main)" }
                lines = [name.map { Line(run: run.name, metric: $0, isValidation: false, points: run.gap) }]
            }
            return lines.compactMap(\.self).filter { !$0.points.isEmpty }
        }
    }

    private func panel(_ part: Part, _ lines: [Line]) -> LineChart.Panel {
        let names = lines.reduce(into: [String]()) { names, line in
            if !names.contains(line.metric) { names.append(line.metric) }
        }
        let axis = axis(part, lines)
        let series = lines.map { line in
            LineChart.Series(
                isOne ? line.metric : "\(line.run) \(line.metric)", line.points, stroke: stroke(of: line, part),
                marks: line.isValidation && line.points.count <= 60 ? .every : isOne ? .none : .sparse,
                endLabel: !isOne ? nil : part == .gap ? "gap" : line.metric)
        }
        let heading: String
        switch part {
        case .loss, .accuracy: heading = names.joined(separator: ", ")
        case .learningRate: heading = "learning rate"
        case .gap: heading = "gap of validation" + (names.count == 1 ? ": \(names[0])" : "")
        }
        return LineChart.Panel(
            heading + (axis.scale == .logarithmic ? " (log scale)" : ""), axis: axis, series: series,
            callouts: part == .loss ? callouts(lines) : [], reference: part == .gap ? 0 : nil,
            height: part == .loss ? 230 : part == .accuracy ? 150 : 90)
    }

    private func axis(_ part: Part, _ lines: [Line]) -> Axis {
        if part == .learningRate { return Axis("learning rate", scale: .logarithmic) }
        let values = lines.lazy.flatMap(\.points).map(\.y).filter(\.isFinite)
        guard part == .loss, let low = values.min(), let high = values.max(), low > 0,
            high / low > Self.widestLinearFactor
        else { return Axis("") }
        return Axis("", scale: .logarithmic)
    }

    private func stroke(of line: Line, _ part: Part) -> LineStroke {
        guard isOne else {
            let place = runs.firstIndex { $0.name == line.run } ?? 0
            let isLater = place >= ChartTheme.hueCount
            let dash: LineStroke.Dash =
                line.isValidation ? (isLater ? .dashDotted : .dashed) : isLater ? .dotted : .solid
            return LineStroke(hue: place, dash: dash)
        }
        switch part {
        case .loss, .accuracy:
            return LineStroke(hue: line.isValidation ? 1 : 0, dash: line.isValidation ? .dashed : .solid)
        case .learningRate: return LineStroke(hue: 2)
        case .gap: return LineStroke(hue: 3)
        }
    }

    /// The best record of each run: of validation where there is one.
    private func callouts(_ lines: [Line]) -> [LineChart.Callout] {
        runs.enumerated().compactMap { place, run in
            let metric = run.curves.validation ?? run.curves.main
            let curve = Curve(run.points[metric] ?? [], isHigherBetter: run.curves.isHigherBetter)
            guard let best = curve.best else { return nil }
            let value = DecimalText.short(curve.logged(best.value))
            let label = isOne ? "best \(metric): \(value) at step \(DecimalText.grouped(best.step))" : value
            return LineChart.Callout(
                .init(x: Double(best.step), y: curve.logged(best.value)), label: runs.count > 4 ? "" : label, hue: place
            )
        }
    }

    private var legend: [LineChart.Key] {
        let keys = runs.enumerated().map { place, run in
            LineChart.Key(
                run.name,
                stroke: LineStroke(hue: place, dash: place < ChartTheme.hueCount ? .solid : .dotted), marks: .sparse)
        }
        let hasValidation = runs.contains { $0.curves.validation != nil }
        return keys + (hasValidation ? [LineChart.Key("validation", dash: .dashed)] : [])
    }
}
