import ArgumentParser
import Registry

/// `ingot runs rm`: forget runs.
struct RunsRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Forget runs with all their values; logs and artifacts stay.",
        discussion: """
            Example:
              ingot runs rm tiny-llama-2
            """)

    @Argument(help: ArgumentHelp("Names of runs.", valueName: "run"), completion: .runNames) var names: [String]

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let report = try store.registry(.readWrite).removeRuns(names)
        try document.print(report, summary: store.quiet ? [] : report.summary, quietly: store.quiet)
    }
}
