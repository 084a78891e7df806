import ArgumentParser
import Registry

/// `ingot verify`: read stored bytes and compare them with their digests.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read stored bytes and compare them with their digests.",
        discussion: """
            Exits with 1 when something is damaged, and names the artifacts, files and tensors that it touches; \
            'ingot repair' mends them. The catalog notes what was read (blob_summary.verified_at), so that --since goes \
            on where a run was stopped. With --rederive, a variant is derived again from its parent by its recipe, and \
            each of its files must come out the same.

            Examples:
              ingot verify
              ingot verify smollm2-135m
              ingot verify --since 7d
              ingot verify --sample 5%
              ingot verify --rederive smollm2-135m:nf4
            """)

    @Argument(
        help: "The artifact (default: all): [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String?

    @Flag(help: "Verify all artifacts, as without a name.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Read a random share of the bytes, such as 5%, rather what was not verified for long.", valueName: "share"))
    var sample: ShareArgument?

    @Option(help: ArgumentHelp("Draw the sample that this number drew before.", valueName: "number"))
    var seed: Int?

    @Option(
        help: ArgumentHelp("Leave out what was found right within this time, such as 7d or 12h.", valueName: "time"))
    var since: DurationArgument?

    @Flag(help: "Derive the variant again from its parent, and compare the files.")
    var rederive = false

    @OptionGroup var derivation: DerivationOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard name == nil || !all else { throw ValidationError("Give a name or --all, not both.") }
        guard sample == nil || since == nil else { throw ValidationError("Give --sample or --since, not both.") }
        guard seed == nil || sample != nil else { throw ValidationError("--seed goes with --sample.") }
        guard !rederive || name != nil else { throw ValidationError("--rederive needs the name of a variant.") }
        guard !rederive || (sample == nil && since == nil) else {
            throw ValidationError("--rederive reads everything: leave --sample and --since out.")
        }
        guard rederive || (derivation.imatrix == nil && derivation.vocabulary == nil) else {
            throw ValidationError("--imatrix and --vocabulary go with --rederive.")
        }
    }

    func run() async throws {
        if let name, rederive { return try await runRederive(name) }
        let registry = try store.registryForNotes()
        var request = VerifyRequest(name: name)
        request.threadCount = derivation.threads
        if let since { request.selection = .notWithin(seconds: since.seconds) }
        if let sample { request.selection = .sample(sample.share, seed: seed ?? Int.random(in: 0...999_999_999)) }
        let prepared = request
        let report: VerifyReport
        do {
            report = try await store.longAct { try await registry.verify(prepared, progress: $0) }
        } catch var interrupted as Interrupted {
            interrupted.message = "interrupted; what was read is noted, and 'ingot verify --since 1d' goes on"
            throw interrupted
        }
        let isSilent = store.quiet && report.damage.isEmpty
        try document.print(
            report, summary: isSilent ? [] : report.summary, notes: report.notes, quietly: store.quiet)
        if !report.damage.isEmpty { throw ExitCode.failure }
    }

    private func runRederive(_ name: String) async throws {
        let registry = try store.registry(.readWrite)
        let options = derivation
        let report = try await store.longAct {
            try await registry.rederive(
                name, files: options.files, threadCount: options.threads, progress: $0)
        }
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
        if report.outcome != "proven" { throw ExitCode.failure }
    }
}
