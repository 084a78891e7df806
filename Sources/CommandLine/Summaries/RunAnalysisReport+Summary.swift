import Registry

extension RunAnalysisReport {
    /// What `runs analyze` says, for a person: the verdict, why, and the metrics.
    func summary(_ terminal: TerminalStyle) throws -> [String] {
        let heading = "\(TerminalText.escaped(run)): \(terminal.bold(verdict))"
        let reasons = evidence.map { "  - \(TerminalText.escaped($0))" }
        let columns: [Column<Metric>] = [
            Column("metric") { .text($0.name) }, Column("records") { .figure(Figures.grouped($0.records)) },
            Column("last") { .optional($0.last) }, Column("best") { .optional($0.best) },
            Column("at step") { $0.bestStep.map { .figure(Figures.grouped(Int(clamping: $0))) } ?? .null },
            Column("noise") { $0.noise.map { .figure(Figures.real($0)) } ?? .null },
            Column("NaN or Inf") { $0.nonfinite == 0 ? .null : .figure(Figures.grouped($0.nonfinite)) },
        ]
        let shown = [metric] + [validation].compactMap(\.self)
        let used = columns.filter { column in column.name != "NaN or Inf" || shown.contains { $0.nonfinite > 0 } }
        let rows = shown.map { metric in used.map { $0.cell(metric) } }
        return [heading, ""] + reasons + [""] + (try TextTable.lines(used.map(\.name), rows, terminal))
    }
}
