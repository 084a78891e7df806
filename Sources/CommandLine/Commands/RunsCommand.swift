import ArgumentParser

/// `ingot runs`: training runs.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Keep training logs: what was logged, by which run, and which checkpoints it wrote.",
        discussion: """
            Examples:
              ingot runs import ./out
              ingot runs ls --metric eval_loss --where learning_rate=0.001
              ingot runs show tiny-llama
              ingot runs link tiny-llama tiny-llama:latest --step 3669
            """,
        subcommands: [
            RunsListCommand.self, RunsShowCommand.self, RunsImportCommand.self, RunsWatchCommand.self,
            RunsLinkCommand.self,
            RunsRemoveCommand.self,
        ],
        defaultSubcommand: RunsListCommand.self)
}
