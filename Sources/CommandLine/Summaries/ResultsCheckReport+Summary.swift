import Registry

extension ResultsCheckReport {
    /// What `results check` found, for a person: a row for each comparison, and why some failed.
    func summary(_ terminal: TerminalStyle) throws -> [String] {
        let columns = shown
        let cells = rows.map { row in columns.map { $0.cell(row) } }
        var lines = try TextTable.lines(columns.map(\.name), cells, terminal)
        lines += rows.filter { $0.reason != nil }.map { row in
            let what = [row.task, row.metric].compactMap(\.self).joined(separator: " ")
            return TerminalText.escaped("\(what): \(row.reason ?? "")")
        }
        let failed = rows.count { !$0.passed }
        let beyond = rows.count { row in row.drop.map { $0 > row.allowed ?? .infinity } ?? false }
        let verdict =
            !passed
            ? "failed: \(Figures.grouped(failed)) of \(Figures.count(rows.count, "comparison"))"
            : beyond == 0
                ? "passed: \(name) is within the limits of \(against)"
                : "passed: \(Figures.grouped(beyond)) of \(Figures.count(rows.count, "comparison")) beyond the limit, "
                    + "which may be chance"
        return lines + [TerminalText.escaped(verdict)]
    }

    private var shown: [Column<Row>] {
        var columns: [Column<Row>] = [
            Column("task") { .optional($0.task) }, Column("metric") { .text($0.metric) },
            Column("measured") { .optional($0.setting) }, Column(against) { .optional($0.againstValue) },
            Column(name) { .optional($0.value) }, Column("drop") { .optional($0.drop) },
            Column("allowed") { .optional($0.allowed) }, Column("95 % interval") { .optional(Self.interval($0)) },
            Column("z") { .optional($0.z.map { Figures.fixed($0, decimals: 2) }) },
            Column("p") { .optional($0.p.map(Self.likelihood)) }, Column("finding") { .text($0.finding) },
            Column("outcome") { .text($0.passed ? "passed" : "FAILED") },
        ]
        if rows.allSatisfy({ $0.setting == nil }) { columns.removeAll { $0.name == "measured" } }
        return columns
    }

    private static func interval(_ row: Row) -> String? {
        guard let low = row.dropLow, let high = row.dropHigh else { return nil }
        return "\(short(low)) … \(short(high))"
    }

    /// About three digits, which is all that an interval tells.
    private static func short(_ value: Double) -> String {
        let magnitude = abs(value)
        return Figures.fixed(value, decimals: magnitude >= 100 ? 0 : magnitude >= 1 ? 2 : 4)
    }

    private static func likelihood(_ p: Double) -> String { p < 0.001 ? "< 0.001" : Figures.fixed(p, decimals: 3) }
}
