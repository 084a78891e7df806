import ArgumentParser

/// `ingot results`: measurements of artifacts.
struct ResultsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results",
        abstract: "Record, list and check measurements of artifacts.",
        discussion: """
            Results are bound to the artifact's digest, so they stay true when names move.

            Examples:
              ingot results add smollm2-135m:nf4 loss=2.81 --task heldout
              ingot results import results.json --for smollm2-135m:nf4
              ingot results smollm2-135m:nf4
              ingot results check smollm2-135m:nf4 --against smollm2-135m --max-drop acc=1
            """,
        subcommands: [
            ResultsListCommand.self, ResultsAddCommand.self, ResultsImportCommand.self, ResultsCheckCommand.self,
        ],
        defaultSubcommand: ResultsListCommand.self)
}
