import ArgumentParser
import Registry

/// `ingot run`: apply a recipe of several steps to an artifact.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Apply a recipe to an artifact, step by step.",
        discussion: """
            A recipe is a YAML or JSON file of steps: quantize, cast, prune and the others. Each is done to the result \
            of the one before it, or to what its 'from' names, and each result is an artifact with its own name. Gates \
            (max_rel_rmse, min_saving) let a result pass or not; 'otherwise' names the step that comes in its place. \
            What was done to the same bytes before is not done again, so a run that was killed goes on where it \
            stopped. See docs/recipes.md.

            The last result is called NAME:RECIPE, the others NAME:RECIPE-STEP.

            Examples:
              ingot run compact.yaml smollm2-135m
              ingot run compact.yaml smollm2-135m --dry-run
              ingot run compact.yaml smollm2-135m --as smollm2-135m:phone -o compact.html
            """)

    @Argument(help: "The recipe's file, YAML or JSON.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var recipe: String

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "The name of the last result (default: the artifact's, with the recipe's name as tag).", valueName: "name"))
    var newName: String?

    @Flag(name: .customLong("dry-run"), help: "Say what would be done, and do nothing.")
    var isDryRun = false

    @Option(
        help: ArgumentHelp("The importance matrix for steps that ask for one.", valueName: "file"),
        completion: .file())
    var imatrix: String?

    @Option(
        help: ArgumentHelp("The activation statistics for steps that ask for some.", valueName: "file"),
        completion: .file())
    var statistics: String?

    @Option(
        help: ArgumentHelp("The list of tokens for steps that ask for one.", valueName: "file"), completion: .file())
    var vocabulary: String?

    @Option(
        name: .customLong("max-memory"),
        help: ArgumentHelp("Let a step fail that may take more memory than this, such as 500MB.", valueName: "size"))
    var maxMemory: ByteSize?

    @OptionGroup var file: PipelineFileOptions
    @OptionGroup var work: WorkOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() async throws {
        var request = PipelineRequest(recipePath: recipe, name: name)
        request.newName = newName
        request.taken = work.taken
        request.threadCount = work.threads
        request.importancePath = imatrix
        request.statisticsPath = statistics
        request.vocabularyPath = vocabulary
        request.maxMemoryBytes = maxMemory?.byteCount
        let prepared = request
        if isDryRun { return try print(try store.registry(.readOnly).planRun(prepared)) }
        try file.check()
        let registry = try store.registry(.readWrite)
        let report = try await store.longAct { try await registry.run(prepared, progress: $0) }
        try file.write(report)
        try print(report)
        try report.requireComplete()
    }

    private func print(_ report: PipelineReport) throws {
        try document.print(
            report, summary: store.quiet ? report.names : report.summary(.standardOutput(.process)),
            notes: report.allNotes, quietly: store.quiet)
    }
}

/// Where the report of a recipe is written besides the terminal.
struct PipelineFileOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("report")],
        help: ArgumentHelp(
            "Write a report with bytes, parameters and error of each step: .html or .md.", valueName: "file"),
        completion: .file(extensions: ["html", "md"]))
    var report: String?

    @Flag(name: .customLong("force"), help: "Replace the report's file when it exists.")
    var replaces = false

    func validate() throws {
        guard let report else {
            guard !replaces else { throw ValidationError("--force needs -o FILE.") }
            return
        }
        guard format(of: report) != nil else {
            throw ValidationError("The report is written as .html or .md; '\(report)' ends in neither.")
        }
    }

    private func format(of path: String) -> PipelineReport.Format? {
        path.split(separator: ".").last.flatMap { PipelineReport.Format(rawValue: $0.lowercased()) }
    }

    private var existing: ModelRegistry.ExistingFile { replaces ? .replace : .refuse }

    /// Refuses before the work what would be refused after it.
    func check() throws {
        guard let report else { return }
        try ModelRegistry.checkDocument(at: report, existing: existing)
    }

    /// Writes the report, when that was asked for.
    func write(_ outcome: PipelineReport) throws {
        guard let report, let format = format(of: report) else { return }
        try ModelRegistry.write(outcome.document(format), to: report, existing: existing)
    }
}
