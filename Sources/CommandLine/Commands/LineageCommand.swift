import ArgumentParser
import Registry

/// `ingot lineage`: an artifact's relatives.
struct LineageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lineage",
        abstract: "Draw which artifacts an artifact came from, and which came from it.",
        discussion: """
            The artifact that was asked for is marked with '*'.

            Examples:
              ingot lineage smollm2-135m:nf4
              ingot lineage smollm2-135m --json
            """)

    @Argument(help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.")
    var name: String

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let report = try store.registry(.readOnly).lineage(of: name)
        let tree = LineageTree(report, terminal: .standardOutput(.process))
        try document.print(report, summary: tree.lines(), quietly: store.quiet)
    }
}
