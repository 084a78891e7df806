import Charts

extension ParetoReport {
    /// The points and the front as a picture: a file of its own.
    /// - Parameter title: what is compared.
    public func svg(titled title: String) -> String { chart(titled: title).document }

    /// The same for a terminal; the series are the points, in their order.
    public func panel(titled title: String) -> PlotPanel { PlotPanel(PanelShares.panel(of: chart(titled: title))) }

    private func chart(titled title: String) -> ScatterChart {
        let families = Self.families(points.map(\.scheme))
        let names = shortNames
        return ScatterChart(
            title, description: description, horizontal: Self.axis(x), vertical: Self.axis(y),
            betterX: Self.better(x), betterY: Self.better(y),
            points: zip(points, names).map { point, name in
                ScatterChart.Point(
                    name, detail: detail(point), x: point.x, y: point.y, isOnFront: point.isOnFront,
                    hue: families.firstIndex(of: Self.family(point.scheme)) ?? 0)
            }, groups: families.enumerated().map { ($0.element, $0.offset) })
    }

    private var description: String {
        let front = front.joined(separator: ", ")
        return "\(points.count) artifacts by \(x.name) (\(x.better) is better) and \(y.name) (\(y.better) is better). "
            + (points.isEmpty ? "None has both." : "No other beats \(front).")
    }

    private func detail(_ point: Point) -> String {
        let place = "\(x.name) \(DecimalText.short(point.x)), \(y.name) \(DecimalText.short(point.y))"
        return point.beatenBy.map { "\(place); beaten by \($0)" } ?? "\(place); on the front"
    }

    private static func axis(_ axis: Axis) -> Charts.Axis {
        let isBytes = ParetoColumn.all.contains { $0.name == axis.name && $0.isBytes }
        return Charts.Axis(
            axis.name, scale: axis.isLogarithmic ? .logarithmic : .linear, unit: isBytes ? .bytes : .plain)
    }

    private static func better(_ axis: Axis) -> ScatterChart.Better { axis.better == "lower" ? .lower : .higher }

    /// The tags, where all artifacts are of one model.
    private var shortNames: [String] {
        let parts = points.map { $0.name.split(separator: ":", maxSplits: 1).map(String.init) }
        guard Set(parts.map(\.first)).count == 1 else { return points.map(\.name) }
        return parts.map { $0.count > 1 ? $0[1] : "latest" }
    }

    /// `gguf` of `gguf-q4_k_m`: the family whose programs load it.
    private static func family(_ scheme: String) -> String {
        scheme.contains("-") ? String(scheme.prefix { $0 != "-" }) : "plain"
    }

    /// The families by number of points, the rest as one.
    private static func families(_ schemes: [String]) -> [String] {
        let counts = Dictionary(schemes.map { (family($0), 1) }, uniquingKeysWith: +)
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }
}
