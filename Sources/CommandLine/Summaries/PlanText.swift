import Registry

/// Parts that the summaries of plans share.
enum PlanText {
    /// What the marks mean.
    static let legend = "[X] exact  [M] measured formula  [P] published  [E] estimate"

    /// The mark of an evidence; `?` for what is not known.
    static func mark(_ evidence: String?) -> String {
        switch evidence {
        case "exact": "[X]"
        case "measured": "[M]"
        case "published": "[P]"
        case "estimate": "[E]"
        default: "?"
        }
    }

    /// Both units by their full names: `24 GB (22.4 GiB)`.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        var units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][...]
        while value >= 1000, units.count > 1 {
            value /= 1024
            units.removeFirst()
        }
        let decimals = units.first == "B" ? 0 : value < 10 ? 2 : 1
        return "\(Figures.bytes(count)) (\(Figures.fixed(value, decimals: decimals)) \(units.first ?? ""))"
    }

    /// A lower bound of a time.
    static func bound(_ seconds: Double?) -> Cell {
        seconds.map { .figure("≥ \(Figures.fixed($0 * 1000, decimals: 2)) ms [E]") } ?? .null
    }

    /// The figure of this name, with its mark.
    static func cell(_ name: String, in figures: [PlanFigure]) -> Cell {
        guard let figure = figures.first(where: { $0.name == name }) else { return .null }
        guard let count = figure.bytes else { return .figure("unknown") }
        if count == 0 { return .figure("0") }
        return .figure("\(name == "total" ? bytes(count) : Figures.bytes(count)) \(mark(figure.evidence))")
    }

    /// A column for each figure that is not 0 in every row, between the row's name and its verdict.
    static func columns(_ rows: [PlanRow], name: String) -> [Column<PlanRow>] {
        var columns: [Column<PlanRow>] = [Column(name) { .text($0.name) }]
        var seen: Set<String> = []
        for figure in rows.flatMap(\.figures) where seen.insert(figure.name).inserted {
            let title = figure.name
            let isEmpty = rows.allSatisfy { row in
                row.figures.first { $0.name == title }.map { $0.bytes == 0 } ?? true
            }
            if !isEmpty { columns.append(Column(title) { cell(title, in: $0.figures) }) }
        }
        if rows.contains(where: { $0.verdict != nil }) { columns.append(Column("verdict") { .optional($0.verdict) }) }
        return columns
    }

    /// What holds for all rows, then how the figures of the rows were computed.
    static func figures(_ figures: [PlanFigure], _ rows: [PlanRow]) -> [String] {
        var facts = FactList()
        for figure in figures { facts.add(figure.name, text(figure)) }
        var formulas: [(name: String, texts: [String])] = []
        for figure in rows.flatMap(\.figures) where figure.bytes != 0 && figure.name != "total" {
            let formula = "\(figure.formula) \(mark(figure.evidence))"
            guard let place = formulas.firstIndex(where: { $0.name == figure.name }) else {
                formulas.append((figure.name, [formula]))
                continue
            }
            if !formulas[place].texts.contains(formula) { formulas[place].texts.append(formula) }
        }
        for (name, texts) in formulas { facts.add(name, "= " + texts.joined(separator: ", ")) }
        return [""] + facts.text() + ["", legend]
    }

    private static func text(_ figure: PlanFigure) -> String {
        if let count = figure.bytes { return "\(bytes(count)) \(mark(figure.evidence)) = \(figure.formula)" }
        guard let value = figure.value else { return figure.formula }
        return "\(amount(value)) \(figure.unit) \(mark(figure.evidence)) = \(figure.formula)"
    }

    private static func amount(_ value: Double) -> String {
        for (bound, unit) in [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")] where value >= bound {
            return "\(Figures.fixed(value / bound, decimals: 3)) \(unit)"
        }
        return Figures.real(value)
    }
}
