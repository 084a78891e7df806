import ArgumentParser
import Registry

/// `ingot verify`: read stored bytes and compare them with their digests.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read stored bytes and compare them with their digests.",
        discussion: """
            Exits with 1 when something is damaged, and names the artifacts, files and tensors that it touches.

            Examples:
              ingot verify
              ingot verify smollm2-135m
            """)

    @Argument(help: "The artifact (default: all): [owner/]model[:tag], model@vN, or @ and the start of a digest.")
    var name: String?

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() async throws {
        let registry = try store.registry(.readOnly)
        let name = name
        let report = try await store.longAct { try await registry.verify(name, progress: $0) }
        let isSilent = store.quiet && report.damage.isEmpty
        try document.print(report, summary: isSilent ? [] : report.summary, quietly: store.quiet)
        if !report.damage.isEmpty { throw ExitCode.failure }
    }
}
