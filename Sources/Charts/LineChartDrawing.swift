/// Lays out a line chart and draws it.
struct LineChartDrawing {
    private(set) var drawing = Drawing()
    private(set) var height = 0.0
    private let chart: LineChart
    private let left: Double
    private let right: Double
    private let horizontal: Projection
    private let columns: Ticks

    private static let labelSize = 11.0
    private static let panelGap = 34.0
    private static let longestEndLabel = 190.0

    /// A panel's vertical axis, ready for drawing.
    private struct Rows {
        let ticks: Ticks
        let range: ClosedRange<Double>
    }

    init(_ chart: LineChart) {
        self.chart = chart
        let rows = chart.panels.map(Self.rows)
        let labels = rows.flatMap { $0.ticks.marks.map { TextExtent.width($0.label, fontSize: Self.labelSize) } }
        left = 24 + (labels.max() ?? 20)
        let ends = chart.panels.flatMap(\.series).compactMap(\.endLabel)
            .map { TextExtent.width($0, fontSize: Self.labelSize) * TextExtent.bold }
        right = chart.width - min(Self.longestEndLabel, max(16, 18 + (ends.max() ?? 0)))
        let range = chart.axis.range(
            of: chart.panels.lazy.flatMap(\.series).flatMap(\.points).map(\.x), margin: 0)
        horizontal = Projection(chart.axis, range, from: left, to: right)
        columns = Ticks(chart.axis, over: range, most: max(2, Int((right - left) / 80)))
        var top = drawHead()
        for (panel, rows) in zip(chart.panels, rows) {
            draw(panel, rows, top: top + 20)
            top += 20 + panel.height + Self.panelGap
        }
        height = top - Self.panelGap + 44
        drawing.text(
            chart.axis.title, x: (left + right) / 2, y: height - 8, size: 12, anchor: .middle, color: .ink)
    }

    private static func rows(_ panel: LineChart.Panel) -> Rows {
        let extra = [panel.reference].compactMap(\.self) + panel.callouts.map(\.point.y)
        let values = panel.series.lazy.flatMap(\.points).map(\.y)
        let range = panel.axis.range(of: Array(values) + extra, margin: 0.06)
        let apart = panel.axis.scale == .linear ? 30.0 : 20
        return Rows(ticks: Ticks(panel.axis, over: range, most: max(2, Int(panel.height / apart))), range: range)
    }

    /// The title and the legend; returns where they end.
    private mutating func drawHead() -> Double {
        let title = TextExtent.fitted(chart.title, in: chart.width - 32, fontSize: 15)
        drawing.text(title, x: 16, y: 24, size: 15, color: .ink, isBold: true)
        guard !chart.legend.isEmpty else { return 34 }
        var (x, y) = (16.0, 46.0)
        for key in chart.legend {
            let name = TextExtent.fitted(key.name, in: chart.width - 80, fontSize: 12)
            let extent = 34 + TextExtent.width(name, fontSize: 12) + 18
            if x > 16, x + extent > chart.width { (x, y) = (16, y + 18) }
            drawing.line(
                x, y - 4, x + 26, y - 4, color: key.isOfDashes ? .muted : key.stroke.color,
                width: key.stroke.width + 0.3,
                dash: key.stroke.dash.pattern)
            if key.marks != .none { mark(PixelPath.Place(x: x + 13, y: y - 4), key.stroke) }
            drawing.text(name, x: x + 32, y: y, size: 12, color: .ink)
            x += extent
        }
        return y + 10
    }

    private mutating func draw(_ panel: LineChart.Panel, _ rows: Rows, top: Double) {
        let vertical = Projection(panel.axis, rows.range, from: top + panel.height, to: top)
        drawing.text(panel.title, x: left, y: top - 7, size: 12, color: .ink, isBold: true)
        drawGrid(panel, rows.ticks, vertical)
        if let reference = panel.reference.flatMap({ vertical($0) }) {
            drawing.line(left, reference, right, reference, color: .edge)
        }
        let paths = panel.series.map { PixelPath($0.points, x: horizontal, y: vertical) }
        for (series, path) in zip(panel.series, paths) { draw(series, path, top: top) }
        drawEndLabels(panel, paths, top: top)
        drawCallouts(panel, paths, vertical, top: top)
    }

