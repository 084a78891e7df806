import ArgumentParser
import Registry

/// `ingot runs show`: everything about one run.
struct RunsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one run: its metrics with their best values, parameters, checkpoints and logs.",
        discussion: """
            Examples:
              ingot runs show tiny-llama
              ingot sql "SELECT step, value FROM metric_history WHERE run = 'tiny-llama' AND metric = 'train_loss'"
            """)

    @Argument(help: ArgumentHelp("The run's name.", valueName: "run"), completion: .runNames) var name: String

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let detail = try store.registry(.readOnly).run(named: name)
        try document.print(detail, summary: detail.summary(.standardOutput(.process)), quietly: store.quiet)
    }
}
