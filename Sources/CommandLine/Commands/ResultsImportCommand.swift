import ArgumentParser
import Registry

/// `ingot results import`: take measurements from other tools' files.
struct ResultsImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Record the results that other tools wrote to files.",
        discussion: """
            Reads lm-evaluation-harness, llama-bench (JSON, JSONL, CSV, Markdown, SQL), llama-perplexity logs, vLLM's \
            benchmarks, GenAI-Perf, optimum-benchmark, and tables of your own with --map. Each file is recognized by \
            its content. The same file again adds nothing. docs/results.md says what becomes of each.

            Examples:
              ingot results import results_2026-05-01T09-30-00.json --for smollm2-135m:nf4
              ingot results import bench.jsonl perplexity.log --for smollm2-135m:q4_k_m --this-host
              ingot results import scores.csv --for smollm2-135m --map 'task=Task,value=acc,value=f1'
            """)

    @Argument(help: "Files of results.", completion: .file())
    var file: [String]

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "The artifact that was measured, whatever model the files name: [owner/]model[:tag], model@vN, or @ and "
                + "the start of a digest.", valueName: "name"), completion: .artifactNames)
    var name: String

    @Option(help: "How to read the files, when their content does not tell.")
    var format: Format?

    @Option(
        help: ArgumentHelp(
            "Which columns of a CSV or JSON lines table mean what: 'metric=Metric,value=Score,task=Task'; may be given "
                + "again. See docs/results.md.", valueName: "field=column"))
    var map: [String] = []

    @Option(help: "The data it was measured on, where the file does not tell.") var dataset: String?
    @Option(help: ArgumentHelp("SHA-256 of that data, where the file does not tell.", valueName: "sha256"))
    var datasetDigest: String?
    @Option(
        help: ArgumentHelp("SHA-256 of what the model was asked, where the file does not tell.", valueName: "sha256"))
    var promptDigest: String?

    @Flag(help: "It was measured on this machine: describe it where the file does not.")
    var thisHost = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    /// A name of a format.
    struct Format: ExpressibleByArgument {
        let name: String

        init?(argument: String) {
            guard ModelRegistry.resultFormats.contains(argument) else { return nil }
            name = argument
        }

        static var allValueStrings: [String] { ModelRegistry.resultFormats }
    }

    func run() throws {
        var request = ResultsImportRequest(paths: file, name: name)
        request.format = format?.name
        request.columnMap = map
        request.dataset = dataset
        request.datasetDigest = datasetDigest
        request.promptDigest = promptDigest
        request.isFromThisHost = thisHost
        let report = try store.registry(.readWrite).importResults(request)
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