    private mutating func drawGrid(_ panel: LineChart.Panel, _ ticks: Ticks, _ vertical: Projection) {
        for mark in ticks.marks {
            guard let y = vertical(mark.value) else { continue }
            drawing.line(left, y, right, y, color: .rule)
            drawing.text(mark.label, x: left - 7, y: y + 4, size: Self.labelSize, anchor: .end)
        }
        for mark in columns.marks {
            guard let x = horizontal(mark.value) else { continue }
            drawing.line(x, vertical.end, x, vertical.start, color: .rule)
            drawing.text(mark.label, x: x, y: vertical.start + 16, size: Self.labelSize, anchor: .middle)
        }
        drawing.line(left, vertical.start, right, vertical.start, color: .edge)
    }

    private mutating func draw(_ series: LineChart.Series, _ path: PixelPath, top: Double) {
        guard !path.pieces.isEmpty || !path.missing.isEmpty else { return }
        drawing.path(
            path.commands, color: series.stroke.color, width: series.stroke.width, dash: series.stroke.dash.pattern)
        let spacing = series.marks == .every ? 9.0 : (right - left) / 7
        // Marks of series that run together stand beside each other.
        let offset = series.marks == .every ? 0 : spacing * (0.2 + 0.13 * Double(series.stroke.hue % 6))
        if series.marks != .none {
            for place in path.spread(by: spacing, offset: offset) { mark(place, series.stroke) }
        }
        for x in path.missing {
            drawing.path(MarkShape.crossPath(x, top + 5, 3), color: series.stroke.color, width: 1.6)
        }
    }

    private mutating func mark(_ place: PixelPath.Place, _ stroke: LineStroke) {
        drawing.add(
            MarkShape.of(hue: stroke.hue).element(x: place.x, y: place.y, radius: 3.2, color: stroke.color))
    }

    /// Names at the ends of the lines, moved apart where they would lie on each other.
    private mutating func drawEndLabels(_ panel: LineChart.Panel, _ paths: [PixelPath], top: Double) {
        var ends: [(label: String, place: PixelPath.Place, stroke: LineStroke)] = []
        for (series, path) in zip(panel.series, paths) {
            guard let label = series.endLabel, let place = path.pieces.last?.last else { continue }
            ends.append((label, place, series.stroke))
        }
        ends.sort { ($0.place.y, $0.stroke.hue) < ($1.place.y, $1.stroke.hue) }
        let rows = LabelColumn.spread(ends.map(\.place.y), apart: 14, in: (top + 4)...(top + panel.height - 2))
        let room = chart.width - right - 14
        for (end, y) in zip(ends, rows) {
            let start = max(end.place.x, right)
            if abs(y - end.place.y) > 3 || end.place.x < right - 2 {
                drawing.line(end.place.x + 2, end.place.y, start + 7, y, color: .edge, width: 0.7)
            }
            let label = TextExtent.fitted(end.label, in: room / TextExtent.bold, fontSize: Self.labelSize)
            drawing.text(
                label, x: right + 10, y: y + 4, size: Self.labelSize, color: end.stroke.color, isBold: true)
        }
    }

    /// Places along a line, close enough that no label slips between them.
    private static func trail(_ piece: [PixelPath.Place]) -> [PixelPath.Place] {
        zip(piece, piece.dropFirst()).flatMap { from, to -> [PixelPath.Place] in
            let count = max(1, Int(max(abs(to.x - from.x), abs(to.y - from.y)) / 5))
            return (0...count).map { step in
                let share = Double(step) / Double(count)
                return PixelPath.Place(x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y))
            }
        }
    }

    private mutating func drawCallouts(
        _ panel: LineChart.Panel, _ paths: [PixelPath], _ vertical: Projection, top: Double
    ) {
        var placement = LabelPlacement(in: LabelBox(x: left, y: top, width: right - left, height: panel.height))
        for place in paths.flatMap(\.pieces).flatMap(Self.trail) { placement.avoid(x: place.x, y: place.y, radius: 2) }
        for callout in panel.callouts {
            guard let x = horizontal(callout.point.x), let y = vertical(callout.point.y) else { continue }
            drawing.add(MarkShape.ring.element(x: x, y: y, radius: 5, color: .ink))
            let width = TextExtent.width(callout.label, fontSize: Self.labelSize)
            let box = placement.place(width: width, height: 14, atX: x, y: y, from: 8)
            if let box {
                drawing.text(
                    callout.label, x: box.x, y: box.y + 11, size: Self.labelSize, color: .ink, hasHalo: true)
            }
        }
    }
}
