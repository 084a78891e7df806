import ArgumentParser
import Registry

/// `ingot compress`: store weights in less room, without loss.
struct CompressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compress",
        abstract: "Store weights in less room, without loss.",
        discussion: """
            Files, digests and exports stay what they are: only the store gets smaller, by a third for BF16. \
            With --base, or with --effort max where the base is known, tensors are kept as differences from those of \
            the same name where that is smaller still.

            Examples:
              ingot compress smollm2-135m
              ingot compress my-finetune --base smollm2-135m
              ingot compress --undo smollm2-135m
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Option(
        help: ArgumentHelp("The artifact that it was fine-tuned from.", valueName: "name"), completion: .artifactNames)
    var base: String?

    @Option(help: "How much to try: auto, what is fast to read; max, all that saves a byte.")
    var effort = Effort.auto

    /// What `--effort` takes.
    enum Effort: String, ExpressibleByArgument {
        case auto, max
    }

    @Flag(help: "Store the weights as they are again.")
    var undo = false

    @Option(
        help: ArgumentHelp(
            "Threads to use (default: one a core). The result does not depend on it.", valueName: "count"))
    var threads: Int?

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more, got \(threads).") }
        guard !undo || base == nil else { throw ValidationError("--undo takes no --base.") }
    }

    func run() async throws {
        let registry = try store.registry(.readWrite)
        var request = CompressRequest(name: name)
        request.base = base
        request.effort = effort == .max ? .max : .auto
        request.threadCount = threads
        let (prepared, undoes) = (request, undo)
        let report = try await store.longAct { progress in
            undoes
                ? try await registry.decompress(
                    prepared.name, threadCount: prepared.threadCount, progress: progress)
                : try await registry.compress(prepared, progress: progress)
        }
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
