/// A panel of a chart in shares of its axes, for drawing where there is no SVG: 0 is left or bottom, 1 right or top.
package struct PanelShares: Equatable, Sendable {
    /// A place on the panel.
    package struct Place: Equatable, Sendable {
        package let x: Double
        package let y: Double
    }

    /// A tick of an axis.
    package struct Tick: Equatable, Sendable {
        package let share: Double
        package let label: String
    }

    /// A curve, or points.
    package struct Series: Equatable, Sendable {
        package let name: String
        package let hue: Int
        /// Runs of places that a line connects; points are runs of one.
        package let pieces: [[Place]]
        /// Where on the horizontal axis values were that are no numbers.
        package let missing: [Double]
    }

    package let title: String
    package let columns: [Tick]
    package let rows: [Tick]
    package let series: [Series]

    /// Distances are measured on so many units, so that thinning keeps as much as a wide terminal can show.
    private static let units = 1_000.0

    private static func ticks(_ ticks: Ticks, _ projection: Projection) -> [Tick] {
        ticks.marks.compactMap { mark in
            projection(mark.value).map { Tick(share: $0 / units, label: mark.label) }
        }
    }

    private init(
        _ title: String, _ horizontal: Axis, _ vertical: Axis,
        _ ranges: (x: ClosedRange<Double>, y: ClosedRange<Double>),
        _ series: [(name: String, hue: Int, points: [LineChart.Point], isLine: Bool)]
    ) {
        let x = Projection(horizontal, ranges.x, from: 0, to: Self.units)
        let y = Projection(vertical, ranges.y, from: 0, to: Self.units)
        self.title = title
        columns = Self.ticks(Ticks(horizontal, over: ranges.x, most: 6), x)
        rows = Self.ticks(Ticks(vertical, over: ranges.y, most: 5), y)
        self.series = series.map { line in
            let path = PixelPath(line.points, x: x, y: y)
            let pieces = path.pieces.map { piece in
                piece.map { Place(x: $0.x / Self.units, y: $0.y / Self.units) }
            }
            return Series(
                name: line.name, hue: line.hue, pieces: line.isLine ? pieces : pieces.joined().map { [$0] },
                missing: path.missing.map { $0 / Self.units })
        }
    }

    /// The panels of a line chart.
    package static func panels(of chart: LineChart) -> [Self] {
        let across = chart.axis.range(
            of: chart.panels.lazy.flatMap(\.series).flatMap(\.points).map(\.x), margin: 0)
        return chart.panels.map { panel in
            let up = panel.axis.range(of: panel.series.lazy.flatMap(\.points).map(\.y), margin: 0.03)
            return Self(
                panel.title, chart.axis, panel.axis, (across, up),
                panel.series.map { ($0.name, $0.stroke.hue, $0.points, true) })
        }
    }

    /// A scatter chart: each point is a series, named by its label.
    package static func panel(of chart: ScatterChart) -> Self {
        let across = chart.horizontal.range(of: chart.points.map(\.x), margin: 0.05)
        let up = chart.vertical.range(of: chart.points.map(\.y), margin: 0.08)
        return Self(
            chart.title, chart.horizontal, chart.vertical, (across, up),
            chart.points.map { ($0.label, $0.hue, [LineChart.Point(x: $0.x, y: $0.y)], false) })
    }
}
