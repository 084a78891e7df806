import Registry

extension RunsImportReport {
    /// What `runs import` did, for a person: the runs one a line while they are few.
    var summary: [String] {
        let changed = runs.filter { $0.outcome != "unchanged" }
        let unchanged = runs.count - changed.count
        var lines = changed.prefix(Self.mostLines).map { run in
            let step = run.lastStep.map { ", to step \(Figures.grouped($0))" } ?? ""
            return "\(run.outcome) \(run.run) (\(run.kind)): \(Figures.count(run.addedValues, "value"))\(step)"
        }
        if changed.count > Self.mostLines {
            lines.append("… and \(Figures.count(changed.count - Self.mostLines, "run")) more")
        }
        if runs.count > 1 || changed.isEmpty {
            let present = unchanged > 0 ? ", \(Figures.count(unchanged, "run")) there already" : ""
            lines.append(
                "\(Figures.count(changed.count, "run")) with \(Figures.count(addedValues, "new value"))\(present)")
        }
        return lines.map(TerminalText.escaped)
    }

    private static let mostLines = 20
}

extension RunLinkReport {
    /// What `runs link` did, for a person.
    var summary: [String] {
        let place = step.map { " at step \(Figures.grouped($0))" } ?? ""
        let text =
            outcome == "linked"
            ? "\(artifact) is a checkpoint of \(run)\(place)" : "\(artifact) is no checkpoint of \(run) any more"
        return [TerminalText.escaped(text)]
    }
}

extension RunsRemoveReport {
    /// What `runs rm` did, for a person.
    var summary: [String] {
        [TerminalText.escaped("forgot \(removed.joined(separator: ", ")), with \(Figures.count(values, "value"))")]
    }
}

extension CheckpointRow {
    /// `checkpoint at step 3,669 of run X`.
    var line: String {
        let place = step.map { " at step \(Figures.grouped($0))" } ?? ""
        return TerminalText.escaped("checkpoint\(place) of run \(run)")
    }
}

extension RunDetail {
    /// Everything that `runs show` tells, for a person.
    func summary(_ terminal: TerminalStyle) -> [String] {
        let sections: [(title: String, lines: [String])] = [
            (TerminalText.escaped(run.run), identity),
            ("metrics", metricLines),
            ("parameters", parameterLines),
            (
                "checkpoints",
                checkpoints.map { checkpoint in
                    let place = checkpoint.step.map { "step \(Figures.grouped($0))" } ?? "step unknown"
                    return TerminalText.escaped("  \(checkpoint.artifact)  \(place)")
                }
            ),
            ("read from", sources.map { TerminalText.escaped("  \($0.path)") }),
        ]
        let filled = sections.filter { !$0.lines.isEmpty }
        return filled.enumerated().flatMap { index, section in
            (index == 0 ? [] : [""]) + [terminal.bold(section.title)] + section.lines
        }
    }

    private var identity: [String] {
        var facts = FactList()
        facts.add("kind", run.kind)
        facts.add("experiment", run.experiment)
        facts.add("state", run.state)
        facts.add("started", run.startedAt.map(Figures.minute))
        facts.add("took", run.seconds.map(Figures.duration))
        facts.add("last step", run.lastStep.map { Figures.grouped($0) })
        facts.add("values", Figures.grouped(run.values))
        facts.add("imported", Figures.minute(run.importedAt))
        return facts.text()
    }

    private var metricLines: [String] {
        let headings = ["", "last", "best", "at step", "minimum", "maximum", "values"]
        let rows = metrics.map { metric -> [String] in
            [
                TerminalText.escaped(metric.metric), metric.lastCell.shown, metric.best.map(Figures.real) ?? "",
                metric.bestStep.map { Figures.grouped($0) } ?? "", metric.minimum.map(Figures.real) ?? "",
                metric.maximum.map(Figures.real) ?? "",
                Figures.grouped(metric.values) + (metric.nonfinite > 0 ? ", \(metric.nonfinite) not finite" : ""),
            ]
        }
        guard !rows.isEmpty else { return [] }
        let widths = headings.indices.map { column in
            ([headings] + rows).reduce(0) { max($0, TerminalText.cellCount($1[column])) }
        }
        return ([headings] + rows).map { row in
            "  "
                + row.indices.map { column in
                    TerminalText.padded(row[column], to: widths[column], column == 0 ? .left : .right)
                }.joined(separator: "  ")
        }
    }

    private var parameterLines: [String] {
        var facts = FactList()
        for parameter in parameters { facts.add(TerminalText.escaped(parameter.name), parameter.value) }
        return facts.text()
    }
}
