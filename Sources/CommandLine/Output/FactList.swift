/// Labeled facts, one below the other, as `show` and the summaries print them.
struct FactList {
    private var facts: [(label: String, lines: [String])] = []

    /// Adds a fact; nothing when there is no text.
    mutating func add(_ label: String, _ text: String?) {
        if let text, !text.isEmpty { facts.append((label, [TerminalText.escaped(text)])) }
    }

    /// Adds a fact of several lines; nothing when there are none.
    mutating func add(_ label: String, lines: [String]) {
        if !lines.isEmpty { facts.append((label, lines.map(TerminalText.escaped))) }
    }

    /// The facts, with their labels padded to one width and indented.
    func text() -> [String] {
        let width = facts.map { TerminalText.cellCount($0.label) }.max() ?? 0
        return facts.flatMap { fact in
            fact.lines.enumerated().map { index, line in
                "  " + TerminalText.padded(index == 0 ? fact.label : "", to: width) + "  " + line
            }
        }
    }
}
