import ArgumentParser
import Registry

/// `ingot prune`: cut a model to smaller sizes.
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract:
            "Cut channels, heads, layers, experts or tokens from a model, with every tensor and config.json mended.",
        discussion: """
            What belongs together goes together: an MLP channel from the gate's and up's rows and the down matrix's \
            columns, a hidden channel from every matrix and norm. What stays is what has the highest scores: of equal \
            ones, the lower number. The result computes what the model would with zeros in the place of what went. It \
            is called NAME:mlp30-heads25; the same again does no work.

            Shares are what goes: --mlp 0.3 leaves 70 percent, to the nearest multiple of --multiple-of. Of a \
            quantized model layers and experts can go, and its blocks stay as they are.

            Families: llama, mistral, mixtral, qwen2, qwen3 (and their experts), gemma 1 to 3, phi3, gpt2, bert. \
            docs/transforms.md shows which tensors move together.

            Examples:
              ingot prune smollm2-135m --mlp 0.3 --multiple-of 32 --dry-run
              ingot prune smollm2-135m --heads 0.25 --hidden 0.25 --importance l1 --as small
              ingot prune smollm2-135m --layers 3,7
              ingot prune mixtral --experts 0.25
              ingot prune smollm2-135m --vocabulary tokens.txt
              ingot prune smollm2-135m --mlp 0.5 --statistics activations.safetensors
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @OptionGroup var cut: PruneOptions

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The name to give (default: the artifact's, with what is cut as tag).", valueName: "name"))
    var newName: String?

    @Flag(name: .customLong("dry-run"), help: "Rank the weights, say what would be written, and write nothing.")
    var isDryRun = false

    @Option(
        name: .customLong("max-memory"),
        help: ArgumentHelp("Refuse when the work may take more memory than this, such as 500MB.", valueName: "size"))
    var maxMemory: ByteSize?

    @OptionGroup var work: WorkOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() async throws {
        var request = cut.request(name)
        request.newName = newName
        request.taken = work.taken
        request.threadCount = work.threads
        request.maxMemoryBytes = maxMemory?.byteCount
        let prepared = request
        if isDryRun {
            let registry = try store.registry(.readOnly)
            let forecast = try await store.longAct { try await registry.planPruning(prepared, progress: $0) }
            return try document.print(
                forecast, summary: forecast.summary, notes: forecast.notes, quietly: store.quiet)
        }
        let registry = try store.registry(.readWrite)
        let report = try await store.longAct { try await registry.prune(prepared, progress: $0) }
        try document.print(
            report, summary: store.quiet ? [report.name] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
