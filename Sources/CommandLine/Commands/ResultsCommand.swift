import ArgumentParser

/// `ingot results`: measurements of artifacts.
struct ResultsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results",
        abstract: "Record and list measurements of artifacts.",
        discussion: """
            Results are bound to the artifact's digest, so they stay true when names move.

            Examples:
              ingot results add smollm2-135m:nf4 loss=2.81 --task heldout
              ingot results smollm2-135m:nf4
            """,
        subcommands: [ResultsListCommand.self, ResultsAddCommand.self, ResultsImportCommand.self],
        defaultSubcommand: ResultsListCommand.self)
}
