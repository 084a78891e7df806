import Registry

extension PipelineReport {
    /// The names of what was made, for scripts.
    var names: [String] { steps.compactMap { $0.digest == nil ? nil : $0.name.map(TerminalText.escaped) } }

    /// The steps' notes, each said to be of its step.
    var allNotes: [String] { steps.flatMap { step in step.notes.map { "\(step.step): \($0)" } } }

    /// What became of each step, with bars of its bytes.
    func summary(_ style: BarStyle) -> [String] {
        [TerminalText.escaped(heading)] + table(style) + reasons + [last]
    }

    private var heading: String {
        let counts: [(Status, String)] = [
            (.made, "made"), (.unchanged, "made before"), (.planned, "to do"), (.refused, "refused by a gate"),
            (.failed, "failed"), (.skipped, "skipped"), (.notNeeded, "not needed"),
        ]
        let words = counts.compactMap { status, word in
            let count = steps.count { $0.status == status }
            return count == 0 ? nil : "\(count) \(word)"
        }
        return "\(recipe) on \(source.name): \(words.joined(separator: ", "))"
    }

    private var last: String {
        let new = "\(Figures.bytes(newBytes)) new in the store"
        switch outcome {
        case "planned": return "nothing was done; run it without --dry-run"
        case "stopped": return "stopped; what was made stays (\(new)), and the same command goes on from there"
        default: return "\(new), \(Figures.duration(seconds))"
        }
    }

    private var reasons: [String] {
        steps.compactMap { step in
            guard let reason = step.reason, step.status != .planned else { return nil }
            let instead = step.replacedBy.map { "; '\($0)' comes in its place" } ?? ""
            return TerminalText.escaped("  \(step.step): \(reason)\(instead)")
        }
    }

    private static let barCells = 16

    private func table(_ style: BarStyle) -> [String] {
        let longest = ([source.bytes] + steps.compactMap(\.bytes)).max() ?? 0
        func bar(_ bytes: Int?) -> String {
            guard let bytes, longest > 0 else { return "" }
            return style.bar(Double(bytes) / Double(longest), cells: Self.barCells)
        }
        let sourceRow = [
            "source", "", "", TerminalText.escaped(source.name), Figures.bytes(source.bytes), bar(source.bytes), "",
            Figures.parameters(source.parameters), "",
        ]
        let rows = steps.map { step in
            [
                step.step, step.transform + (step.input == "source" ? "" : " of \(step.input)"), step.status.words,
                TerminalText.escaped(step.name ?? ""), step.bytes.map(Figures.bytes) ?? "", bar(step.bytes),
                step.saving.map { Figures.fixed(-100 * $0, decimals: 0) + " %" } ?? "",
                step.parameters.map(Figures.parameters) ?? "", step.relRmse.map(Figures.real) ?? "",
            ]
        }
        return Self.lines(
            ["step", "transform", "", "result", "bytes", "", "change", "parameters", "rel. RMSE"], [sourceRow] + rows)
    }

    private static func lines(_ titles: [String], _ rows: [[String]]) -> [String] {
        let used = titles.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        let widths = used.map { column in
            ([titles] + rows).map { TerminalText.cellCount($0[column]) }.max() ?? 0
        }
        let rights: Set = [4, 6, 7, 8]
        return ([titles] + rows).map { row in
            var line = " "
            for (place, column) in used.enumerated() {
                line +=
                    " " + TerminalText.padded(row[column], to: widths[place], rights.contains(column) ? .right : .left)
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}

extension PipelineReport.Status {
    /// As a person reads it.
    fileprivate var words: String {
        switch self {
        case .made: "made"
        case .unchanged: "there"
        case .refused: "refused"
        case .failed: "failed"
        case .skipped: "skipped"
        case .notNeeded: "not needed"
        case .planned: "to do"
        }
    }
}
