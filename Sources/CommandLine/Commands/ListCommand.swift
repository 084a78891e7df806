import ArgumentParser
import Registry

/// `ingot ls`: list artifacts.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List artifacts.",
        discussion: """
            Examples:
              ingot ls
              ingot ls llama --output csv
              ingot ls --kind quantized --scheme nf4 --max-bytes 2GB --sort rel_rmse
            """)

    @Argument(help: "List only artifacts whose name contains this text.")
    var text: String?

    @OptionGroup var filter: ArtifactFilter
    @OptionGroup var rows: RowOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let named = try store.registry(.readOnly).list(matching: text)
        let artifacts = filter.apply(to: named)
        try rows.print(artifacts, columns: Self.columns, shown: Self.shown)
        if artifacts.isEmpty, rows.style.isForPeople, !store.quiet {
            Notices.note(emptiness(named))
        }
    }

    /// Why nothing is listed, and what to try.
    private func emptiness(_ named: [ArtifactRow]) -> String {
        if !named.isEmpty {
            let schemes = Set(named.map(\.scheme)).sorted().joined(separator: ", ")
            return
                "none of \(Figures.count(named.count, "artifact")) passes the filters; the schemes here are \(schemes)"
        }
        return text.map { "no name contains '\($0)'; 'ingot ls' lists all names" }
            ?? "the store is empty; 'ingot register PATH' fills it"
    }

    static let shown: [Column<ArtifactRow>] = [
        Column("name") { .text($0.typedName) },
        Column("kind") { .text($0.kind) },
        Column("scheme") { .text($0.scheme) },
        Column("parameters") { .figure(Figures.parameters($0.parameters)) },
        Column("bits/weight") { .optional($0.bitsPerWeight) },
        Column("rel. RMSE") { .optional($0.relRmse) },
        Column("size") { .figure(Figures.bytes($0.logicalBytes) + ($0.evictedBlobs > 0 ? ", evicted" : "")) },
        Column("digest") { .text(Figures.digest($0.digest)) },
        Column("created") { .text(Figures.minute($0.createdAt)) },
    ]

    static let columns: [Column<ArtifactRow>] = [
        Column("name") { .optional($0.name) },
        Column("tag") { .optional($0.tag) },
        Column("version") { .optional($0.version) },
        Column("kind") { .text($0.kind) },
        Column("origin") { .text($0.origin) },
        Column("scheme") { .text($0.scheme) },
        Column("format") { .text($0.format) },
        Column("digest") { .text($0.digest) },
        Column("weights_digest") { .text($0.weightsDigest) },
        Column("architecture") { .optional($0.architecture) },
        Column("parameters") { .integer($0.parameters) },
        Column("logical_bytes") { .integer($0.logicalBytes) },
        Column("stored_bytes") { .integer($0.storedBytes) },
        Column("unique_bytes") { .integer($0.uniqueBytes) },
        Column("bits_per_weight") { .optional($0.bitsPerWeight) },
        Column("rel_rmse") { .optional($0.relRmse) },
        Column("license") { .optional($0.license) },
        Column("created_at") { .text($0.createdAt) },
        Column("quantization") { .optional($0.quantization) },
        Column("evicted_blobs") { .integer($0.evictedBlobs) },
    ]
}
