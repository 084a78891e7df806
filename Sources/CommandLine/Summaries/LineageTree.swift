import Registry

/// An artifact's relatives as a tree of text, oldest first.
struct LineageTree {
    private let report: LineageReport
    private let terminal: TerminalStyle
    /// The edges that lead down from each parent, by the parent's digest.
    private let descents: [String: [LineageReport.Edge]]

    init(_ report: LineageReport, terminal: TerminalStyle = .plain) {
        self.report = report
        self.terminal = terminal
        descents = Dictionary(grouping: report.edges, by: \.parentDigest)
    }

    /// One line an artifact. One with several parents appears below each, its descendants below the first only.
    func lines() -> [String] {
        let drawn = treeLines()
        return drawn
            + report.stubs.map { stub in
                TerminalText.escaped("\(stub.name) is named as the base of \(stub.child), and is not in the store")
            }
    }

    private func treeLines() -> [String] {
        guard !report.edges.isEmpty else { return [label(report.name, report.digest)] }
        let children = Set(report.edges.map(\.childDigest))
        var seen: Set<String> = []
        var lines: [String] = []
        for edge in report.edges where !children.contains(edge.parentDigest) && !seen.contains(edge.parentDigest) {
            lines.append(label(edge.parent, edge.parentDigest))
            seen.insert(edge.parentDigest)
            lines += descendants(of: edge.parentDigest, indent: "", seen: &seen)
        }
        return lines
    }

    private func descendants(of digest: String, indent: String, seen: inout Set<String>) -> [String] {
        let edges = descents[digest] ?? []
        var lines: [String] = []
        for (index, edge) in edges.enumerated() {
            let isLast = index == edges.count - 1
            let isRepeated = !seen.insert(edge.childDigest).inserted
            let branch = indent + (isLast ? "└── " : "├── ")
            let origin = isRepeated ? origin(edge) + ", see above" : origin(edge)
            lines.append("\(branch)\(label(edge.child, edge.childDigest))  \(TerminalText.escaped(origin))")
            if !isRepeated {
                lines += descendants(of: edge.childDigest, indent: indent + (isLast ? "    " : "│   "), seen: &seen)
            }
        }
        return lines
    }

    private func label(_ name: String, _ digest: String) -> String {
        let name = TerminalText.escaped(name)
        guard digest == report.digest else { return "\(name)  \(Figures.digest(digest))" }
        return "\(terminal.bold("* \(name)"))  \(Figures.digest(digest))"
    }

    private func origin(_ edge: LineageReport.Edge) -> String {
        let error = edge.relRmse.map { "relative RMSE \(Figures.real($0))" }
        let tool = [edge.tool, edge.toolVersion].compactMap(\.self).joined(separator: " ")
        let facts = [
            edge.role, RecipeText.summary(edge.recipe), error, tool, edge.host, Figures.minute(edge.createdAt),
        ]
        return facts.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ", ")
    }
}
