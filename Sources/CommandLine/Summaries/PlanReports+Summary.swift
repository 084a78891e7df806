import Registry

extension InferencePlanReport {
    /// What running the model takes, for a person.
    func summary(_ terminal: TerminalStyle) throws -> [String] {
        var facts = model.facts
        facts.add("sequences", "\(batch) of \(Figures.grouped(context)) tokens, cache in \(cache)")
        facts.add("devices", "tensor \(tensor) · pipeline \(pipeline)")
        let share = memoryUtilization < 1 ? ", \(Figures.real(memoryUtilization)) of it for the engine" : ""
        facts.add("memory", memoryBytes.map { PlanText.bytes($0) + share })
        var columns = PlanText.columns(rows, name: "weights as")
        if memoryBytes != nil {
            columns.append(Column("sequences") { .optional($0.sequences) })
        }
        if rows.contains(where: { $0.decodeSeconds != nil }) {
            columns.append(Column("first token") { PlanText.bound($0.prefillSeconds) })
            columns.append(Column("decode step") { PlanText.bound($0.decodeSeconds) })
            columns.append(Column("MLPerf's limits") { .optional($0.mlperfLimits) })
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
        facts.add(
            "kept",
            "attention \(attention), \(kernels) kernels, recomputation \(recomputation)"
                + (lossChunk.map { ", loss of \(Figures.grouped($0)) tokens at once" } ?? ""))
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

extension PlanModel {
    /// What a summary tells of the model.
    var facts: FactList {
        var facts = FactList()
        facts.add("architecture", family.map { hasFormulas ? $0 : "\($0), without formulas" })
        facts.add("parameters", "\(Figures.grouped(parameters)) [X] \(parametersFormula)")
        if let activeParameters, activeParameters != parameters {
            facts.add("active", "\(Figures.grouped(activeParameters)) for each token")
        }
        return facts
    }
}
