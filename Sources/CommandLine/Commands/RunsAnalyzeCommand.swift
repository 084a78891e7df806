import ArgumentParser
import Registry

/// `ingot runs analyze`: what a training run does.
struct RunsAnalyzeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract: "Judge a run: converging, plateau, diverging, spike, overfit or too short, with the evidence.",
        discussion: """
            The loss and its validation partner are found by their names (train_loss and val_loss, loss and eval_loss, \
            Loss/train and Loss/validation). The trend is a robust line through the last third of the records, in units \
            of its standard error; docs/charts.md says what each verdict takes.

            Examples:
              ingot runs analyze tiny-llama
              ingot runs analyze tiny-llama --metric train_accuracy --validation eval_accuracy
              ingot runs analyze tiny-llama --json
            """)

    @Argument(help: "The run's name.", completion: .runNames) var name: String

    @OptionGroup var curves: CurveOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let report = try store.registry(.readOnly).analyzeRun(
            named: name, metric: curves.metric, validation: curves.validation)
        let summary = try report.summary(.standardOutput(.process))
        try document.print(report, summary: summary, notes: report.notes, quietly: store.quiet)
    }
}

/// Which of a run's metrics are meant.
struct CurveOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The metric to look at (default: the loss, else an accuracy, by its name).", valueName: "name"))
    var metric: String?

    @Option(
        help: ArgumentHelp("The same metric on validation data (default: found by its name).", valueName: "name"))
    var validation: String?
}
