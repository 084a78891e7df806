/// Lays out a scatter chart and draws it.
struct ScatterChartDrawing {
    private(set) var drawing = Drawing()
    private(set) var height = 0.0
    private let chart: ScatterChart
    private let area: LabelBox
    private let horizontal: Projection
    private let vertical: Projection
    private let columns: Ticks
    private let rows: Ticks

    /// A point on paper.
    private struct Spot {
        let point: ScatterChart.Point
        let x: Double
        let y: Double
    }

    init(_ chart: ScatterChart) {
        self.chart = chart
        let rangeX = chart.horizontal.range(of: chart.points.map(\.x), margin: 0.08)
        let rangeY = chart.vertical.range(of: chart.points.map(\.y), margin: 0.1)
        rows = Ticks(chart.vertical, over: rangeY, most: max(2, Int(chart.height / 35)))
        let labelWidth = rows.marks.map { TextExtent.width($0.label, fontSize: 11) }.max() ?? 20
        let top = chart.groups.count > 1 ? 76.0 : 58.0
        let left = 26 + labelWidth
        area = LabelBox(x: left, y: top, width: chart.width - left - 18, height: chart.height)
        horizontal = Projection(chart.horizontal, rangeX, from: area.x, to: area.x + area.width)
        vertical = Projection(chart.vertical, rangeY, from: area.y + area.height, to: area.y)
        columns = Ticks(chart.horizontal, over: rangeX, most: max(2, Int(area.width / 85)))
        height = area.y + area.height + 46
        let spots = chart.points.compactMap { point in
            if let x = horizontal(point.x), let y = vertical(point.y) { Spot(point: point, x: x, y: y) } else { nil }
        }
        drawHead()
        drawGrid()
        let steps = frontSteps(spots)
        drawFront(steps)
        drawLabels(of: spots, around: steps)
    }

    private mutating func drawHead() {
        let title = TextExtent.fitted(chart.title, in: chart.width - 32, fontSize: 15)
        drawing.text(title, x: 16, y: 24, size: 15, color: .ink, isBold: true)
        var x = 16.0
        if chart.groups.count > 1 {
            for group in chart.groups where x < chart.width - 60 {
                let mark = MarkShape.of(hue: group.hue)
                drawing.add(mark.element(x: x + 5, y: 42, radius: 4.5, color: .hue(group.hue)))
                let name = TextExtent.fitted(group.name, in: chart.width - x - 40, fontSize: 12)
                drawing.text(name, x: x + 15, y: 46, size: 12, color: .ink)
                x += 15 + TextExtent.width(name, fontSize: 12) + 20
            }
        }
        let heading = Self.title(chart.vertical, chart.betterY)
        drawing.text(heading, x: 16, y: area.y - 12, size: 12, color: .ink)
    }

    private static func title(_ axis: Axis, _ better: ScatterChart.Better) -> String {
        let scale = axis.scale == .logarithmic ? ", log scale" : ""
        return "\(axis.title) (\(better == .lower ? "lower" : "higher") is better\(scale))"
    }

    private mutating func drawGrid() {
        let (right, bottom) = (area.x + area.width, area.y + area.height)
        for mark in rows.marks {
            guard let y = vertical(mark.value) else { continue }
            drawing.line(area.x, y, right, y, color: .rule)
            drawing.text(mark.label, x: area.x - 7, y: y + 4, anchor: .end)
        }
        for mark in columns.marks {
            guard let x = horizontal(mark.value) else { continue }
            drawing.line(x, area.y, x, bottom, color: .rule)
            drawing.text(mark.label, x: x, y: bottom + 16, anchor: .middle)
        }
        drawing.line(area.x, bottom, right, bottom, color: .edge)
        drawing.line(area.x, area.y, area.x, bottom, color: .edge)
        let title = Self.title(chart.horizontal, chart.betterX)
        drawing.text(title, x: area.x + area.width / 2, y: bottom + 36, size: 12, anchor: .middle, color: .ink)
    }

