import Bytes
import Charts

extension ReportPage {
    /// Where it came from and what was made from it: drawn, and in full as a table.
    var lineage: Section? {
        let report = facts.lineage
        guard !report.edges.isEmpty || !report.stubs.isEmpty else { return nil }
        let rows = LineageRows(report)
        let drawing = TreeChart(rows.nodes).element(
            title: "Lineage of \(facts.name)", description: "The table below tells the same in words.")
        let rest: Markup =
            rows.leftOutCount == 0
            ? "" : "<p>\(Figures.count(rows.leftOutCount, "more relative")) are in the table only.</p>\n"
        return Section(
            id: "lineage", title: "Lineage",
            content: """
                \(Markup.scrolling("Lineage, drawn", "<figure>\(drawing)</figure>"))\(rest)\(derivations)\(recipes)
                """)
    }

    private var derivations: Markup {
        let report = facts.lineage
        guard !report.edges.isEmpty || !report.stubs.isEmpty else { return "" }
        let edges = report.edges.map { edge -> [Markup] in
            let tool = [edge.tool, edge.toolVersion].compactMap(\.self).joined(separator: " ")
            return [
                name(edge.child, edge.childDigest), name(edge.parent, edge.parentDigest), "\(edge.role)",
                "\(RecipeText.summary(edge.recipe) ?? "–")", "\(edge.relRmse.map { DecimalText.short($0) } ?? "–")",
                "\(tool.isEmpty ? "–" : tool)", "\(edge.host ?? "–")", "\(Figures.minute(edge.createdAt))",
            ]
        }
        let stubs = report.stubs.map { stub -> [Markup] in
            [
                name(stub.child, stub.childDigest), "\(stub.name) <small>(not in this store)</small>",
                "base, as the card says", "–", "–", "–", "–", "–",
            ]
        }
        return .table(
            "Who was made from whom",
            [
                .words("Artifact"), .words("Parent"), .words("Role"), .words("Recipe"), .figures("Relative RMSE"),
                .words("Tool"), .words("Host"), .words("Time (UTC)"),
            ], edges + stubs)
    }

    private func name(_ name: String, _ digest: String) -> Markup {
        digest == facts.artifact.digest ? "<strong>\(name)</strong>" : "\(name)"
    }

    /// The recipes that made this artifact, in full.
    private var recipes: Markup {
        let texts = facts.lineage.edges.filter { $0.childDigest == facts.artifact.digest }.compactMap(\.recipe)
        var seen: Set<String> = []
        let blocks = texts.filter { seen.insert($0).inserted }.map { recipe -> Markup in
            let value = try? JSONValue(parsing: Array(recipe.utf8))
            return """
                <h3>Recipe of \(facts.name)</h3>
                <pre>\(Markup.lines(value?.text(.indented) ?? recipe))</pre>

                """
        }
        return Markup(blocks)
    }
}
