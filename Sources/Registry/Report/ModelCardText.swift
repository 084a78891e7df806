import Bytes
import Catalog
import Charts

/// A report as a model card: Markdown with YAML at its start, as the Hugging Face Hub reads a README.md.
struct ModelCardText {
    /// A part with a title of its own.
    struct Section {
        let title: String
        let lines: [String]
    }

    let facts: ReportFacts
    let frontMatter: ModelCardFrontMatter

    init(_ facts: ReportFacts, hub: ModelCardFrontMatter.HubFacts) {
        self.facts = facts
        frontMatter = ModelCardFrontMatter(facts, hub)
    }

    /// The parts that there is something to say in.
    var sections: [Section] {
        [what, made, lineage, sizes, errors, results, use, noted].compactMap(\.self)
    }

    /// The document.
    func text(_ sections: [Section]) -> String {
        var lines = ["---"] + frontMatter.lines + ["---", "", "# \(MarkdownText.escaped(facts.name))"]
        for section in sections { lines += ["", "## \(section.title)", ""] + section.lines }
        let date = facts.date.map { "\($0). " } ?? ""
        lines += ["", "---", "", "\(date)Written by ingot \(ModelRegistry.version) from its catalog."]
        return lines.joined(separator: "\n") + "\n"
    }

    private var what: Section? {
        let artifact = facts.artifact, detail = facts.detail
        let rows: [(String, String?)] = [
            ("Kind", "\(artifact.kind), \(artifact.origin)"),
            ("Made from", facts.parent.map { MarkdownText.code($0.name) }),
            ("Architecture", artifact.architecture.map(MarkdownText.escaped)),
            ("Parameters", Figures.grouped(artifact.parameters)),
            ("Scheme", MarkdownText.code(artifact.scheme)),
            ("Quantization", artifact.quantization.map(MarkdownText.escaped)),
            ("Format", MarkdownText.escaped(artifact.format)),
            ("Bits per weight", artifact.bitsPerWeight.map { Figures.fixed($0, decimals: 2) }),
            ("Relative RMSE against the parent", artifact.relRmse.map { DecimalText.short($0) }),
            ("License", artifact.license.map(MarkdownText.escaped)),
            ("Names", detail.names.isEmpty ? nil : detail.names.map(MarkdownText.code).joined(separator: ", ")),
            ("Artifact digest", MarkdownText.code(artifact.digest)),
            ("Weights digest", artifact.weightsDigest.isEmpty ? nil : MarkdownText.code(artifact.weightsDigest)),
        ]
        return Section(
            title: "What it is",
            lines: MarkdownText.table(
                ["", ""], alignments: "ll", rows.compactMap { title, value in value.map { [title, $0] } }))
    }

    private var made: Section? {
        let edges = facts.lineage.edges.filter { $0.childDigest == facts.artifact.digest }
        guard !edges.isEmpty else { return nil }
        var lines = edges.map { edge in
            let tool = [edge.tool, edge.toolVersion].compactMap(\.self).joined(separator: " ")
            let words = [
                RecipeText.summary(edge.recipe).map(MarkdownText.escaped),
                tool.isEmpty ? nil : "by \(MarkdownText.escaped(tool))",
                edge.host.map { "on \(MarkdownText.escaped($0))" }, "at \(edge.createdAt)",
            ].compactMap(\.self).joined(separator: " ")
            return "- from \(MarkdownText.code(edge.parent)) as \(edge.role): \(words)"
        }
        var seen: Set<String> = []
        for recipe in edges.compactMap(\.recipe) where seen.insert(recipe).inserted {
            let text = (try? JSONValue(parsing: Array(recipe.utf8)))?.text(.indented) ?? recipe.withVisibleControls
            let recipeLines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
            lines += ["", "The recipe, which gives the same bytes again:", ""]
            lines += MarkdownText.block(recipeLines.map { String($0).withVisibleControls }, language: "json")
        }
        return Section(title: "How it was made", lines: lines)
    }

    private var lineage: Section? {
        guard !facts.lineage.edges.isEmpty || !facts.lineage.stubs.isEmpty else { return nil }
        return Section(
            title: "Lineage",
            lines: MarkdownText.block(LineageGraph(facts.lineage).mermaid(), language: "mermaid"))
    }