    /// The corners of the front's line, from the good end of the horizontal axis to the bad one: what lies behind it
    /// is beaten by one of its points.
    private func frontSteps(_ spots: [Spot]) -> [(x: Double, y: Double)] {
        let isLower = chart.betterX == .lower
        let front = spots.filter(\.point.isOnFront).sorted { isLower ? $0.x < $1.x : $0.x > $1.x }
        guard let first = front.first, let last = front.last else { return [] }
        let worstY = chart.betterY == .lower ? area.y : area.y + area.height
        let worstX = isLower ? area.x + area.width : area.x
        var steps = [(x: first.x, y: worstY), (x: first.x, y: first.y)]
        for spot in front.dropFirst() {
            steps.append((spot.x, steps.last?.y ?? spot.y))
            steps.append((spot.x, spot.y))
        }
        steps.append((worstX, last.y))
        return steps
    }

    private mutating func drawFront(_ steps: [(x: Double, y: Double)]) {
        guard let first = steps.first, let last = steps.last else { return }
        let line = "M" + steps.map { Drawing.pair($0.x, $0.y) }.joined(separator: "L")
        let beaten = line + "L\(Drawing.pair(last.x, first.y))Z"
        drawing.add(
            SVGElement("path", [("d", beaten), ("fill-opacity", "0.07")] + ChartColor.muted.fill))
        drawing.path(line, color: .ink, width: 1.3, dash: "5 3")
    }

    /// Labels of the front first: they find the best places.
    private mutating func drawLabels(of spots: [Spot], around steps: [(x: Double, y: Double)]) {
        var placement = LabelPlacement(in: area)
        for spot in spots { placement.avoid(x: spot.x, y: spot.y, radius: 5) }
        for (from, to) in zip(steps, steps.dropFirst()) {
            let count = max(1, Int((abs(to.x - from.x) + abs(to.y - from.y)) / 6))
            for step in 0...count {
                let share = Double(step) / Double(count)
                let (x, y) = (from.x + share * (to.x - from.x), from.y + share * (to.y - from.y))
                placement.avoid(x: x, y: y, radius: 1.5)
            }
        }
        let ordered = spots.filter(\.point.isOnFront) + spots.filter { !$0.point.isOnFront }
        for spot in ordered { drawLabel(of: spot, &placement) }
        for spot in ordered { drawing.add(mark(spot)) }
    }

    private mutating func drawLabel(of spot: Spot, _ placement: inout LabelPlacement) {
        let label = TextExtent.fitted(spot.point.label, in: 180, fontSize: 11)
        let width = TextExtent.width(label, fontSize: 11) * (spot.point.isOnFront ? TextExtent.bold : 1)
        guard let box = placement.place(width: width, height: 14, atX: spot.x, y: spot.y, from: 9) else { return }
        let nearX = min(max(spot.x, box.x), box.x + width)
        let nearY = min(max(spot.y, box.y + 2), box.y + 12)
        let distance = abs(nearX - spot.x) + abs(nearY - spot.y)
        if distance > 16 { drawing.line(spot.x, spot.y, nearX, nearY, color: .edge, width: 0.7) }
        drawing.text(
            label, x: box.x, y: box.y + 11, color: spot.point.isOnFront ? .ink : .muted,
            isBold: spot.point.isOnFront, hasHalo: true)
    }

    private func mark(_ spot: Spot) -> SVGElement {
        let radius = spot.point.isOnFront ? 5.5 : 4
        let shape = MarkShape.of(hue: spot.point.hue)
        let mark = shape.element(x: spot.x, y: spot.y, radius: radius, color: .hue(spot.point.hue))
        let detail = spot.point.detail.isEmpty ? "" : ": \(spot.point.detail)"
        return SVGElement("g", [], [SVGElement("title", words: spot.point.label + detail), mark])
    }
}
