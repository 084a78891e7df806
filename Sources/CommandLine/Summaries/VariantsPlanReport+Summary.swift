import Registry

extension VariantsPlanReport {
    /// Rows of a table; more are only counted.
    private static let mostRows = 20

    /// Which variants fit, for a person: the front, what would fit after a cut, then what is on neither and why.
    func summary(_ terminal: TerminalStyle, listsAll: Bool) throws -> [String] {
        var facts = model.facts
        facts.add("sequences", "\(batch), cache in \(cache)")
        facts.add(
            "limits",
            "\(PlanText.bytes(memoryBytes))" + (tensor > 1 ? " on each of \(tensor) devices" : "")
                + (maxError.map { ", relative error \(Figures.real($0))" } ?? ""))
        var lines = [TerminalText.escaped(model.name)] + facts.text()
        let groups = [
            ("front", "worth making:"), ("quality unknown", "would fit after a cut, quality unknown until measured:"),
            ("dominated", "beaten by another:"), ("too much error", "too much error:"),
            ("error unknown", "error unknown:"), ("too large", "does not fit:"), ("cannot be made", "cannot be made:"),
        ]
        for (outcome, title) in groups {
            let members = candidates.filter { $0.outcome == outcome }
            if members.isEmpty {
                if outcome == "front" { lines += ["", "worth making: nothing within the limits"] }
                continue
            }
            if outcome == "dominated" || outcome == "cannot be made", !listsAll {
                lines += ["", "\(title) \(Figures.count(members.count, "candidate")) (--all lists them)"]
                continue
            }
            lines += ["", title] + (try Self.table(listsAll ? members : Self.chosen(members, outcome), terminal))
            let left = members.count - (listsAll ? members.count : Self.chosen(members, outcome).count)
            if left > 0 { lines.append("and \(Figures.count(left, "candidate")) more (--all lists them)") }
        }
        if !advice.isEmpty { lines += ["", "what would fit:"] + advice.map { "  " + TerminalText.escaped($0) } }
        return lines + ["", PlanText.legend]
    }

    /// The rows that a table shows unless all are asked for: of each cut that fits the form that loses least, and of what
    /// does not fit or loses too much the whole model's.
    private static func chosen(_ members: [Candidate], _ outcome: String) -> [Candidate] {
        switch outcome {
        case "front": return Array(members.prefix(mostRows))
        case "quality unknown":
            var seen: Set<String> = []
            return Array(members.filter { seen.insert($0.pruning?.recipeDigest ?? "").inserted }.prefix(mostRows))
        default:
            let whole = members.filter { $0.pruning == nil }
            return Array((whole.isEmpty ? members : whole).prefix(mostRows))
        }
    }

    private static func table(_ members: [Candidate], _ terminal: TerminalStyle) throws -> [String] {
        let columns = columns(members)
        let cells = members.map { row in columns.map { $0.cell(row) } }
        return try TextTable.lines(columns.map(\.name), cells, terminal)
    }

    private static func columns(_ members: [Candidate]) -> [Column<Candidate>] {
        var columns: [Column<Candidate>] = [Column("scheme") { .text($0.scheme) }]
        let hasCuts = members.contains { $0.pruning != nil }
        if hasCuts {
            columns += [
                Column("cut") { .optional($0.pruning?.options) },
                Column("parameters") { row in
                    row.pruning.map { .figure(Figures.grouped($0.parameters)) } ?? .null
                },
            ]
        }
        columns.append(Column("context") { .integer($0.context) })
        if members.contains(where: { !$0.figures.isEmpty }) {
            columns += [
                Column("bits") { .optional($0.bitsPerWeight.map { ($0 * 100).rounded() / 100 }) },
                Column("weights") { PlanText.cell("weights", in: $0.figures) },
                Column("total") { PlanText.cell("total", in: $0.figures) },
                Column("rel. RMSE") { error($0.relRmse, $0.relRmseEvidence, isKnown: $0.pruning == nil) },
            ]
            if hasCuts {
                columns.append(
                    Column("scheme's RMSE") { error($0.schemeRelRmse, $0.schemeRelRmseEvidence, isKnown: true) })
            }
            columns.append(Column("verdict") { .optional($0.verdict) })
        }
        if members.contains(where: { ($0.devices ?? 1) > 1 }) {
            columns.append(Column("devices") { .optional($0.devices) })
        }
        if members.contains(where: { $0.variant != nil }) {
            columns.append(Column("in the store") { .optional($0.variant) })
        }
        if members.contains(where: { !$0.results.isEmpty }) {
            columns.append(Column("measured") { .text($0.results.map(\.text).joined(separator: ", ")) })
        }
        columns.append(Column("why") { .text($0.reason) })
        return columns
    }

    private static func error(_ value: Double?, _ evidence: String?, isKnown: Bool) -> Cell {
        guard isKnown else { return .figure("unknown") }
        guard let value else { return .null }
        return .figure("\(Figures.fixed(value, decimals: 4)) \(PlanText.mark(evidence))")
    }
}

extension VariantsPlanReport.Result {
    /// `hellaswag acc 0.25`
    fileprivate var text: String {
        ([task, metric].compactMap(\.self) + [value.map(Figures.real) ?? "nan"]).joined(separator: " ")
    }
}
