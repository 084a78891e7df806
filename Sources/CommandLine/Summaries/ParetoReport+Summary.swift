import Registry

extension ParetoReport {
    /// The front for a person: a picture of signs, and a table that says by whom the others are beaten.
    func summary(_ terminal: TerminalStyle, _ bars: BarStyle, titled title: String) throws -> [String] {
        var lines = leftOut.map { "not drawn: \(TerminalText.escaped($0.name)), \(TerminalText.escaped($0.reason))" }
        guard !points.isEmpty else {
            return ["no artifact has both \(TerminalText.escaped(x.name)) and \(TerminalText.escaped(y.name))"] + lines
        }
        if !lines.isEmpty { lines.append("") }
        let ordered = order
        let canvas = TerminalPlot(bars, terminal)
        lines += canvas.scatter(
            panel(titled: title), height: 14, signs: points.indices.map { ordered.firstIndex(of: $0) ?? 0 },
            isBold: points.map(\.isOnFront))
        lines.append("")
        let columns: [Column<Int>] = [
            Column("") { .text(PlotSign.text(ordered.firstIndex(of: $0) ?? 0)) },
            Column("name") { .text(points[$0].name) }, Column(x.name) { value(points[$0].x, x) },
            Column(y.name) { value(points[$0].y, y) },
            Column("front") { .text(points[$0].beatenBy.map { "beaten by \($0)" } ?? "on the front") },
        ]
        return lines
            + (try TextTable.lines(columns.map(\.name), ordered.map { row in columns.map { $0.cell(row) } }, terminal))
    }

    /// The front from its one end to the other, then the others by x.
    private var order: [Int] {
        let isLower = x.better == "lower"
        let sorted = points.indices.sorted { left, right in
            isLower
                ? (points[left].x, left) < (points[right].x, right) : (points[right].x, left) < (points[left].x, right)
        }
        return sorted.filter { points[$0].isOnFront } + sorted.filter { !points[$0].isOnFront }
    }

    private func value(_ value: Double, _ axis: Axis) -> Cell {
        axis.name.hasSuffix("_bytes") ? .figure(Figures.bytes(Int(value))) : .optional(value)
    }
}

/// The signs that stand for points in a terminal.
enum PlotSign {
    private static let signs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// `A` for the first; beyond the letters all are `*`.
    static func text(_ index: Int) -> String { signs.indices.contains(index) ? String(signs[index]) : "*" }
}
