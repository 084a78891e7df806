import ArgumentParser
import Registry

/// `ingot ls`: list artifacts.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List artifacts, or find them by words.",
        discussion: """
            With words, artifacts are listed that have all of them: in the name, anywhere in it, or at the start of a word \
            of their facts, notes, model cards or tensor names. Those found by name come first, the others best first, \
            and the column 'match' tells where the word stands.

            Examples:
              ingot ls
              ingot ls llama --output csv
              ingot ls story apache
              ingot ls layers.31.mlp
              ingot ls --kind quantized --scheme nf4 --max-bytes 2GB --sort rel_rmse
            """)

    @Argument(help: "Words to find artifacts by.", completion: .artifactNames)
    var words: [String] = []

    @OptionGroup var filter: ArtifactFilter
    @OptionGroup var rows: RowOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let registry = try store.registry(.readOnly)
        let query = words.joined(separator: " ")
        // Bytes on disk are added up only where they are printed or sorted by.
        let isSized = !rows.style.isForPeople || filter.sort == .uniqueBytes
        guard query.contains(where: { !$0.isWhitespace }) else {
            let all = try registry.list(sized: isSized).map { SearchReport.Match(artifact: $0) }
            return try print(all) { emptiness(all.map(\.artifact)) }
        }
        let report = try registry.search(query, sized: isSized)
        try print(report.matches) {
            report.matches.isEmpty ? report.advice : emptiness(report.matches.map(\.artifact))
        }
    }

    private func print(_ matches: [SearchReport.Match], advice: () -> String) throws {
        let passed = filter.apply(to: matches, artifact: \.artifact)
        let hasReasons = passed.contains { $0.column != nil }
        try rows.print(passed, columns: Self.columns, shown: Self.shown + (hasReasons ? [Self.match] : []))
        if passed.isEmpty, rows.style.isForPeople, !store.quiet { Notices.note(advice()) }
    }

    /// Why nothing is listed although artifacts were found, and what to try.
    private func emptiness(_ found: [ArtifactRow]) -> String {
        guard !found.isEmpty else { return "the store is empty; 'ingot register PATH' fills it" }
        let schemes = Set(found.map(\.scheme)).sorted().joined(separator: ", ")
        return "none of \(Figures.count(found.count, "artifact")) passes the filters; the schemes here are \(schemes)"
    }

    static let shown = artifactColumns(shownOfArtifact)
    static let columns = artifactColumns(columnsOfArtifact) + [match]

    private static let match = Column<SearchReport.Match>("match") { match in
        guard let column = match.column else { return .null }
        guard let excerpt = match.excerpt, !excerpt.isEmpty else { return .text(column) }
        return .text("\(column): \(excerpt)")
    }

    private static func artifactColumns(_ columns: [Column<ArtifactRow>]) -> [Column<SearchReport.Match>] {
        columns.map { column in Column(column.name) { column.cell($0.artifact) } }
    }

    private static let shownOfArtifact: [Column<ArtifactRow>] = [
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

    static let columnsOfArtifact: [Column<ArtifactRow>] = [
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
        Column("stored_bytes") { .optional($0.storedBytes) },
        Column("unique_bytes") { .optional($0.uniqueBytes) },
        Column("bits_per_weight") { .optional($0.bitsPerWeight) },
        Column("rel_rmse") { .optional($0.relRmse) },
        Column("license") { .optional($0.license) },
        Column("created_at") { .text($0.createdAt) },
        Column("quantization") { .optional($0.quantization) },
        Column("evicted_blobs") { .integer($0.evictedBlobs) },
    ]
}

extension SearchReport {
    /// What to try after a search that found nothing.
    fileprivate var advice: String {
        var parts = [
            "nothing has \(counts.count == 1 ? "the word" : "all of the words") "
                + counts.map { "'\($0.word)'" }.joined(separator: ", ")
        ]
        if counts.count > 1 {
            let alone = counts.filter { $0.artifactCount > 0 }.map {
                "'\($0.word)' alone finds \(Figures.count($0.artifactCount, "artifact"))"
            }
            parts += alone
        }
        if !nearNames.isEmpty {
            parts.append("perhaps \(nearNames.map { "'\($0)'" }.joined(separator: " or ")) is meant")
        } else {
            parts.append("a word is found by its beginning; 'ingot ls' lists all artifacts")
        }
        return parts.joined(separator: "; ")
    }
}
