import Charts
import Foundation

/// A report about an artifact as one HTML page. The same facts give the same bytes.
struct ReportPage {
    typealias Section = PageFrame.Section

    let facts: ReportFacts

    /// The parts that there is something to say in.
    var sections: [Section] {
        [
            identity, lineage, sizes, errors, results, training, notes, card,
        ].compactMap(\.self)
    }

    /// The page.
    func text(_ sections: [Section]) -> String {
        PageFrame(title: "\(facts.name): report", heading: facts.name, lead: lead, figures: figures, footer: footer)
            .text(sections)
    }

    private var footer: String {
        let date = facts.date.map { "\($0). " } ?? ""
        return "\(date)Written by ingot \(ModelRegistry.version) from its catalog, about the artifact with digest "
            + "\(facts.artifact.digest.prefix(12))…"
    }

    /// What it is, in a sentence.
    private var lead: String {
        let artifact = facts.artifact
        let origin = facts.parent.map { " made from \($0.name)" } ?? ""
        return "\(artifact.kind.capitalized)\(origin), stored as \(artifact.scheme) (\(artifact.format))."
    }

    /// The numbers that are asked for first.
    private var figures: Markup {
        let artifact = facts.artifact
        let shown: [(title: String, figure: String?)] = [
            ("Files", Figures.bytes(artifact.logicalBytes)),
            ("Parameters", Figures.parameters(artifact.parameters)),
            ("Bits per weight", artifact.bitsPerWeight.map { Figures.fixed($0, decimals: 2) }),
            ("Relative RMSE", artifact.relRmse.map { DecimalText.short($0) }),
            ("License", artifact.license),
        ]
        let tiles = shown.compactMap { title, figure in
            figure.map { figure -> Markup in "<div><dt>\(title)</dt><dd>\(figure)</dd></div>" }
        }
        return "<dl class=\"figures\">\(tiles)</dl>"
    }

    /// Names and identities, and what the model is.
    private var identity: Section? {
        let detail = facts.detail, artifact = facts.artifact
        func code(_ text: String?) -> Markup? { text.map { "<code>\($0)</code>" } }
        func words(_ text: String?) -> Markup? { text.map { "\($0)" } }
        func list(_ texts: [String]) -> Markup? { texts.isEmpty ? nil : "\(texts.joined(separator: ", "))" }
        func number(_ count: Int?) -> Markup? { count.map { "\(Figures.grouped($0))" } }
        let published = detail.sourceRepository.map { repository in
            repository + (detail.sourceRevision.map { " at \($0.prefix(12))" } ?? "")
        }
        let rows: [(title: String, value: Markup?)] = [
            ("Names", list(detail.names)),
            ("Digest", code(artifact.digest)),
            ("Weights digest", code(artifact.weightsDigest.isEmpty ? nil : artifact.weightsDigest)),
            ("Kind", "\(artifact.kind), \(artifact.origin)"), ("Scheme", words(artifact.scheme)),
            ("Quantization", words(artifact.quantization)), ("Format", words(artifact.format)),
            ("License", words(artifact.license)), ("Base model, as the card says", words(detail.baseModel)),
            ("Published as", words(published)), ("Read with", code(detail.reading)),
            ("For", words(detail.pipeline)), ("Languages", list(detail.languages)), ("Tags", list(detail.cardTags)),
            ("Datasets", list(detail.datasets)),
            ("Architecture", words(artifact.architecture)), ("Model type", words(detail.modelType)),
            ("Layers", number(detail.layerCount)), ("Hidden size", number(detail.hiddenSize)),
            ("Heads", number(detail.headCount)), ("Key–value heads", number(detail.keyValueHeadCount)),
            ("Vocabulary", number(detail.vocabularySize)), ("Context", number(detail.contextLength)),
            ("Parameters", number(artifact.parameters)), ("Tensors", number(detail.tensorCount)),
            ("In the catalog since", words(artifact.createdAt)),
        ]
        let terms = rows.compactMap { title, value in
            value.map { value -> Markup in "<div><dt>\(title)</dt><dd>\(value)</dd></div>\n" }
        }
        return Section(id: "identity", title: "Identity", content: "<dl class=\"facts\">\n\(terms)</dl>\n")
    }

    private var notes: Section? {
        let notes = facts.detail.notes
        guard !notes.isEmpty else { return nil }
        let entries = notes.map { note -> Markup in
            "<li><small>\(Figures.minute(note.writtenAt))</small><pre>\(Markup.lines(note.text))</pre></li>\n"
        }
        return Section(id: "notes", title: "Notes", content: "<ol class=\"notes\">\n\(entries)</ol>\n")
    }

    private var card: Section? {
        facts.card.map { text in
            Section(
                id: "card", title: "Model card",
                content: """
                    <p>As it came with the files, word for word.</p>
                    <pre class="card">\(Markup.lines(text))</pre>

                    """
            )
        }
    }
}
