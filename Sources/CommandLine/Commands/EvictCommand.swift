import ArgumentParser
import Registry

/// `ingot evict`: let bytes go that can be derived again.
struct EvictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evict",
        abstract: "Let the bytes of variants go that can be derived again; the catalog keeps them.",
        discussion: """
            A variant goes only when its parent's bytes are there and deriving it again has given the same bytes, which \
            is tried now unless it was before. Its bytes come back by themselves when it is exported or converted, and \
            then stay until the next evict; --undo brings them back at once.

            Examples:
              ingot evict smollm2-135m:nf4
              ingot evict --undo smollm2-135m:nf4
            """)

    @Argument(
        help: "The variants: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: [String]

    @Flag(help: "Trust the recipe: do not derive the variant again before its bytes go.")
    var unproven = false

    @Flag(help: "Bring the bytes back.")
    var undo = false

    @OptionGroup var derivation: DerivationOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard !undo || !unproven else { throw ValidationError("--undo and --unproven exclude each other.") }
    }

    func run() async throws {
        let registry = try store.registryForNotes()
        var request = EvictRequest(names: name)
        request.proof = unproven ? .none : .required
        request.files = derivation.files
        request.threadCount = derivation.threads
        let prepared = request
        let isUndone = undo
        let report = try await store.longAct {
            isUndone
                ? try await registry.undoEviction(prepared, progress: $0)
                : try await registry.evict(prepared, progress: $0)
        }
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
