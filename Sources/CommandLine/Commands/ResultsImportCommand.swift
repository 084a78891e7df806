import ArgumentParser
import Registry

/// `ingot results import`: take measurements from other tools' files.
struct ResultsImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Record the results that lm-evaluation-harness wrote as JSON.",
        discussion: """
            The same file again adds nothing.

            Example:
              ingot results import smollm2-135m:nf4 results_2026-05-01T09-30-00.json
            """)

    @Argument(help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.")
    var name: String

    @Argument(help: "JSON files of results.", completion: .file(extensions: ["json"]))
    var file: [String]

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let report = try store.registry(.readWrite).importResults(from: file, for: name)
        try document.print(report, summary: store.quiet ? [] : report.summary, quietly: store.quiet)
    }
}