    private var sizes: Section? {
        let groups = Dictionary(grouping: facts.tensors, by: \.type)
        let rows = groups.map { type, members in
            (type: type, count: members.count, bytes: members.reduce(0) { $0 + $1.byteCount })
        }.sorted { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
        let total = Figures.bytes(facts.artifact.logicalBytes)
        var words = "\(Figures.count(facts.detail.files.count, "file")), \(total)"
        if let parent = facts.parent, let before = parent.byteCount {
            words += "; those of \(MarkdownText.code(parent.name)) have \(Figures.bytes(before))"
        }
        return Section(
            title: "Sizes",
            lines: [words + ".", ""]
                + MarkdownText.table(
                    ["Stored as", "Tensors", "Bytes"], alignments: "lrr",
                    rows.map { [MarkdownText.code($0.type), Figures.grouped($0.count), Figures.grouped($0.bytes)] }))
    }

    private static let worstCount = 8

    private var errors: Section? {
        guard let parent = facts.parent else { return nil }
        let ranked = facts.changed.enumerated().compactMap { index, tensor in
            tensor.tensor.error?.relativeRMSE.map { (error: $0, index: index, tensor: tensor) }
        }.sorted { ($1.error, $0.index) < ($0.error, $1.index) }
        guard !ranked.isEmpty else { return nil }
        let sum = TensorError.sum(facts.changed.compactMap(\.tensor.error)).relativeRMSE
        let words = """
            \(Figures.grouped(facts.changed.count)) of \(Figures.count(facts.tensors.count, "tensor")) differ from \
            \(MarkdownText.code(parent.name)); relative RMSE √(Σ error² ÷ Σ weight²) over them: \
            \(sum.map { DecimalText.short($0) } ?? "none"). Those that lost most:
            """
        let rows = ranked.prefix(Self.worstCount).map { error, _, tensor in
            [
                MarkdownText.code(tensor.name), MarkdownText.code(tensor.type), DecimalText.short(error),
                tensor.tensor.error?.maximumError.map { DecimalText.short($0, digits: 3) } ?? "–",
            ]
        }
        return Section(
            title: "Errors against the parent",
            lines: [words, ""]
                + MarkdownText.table(
                    ["Tensor", "Stored as", "Relative RMSE", "Greatest error"], alignments: "llrr", rows))
    }

    private var results: Section? {
        guard !facts.results.isEmpty else { return nil }
        let hasParent = facts.results.contains { $0.parent != nil }
        let rows = facts.results.map { pair -> [String] in
            let result = pair.result
            let tool = [result.tool, result.toolVersion].compactMap(\.self).joined(separator: " ")
            let beside = [Self.value(pair.parentSeries), pair.finding ?? "–"]
            return [
                MarkdownText.escaped(result.task ?? "–"), MarkdownText.escaped(Self.metric(pair)),
                Self.value(pair.series),
            ] + (hasParent ? beside : []) + [MarkdownText.escaped(tool.isEmpty ? "–" : tool)]
        }
        let titles = ["Task", "Metric", "Value"] + (hasParent ? ["Parent", "Which is"] : []) + ["Tool"]
        return Section(
            title: "Results",
            lines: MarkdownText.table(titles, alignments: hasParent ? "llrrll" : "llrl", rows))
    }

    private static func metric(_ pair: MeasuredPair) -> String {
        pair.result.metric + (pair.series.setting.map { ", \($0)" } ?? "")
    }

    private static func value(_ series: ResultSeries?) -> String {
        guard let series else { return "–" }
        let error = series.standardError.map { " ± \(DecimalText.short($0, digits: 2))" } ?? ""
        return MarkdownText.escaped(series.result.figure) + error
    }

    private var noted: Section? {
        let notes = facts.detail.notes
        guard !notes.isEmpty else { return nil }
        return Section(
            title: "Notes",
            lines: notes.map { note in
                let lines = note.text.split { $0.isNewline }.map { MarkdownText.escaped(String($0)) }
                return "- \(Figures.minute(note.writtenAt)): \(lines.joined(separator: " "))"
            })
    }

    private var use: Section? { Section(title: "How to load it", lines: ModelUse(facts).lines) }
}
