import ArgumentParser
import Registry

/// `ingot merge`: make one model of an adapter and its base, or of several models.
struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Merge a LoRA adapter into its base, or several models into one.",
        discussion: """
            With --adapter, a low-rank adapter as PEFT saves it (LoRA, rsLoRA, DoRA, with trained biases and \
            modules_to_save) is added to the base. The report tells the norm of each update, against the matrix and \
            against the step of the scheme that --step-of names or that the base is quantized in.

            Else the argument is a recipe in mergekit's words: merge_method linear, slerp, task_arithmetic, ties, \
            dare_ties, dare_linear or passthrough, with models or slices, which are names of the store. What mergekit \
            knows and Ingot does not is an error. See docs/transforms.md.

            Numbers are worked out in float32 and rounded once. The same merge again does no work; one that was killed \
            goes on where it stopped.

            Examples:
              ingot merge smollm2-135m --adapter ./my-lora
              ingot merge smollm2-135m --adapter ./my-lora --step-of q4_0 --as smollm2-135m:tuned
              ingot merge ties.yaml --as mix
              ingot merge dare.yaml --as mix:seed-7 --seed 7 --dry-run
            """)

    @Argument(
        help: "With --adapter the base, [owner/]model[:tag]; else a recipe's file.", completion: .artifactNames)
    var subject: String

    @Option(
        help: ArgumentHelp("The folder of a LoRA adapter, or the artifact that it is.", valueName: "folder"),
        completion: .directory)
    var adapter: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "The name to give; with --adapter by default the base's, with the tag merged.", valueName: "name"))
    var newName: String?

    @Option(
        help: ArgumentHelp(
            "The dtype of the matrices that an adapter changes: bf16, f16 or f32 (default: the base's).",
            valueName: "dtype"))
    var dtype: String?

    @Option(
        name: .customLong("step-of"),
        help: ArgumentHelp(
            "Measure an adapter's updates in the quantization steps of this scheme.", valueName: "scheme"))
    var stepOf: String?

    @Option(
        help: ArgumentHelp("What DARE's random choices begin with (default: the recipe's, or 0).", valueName: "number"))
    var seed: UInt64?

    @Flag(name: .customLong("dry-run"), help: "Say what would be written, to the byte, and write nothing.")
    var isDryRun = false

    @Option(
        name: .customLong("max-memory"),
        help: ArgumentHelp("Refuse when the work may take more memory than this, such as 500MB.", valueName: "size"))
    var maxMemory: ByteSize?

    @OptionGroup var work: WorkOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard adapter != nil || newName != nil else {
            throw ValidationError("Name the result of a recipe with --as NAME, or say --adapter DIR.")
        }
        guard adapter != nil || (dtype == nil && stepOf == nil) else {
            throw ValidationError("--dtype and --step-of are of adapters: write dtype into the recipe.")
        }
        guard adapter == nil || seed == nil else {
            throw ValidationError("--seed is of recipes: an adapter is merged without chance.")
        }
    }

    func run() async throws {
        var request = MergeRequest(
            adapter.map { .adapter(base: subject, adapter: $0) } ?? .recipe(path: subject))
        request.newName = newName
        request.taken = work.taken
        request.threadCount = work.threads
        request.dtype = dtype
        request.stepScheme = stepOf
        request.seed = seed
        request.maxMemoryBytes = maxMemory?.byteCount
        let prepared = request
        if isDryRun {
            let forecast = try store.registry(.readOnly).planMerge(prepared)
            return try document.print(
                forecast, summary: forecast.summary, notes: forecast.notes, quietly: store.quiet)
        }
        let registry = try store.registry(.readWrite)
        let report = try await store.longAct { try await registry.merge(prepared, progress: $0) }
        try document.print(
            report, summary: store.quiet ? [report.name] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
