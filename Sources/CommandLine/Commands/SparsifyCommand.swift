import ArgumentParser
import Registry

/// `ingot sparsify`: set the numbers of matrices to zero that count least.
struct SparsifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sparsify",
        abstract: "Set the numbers of a model's matrices to zero that count least: unstructured or N:M sparsity.",
        discussion: """
            Shapes stay, and so does every number that is not set to zero. Embeddings, norms, biases, routers and the \
            last matrix stay as they are. A share is met to the number: of equal scores the first by position go. The \
            result is a folder of safetensors, called NAME:sparse50 or NAME:sparse2of4; 'ingot tensors' lists the share \
            of zeros of each tensor, and 'ingot compress' stores zeros in little room. To make a model smaller for its \
            programs, 'ingot prune' cuts whole channels, heads and layers.

            Scores: magnitude, |w|; or wanda, |w|·‖x‖ with the norms of the inputs from an importance matrix of \
            llama.cpp, or from activation statistics as docs/transforms.md describes them.

            Examples:
              ingot sparsify smollm2-135m --sparsity 0.5
              ingot sparsify smollm2-135m --sparsity 0.5 --scope global --keep 'layers\\.0\\.'
              ingot sparsify smollm2-135m --pattern 2:4 --scores wanda --statistics imatrix.gguf
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Option(help: ArgumentHelp("The share of the numbers that becomes zero, such as 0.5.", valueName: "share"))
    var sparsity: Double?

    @Option(
        help: ArgumentHelp("How many of how many neighbors along the inputs stay: 2:4, 4:8.", valueName: "n:m"))
    var pattern: String?

    @Option(
        help: ArgumentHelp(
            "Among which numbers the share is taken: each row (an output), each tensor, or global for all matrices "
                + "together (default: row for wanda, else tensor).", valueName: "scope"))
    var scope: Scope?

    @Option(help: ArgumentHelp("What tells how much a number counts: magnitude or wanda.", valueName: "scores"))
    var scores = Scores.magnitude

    @Option(
        name: .customLong("statistics"),
        help: ArgumentHelp(
            "For wanda: an importance matrix of llama.cpp, or activation statistics.", valueName: "file"))
    var statisticsPath: String?

    @Option(
        help: ArgumentHelp(
            "Leave tensors as they are whose name this regular expression finds; may be given again.",
            valueName: "regex"))
    var keep: [String] = []

    @Option(
        name: .customLong("rule"),
        help: ArgumentHelp(
            "Leave tensors as they are: 'layers:0-1=keep', 'role:attention=keep'; may be given again.",
            valueName: "tensors=keep"))
    var rules: [String] = []

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The name to give (default: the artifact's, with the share as tag).", valueName: "name"))
    var newName: String?

    @Flag(name: .customLong("dry-run"), help: "Say what would be written, to the byte, and write nothing.")
    var isDryRun = false

    @Option(
        name: .customLong("max-memory"),
        help: ArgumentHelp("Refuse when the work may take more memory than this, such as 500MB.", valueName: "size"))
    var maxMemory: ByteSize?

    @OptionGroup var work: WorkOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    enum Scope: String, ExpressibleByArgument, CaseIterable { case row, tensor, global }
    enum Scores: String, ExpressibleByArgument, CaseIterable { case magnitude, wanda }

    func validate() throws {
        guard (sparsity == nil) != (pattern == nil) else {
            throw ValidationError("Say how many numbers become zero, with --sparsity SHARE or --pattern N:M.")
        }
        for pattern in keep where pattern.isEmpty {
            throw ValidationError("--keep must not be empty: it would keep every tensor.")
        }
    }

    func run() async throws {
        let request = request
        if isDryRun {
            let registry = try store.registry(.readOnly)
            let forecast = try await store.longAct { try await registry.planSparsifying(request, progress: $0) }
            return try document.print(
                forecast, summary: forecast.summary, notes: forecast.notes, quietly: store.quiet)
        }
        let registry = try store.registry(.readWrite)
        let report = try await store.longAct { try await registry.sparsify(request, progress: $0) }
        try document.print(
            report, summary: store.quiet ? [report.name] : report.summary, notes: report.notes, quietly: store.quiet)
    }

    private var request: SparsifyRequest {
        var request = SparsifyRequest(name: name)
        request.sparsity = sparsity
        request.pattern = pattern
        request.scope = scope.flatMap { SparsifyRequest.Scope(rawValue: $0.rawValue) }
        request.scores = scores == .wanda ? .wanda : .magnitude
        request.statisticsPath = statisticsPath
        request.keep = keep
        request.rules = rules
        request.newName = newName
        request.taken = work.taken
        request.threadCount = work.threads
        request.maxMemoryBytes = maxMemory?.byteCount
        return request
    }
}
