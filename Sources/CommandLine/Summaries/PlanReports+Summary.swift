import Registry

extension InferencePlanReport {
    /// What running the model takes, for a person.
    func summary(_ terminal: TerminalStyle) throws -> [String] {
        var facts = model.facts
        facts.add("sequences", "\(batch) of \(Figures.grouped(context)) tokens, cache in \(cache)")
        facts.add("devices", "tensor \(tensor) · pipeline \(pipeline)")
        facts.add("memory", memoryBytes.map { PlanText.bytes($0) })
        var columns = PlanText.columns(rows, name: "weights as")
        if memoryBytes != nil {
            columns.append(Column("sequences") { .optional($0.sequences) })
        }
        if rows.contains(where: { $0.decodeSeconds != nil }) {
            columns.append(
                Column("decode step") { row in
                    row.decodeSeconds.map { .figure("≥ \(Figures.fixed($0 * 1000, decimals: 2)) ms [E]") } ?? .null
                })
        }
        let cells = rows.map { row in columns.map { $0.cell(row) } }
        return [TerminalText.escaped(model.name)] + facts.text() + [""]
            + (try TextTable.lines(columns.map(\.name), cells, terminal)) + PlanText.figures(figures, rows)
    }
}

extension TrainingPlanReport {
    /// What training the model takes, for a person.
    func summary(_ terminal: TerminalStyle) throws -> [String] {
        var facts = model.facts
        facts.add(
            "step", "\(microBatches) × \(batch) sequences of \(Figures.grouped(context)) tokens on each replica")
        facts.add(
            "devices",
            "data \(data) · tensor \(tensor) · pipeline \(pipeline)" + (chunks > 1 ? ", \(chunks) chunks each" : ""))
        facts.add("kept", "attention \(attention), recomputation \(recomputation)")
        facts.add("memory", memoryBytes.map { PlanText.bytes($0) })
        var columns = PlanText.columns(rows, name: "recipe")
        columns.insert(Column("shared") { .optional($0.sharding) }, at: 1)
        if rows.contains(where: { $0.offload != "none" }) {
            columns.insert(Column("offload") { .optional($0.offload) }, at: 2)
        }
        let cells = rows.map { row in columns.map { $0.cell(row) } }
        return [TerminalText.escaped(model.name)] + facts.text() + [""]
            + (try TextTable.lines(columns.map(\.name), cells, terminal)) + PlanText.figures(figures, rows)
    }
}

extension VariantsPlanReport {
    /// Which variants fit, for a person: the front, then what is not on it and why.
    func summary(_ terminal: TerminalStyle, listsAll: Bool) throws -> [String] {
        var facts = model.facts
        facts.add("sequences", "\(batch), cache in \(cache)")
        facts.add(
            "limits",
            "\(PlanText.bytes(memoryBytes))" + (tensor > 1 ? " on each of \(tensor) devices" : "")
                + (maxError.map { ", relative error \(Figures.real($0))" } ?? ""))
        var lines = [TerminalText.escaped(model.name)] + facts.text()
        let groups = [
            ("front", "worth making:"), ("dominated", "beaten by another:"), ("too much error", "too much error:"),
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
            let columns = Self.columns(members)
            let cells = members.map { row in columns.map { $0.cell(row) } }
            lines += ["", title] + (try TextTable.lines(columns.map(\.name), cells, terminal))
        }
        if !advice.isEmpty { lines += ["", "what would fit:"] + advice.map { "  " + TerminalText.escaped($0) } }
        return lines + ["", PlanText.legend]
    }

    private static func columns(_ members: [Candidate]) -> [Column<Candidate>] {
        var columns: [Column<Candidate>] = [
            Column("scheme") { .text($0.scheme) }, Column("context") { .integer($0.context) },
        ]
        if members.contains(where: { !$0.figures.isEmpty }) {
            columns += [
                Column("bits") { .optional($0.bitsPerWeight.map { ($0 * 100).rounded() / 100 }) },
                Column("weights") { PlanText.cell("weights", in: $0.figures) },
                Column("total") { PlanText.cell("total", in: $0.figures) },
                Column("rel. RMSE") { row in
                    guard let error = row.relRmse else { return .null }
                    return .figure("\(Figures.fixed(error, decimals: 4)) \(PlanText.mark(row.relRmseEvidence))")
                },
                Column("verdict") { .optional($0.verdict) },
            ]
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
}

extension VariantsPlanReport.Result {
    /// `hellaswag acc 0.25`
    fileprivate var text: String {
        ([task, metric].compactMap(\.self) + [value.map(Figures.real) ?? "nan"]).joined(separator: " ")
    }
}

extension PlanModel {
    /// What a summary tells of the model.
    fileprivate var facts: FactList {
        var facts = FactList()
        facts.add("architecture", family.map { hasFormulas ? $0 : "\($0), without formulas" })
        facts.add("parameters", "\(Figures.grouped(parameters)) [X] \(parametersFormula)")
        if let activeParameters, activeParameters != parameters {
            facts.add("active", "\(Figures.grouped(activeParameters)) for each token")
        }
        return facts
    }
}
