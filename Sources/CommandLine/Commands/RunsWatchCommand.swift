import ArgumentParser
import Registry

/// `ingot runs watch`: follow a log while it is written.
struct RunsWatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow a training log while it is written; Ctrl-C ends it.",
        discussion: """
            Every look is one transaction, and the next watch or import goes on where this one ends.

            Examples:
              ingot runs watch training_log.jsonl --as tiny-llama
              ingot runs watch ./runs/exp1 --interval 10 --until-idle 3600
            """)

    @Argument(help: "A CSV, JSON Lines or event file, or a folder of event files.", completion: .file())
    var path: String

    @Option(name: .customLong("as"), help: "The run's name (default: from the log or its folder).")
    var name: String?
    @Option(help: "The experiment that the run belongs to.") var experiment: String?
    @Option(help: ArgumentHelp("How long to wait between two looks (default: 2).", valueName: "seconds"))
    var interval: Double = 2
    @Option(help: ArgumentHelp("End when nothing was added for so long.", valueName: "seconds"))
    var untilIdle: Double?

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard interval >= 0.01, interval <= 86_400 else {
            throw ValidationError("--interval must be 0.01 to 86400 seconds, got \(interval).")
        }
        if let untilIdle, !(untilIdle >= 0 && untilIdle <= 1e9) {
            throw ValidationError("--until-idle must be 0 or more seconds, got \(untilIdle).")
        }
    }

    func run() async throws {
        var request = RunsWatchRequest(path: path)
        request.name = name
        request.experiment = experiment
        request.interval = .seconds(interval)
        request.untilIdle = untilIdle.map { .seconds($0) }
        let registry = try store.registry(.readWrite)
        let wanted = request
        let line = store.quiet ? nil : StatusLine.onTerminal()
        let report = try await Interruption.cancelling {
            try await registry.watchRun(wanted) { line?.show($0.line) }
        }
        line?.finish()
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}

extension RunWatchState {
    /// `tiny-llama  step 3,669  train_loss 2.31  lr 0.0001`.
    var line: String {
        let place = step.map { ["step \(Figures.grouped($0))"] } ?? []
        let values = latest.map { "\($0.metric) \(Figures.real($0.value))" }
        return TerminalText.escaped(([run] + place + values).joined(separator: "  "))
    }
}
