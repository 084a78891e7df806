import ArgumentParser
import Registry

/// `ingot lineage`: an artifact's relatives.
struct LineageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lineage",
        abstract: "Draw which artifacts an artifact came from, and which came from it.",
        discussion: """
            The artifact that was asked for is marked with '*'. A model that a card names as its base, and that is not
            here, is drawn with its name alone.

            Examples:
              ingot lineage smollm2-135m:nf4
              ingot lineage smollm2-135m --format mermaid
              ingot lineage smollm2-135m --format dot | dot -Tsvg -o lineage.svg
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Option(help: "What to print: tree; dot, for Graphviz; mermaid, for Markdown; json; openlineage, one event a line.")
    var format: Format = .tree

    enum Format: String, ExpressibleByArgument, CaseIterable { case tree, dot, mermaid, json, openlineage }

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard !document.json || format == .tree || format == .json else {
            throw ValidationError("--json goes with the tree, not with --format \(format.rawValue).")
        }
    }

    func run() throws {
        let report = try store.registry(.readOnly).lineage(of: name)
        var document = document
        if format == .json { document.json = true }
        try document.print(report, summary: lines(report), quietly: store.quiet)
    }

    private func lines(_ report: LineageReport) -> [String] {
        switch format {
        case .tree, .json: LineageTree(report, terminal: .standardOutput(.process)).lines()
        case .dot: LineageGraph(report).dot()
        case .mermaid: LineageGraph(report).mermaid()
        case .openlineage: LineageGraph(report).openLineage()
        }
    }
}
