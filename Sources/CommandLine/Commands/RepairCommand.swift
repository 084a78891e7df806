import ArgumentParser
import Registry

/// `ingot repair`: mend what is damaged.
struct RepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Mend damaged blobs from identical bytes elsewhere, or make the catalog again.",
        discussion: """
            Mends what 'ingot verify' has noted, and blobs whose files are gone. Bytes come from other artifacts, from \
            files that the store refers to, from the folders and homes named by --from; else a variant is derived again \
            from its parent. Every byte is compared with its digest before it takes its place. Exits with 1 when \
            something is left.

            --catalog makes catalog.sqlite again from the manifests beside it and the blobs.

            Examples:
              ingot repair --all
              ingot repair smollm2-135m --from ./exported --from /backup/ingot
              ingot repair --catalog
            """)

    @Argument(
        help: "The artifact (default: all): [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String?

    @Flag(help: "Mend all artifacts, as without a name.")
    var all = false

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "A folder or file that may hold the same bytes, or another home; can be repeated.", valueName: "path"),
        completion: .directory)
    var sources: [String] = []

    @Flag(help: "Make the catalog again.")
    var catalog = false

    @Flag(help: "With --catalog: also when the catalog is sound. The old one is put aside.")
    var force = false

    @OptionGroup var derivation: DerivationOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard name == nil || !all else { throw ValidationError("Give a name or --all, not both.") }
        guard !catalog || (name == nil && !all && sources.isEmpty) else {
            throw ValidationError("--catalog makes the catalog again, and takes no name and no --from.")
        }
        guard catalog || !force else { throw ValidationError("--force goes with --catalog.") }
    }

    func run() async throws {
        if catalog { return try runCatalog() }
        let registry = try store.registryForNotes()
        var request = RepairRequest(name: name)
        request.sources = sources
        request.files = derivation.files
        request.threadCount = derivation.threads
        let prepared = request
        let report = try await store.longAct { try await registry.repair(prepared, progress: $0) }
        let isSilent = store.quiet && report.unmended.isEmpty
        try document.print(
            report, summary: isSilent ? [] : report.summary, notes: report.notes, quietly: store.quiet)
        if !report.unmended.isEmpty { throw ExitCode.failure }
    }

    private func runCatalog() throws {
        let report = try ModelRegistry.repairCatalog(
            home: Environment.process.homeFolder(option: store.home), sound: force ? .replace : .refuse)
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
        if !report.damagedManifests.isEmpty || !report.missingBlobs.isEmpty { throw ExitCode.failure }
    }
}
