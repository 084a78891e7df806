import ArgumentParser
import Registry

/// `ingot diff`: how two artifacts differ, tensor by tensor.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two artifacts tensor by tensor, across formats and precisions.",
        discussion: """
            Digests are compared first; of tensors whose bytes differ, the numbers are read: those that quantized ones \
            stand for, and those of GGUF under the names and in the row order of Hugging Face. A tensor is identical, \
            equal (the same numbers stored otherwise, or rounded to the other dtype), changed, reshaped, renamed, added \
            or removed. Configurations, tokenizers and other files are compared too.

            Exits with 0 also when they differ; --exit-code makes that 1.

            Examples:
              ingot diff smollm2-135m smollm2-135m:nf4
              ingot diff smollm2-135m smollm2-135m:q4_k_m --top 20
              ingot diff smollm2-135m@v1 smollm2-135m@v2 --digests-only --exit-code
              ingot diff smollm2-135m smollm2-135m-instruct --tensors --json
            """)

    @Argument(
        help: "The artifact to compare with: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var first: String

    @Argument(help: "The artifact to compare.", completion: .artifactNames)
    var second: String

    @Flag(help: "Compare digests alone: no weights are read.")
    var digestsOnly = false

    @Option(help: ArgumentHelp("List this many of the tensors that differ most (default: 10).", valueName: "count"))
    var top: Int?

    @Flag(help: "List all tensors, those that do not differ too.")
    var tensors = false

    @Flag(help: "Exit with 1 when they differ; equal numbers in another dtype do not count.")
    var exitCode = false

    @Option(
        help: ArgumentHelp(
            "Threads to use (default: one a core). The numbers do not depend on it.", valueName: "count"))
    var threads: Int?

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        if let top, top < 0 { throw ValidationError("--top must be 0 or more, got \(top).") }
        guard top == nil || !tensors else { throw ValidationError("Give --top or --tensors, not both.") }
        if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more, got \(threads).") }
    }

    func run() async throws {
        let registry = try store.registry(.readOnly)
        var request = DiffRequest(first: first, second: second)
        request.digestsOnly = digestsOnly
        request.listsAll = tensors
        request.threadCount = threads
        let prepared = request
        let report = try await store.longAct { try await registry.diff(prepared, progress: $0) }
        let summary = try DiffSummary(
            report: report, shown: tensors ? .max : top ?? 10, terminal: .standardOutput(.process),
            bars: .standardOutput(.process)
        ).lines()
        try document.print(report, summary: summary, notes: report.notes, quietly: store.quiet)
        if exitCode, report.differs { throw ExitCode.failure }
    }
}
