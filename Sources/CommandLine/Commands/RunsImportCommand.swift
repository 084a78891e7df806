import ArgumentParser
import Registry

/// `ingot runs import`: take training logs into the catalog.
struct RunsImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Read training logs: trainer_state.json, TensorBoard, Trackio, MLflow, CSV or JSON Lines.",
        discussion: """
            A folder is searched for logs. The same log again changes nothing; a log that grew adds what is new.

            Examples:
              ingot runs import ./out/checkpoint-500
              ingot runs import training_log.jsonl --as tiny-llama --for tiny-llama
              ingot runs import ./mlruns ./mlflow.db --experiment sweep
            """)

    @Argument(help: "Logs, or folders with logs in them.", completion: .file())
    var path: [String]

    @Option(name: .customLong("as"), help: "The run's name (default: from the log or its folder).")
    var name: String?
    @Option(help: "The experiment that the runs belong to (default: as the log says).") var experiment: String?
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("The artifact that the run wrote at its last step.", valueName: "artifact"),
        completion: .artifactNames)
    var artifact: String?

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() async throws {
        var request = RunsImportRequest(paths: path)
        request.name = name
        request.experiment = experiment
        request.artifact = artifact
        let registry = try store.registry(.readWrite)
        let wanted = request
        let report = try await Interruption.cancelling { try await registry.importRuns(wanted) }
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
