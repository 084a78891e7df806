import ArgumentParser
import Registry

/// The options of `ls` that choose artifacts and their order.
struct ArtifactFilter: ParsableArguments {
    @Option(help: "Only this kind: checkpoint, quantized, pruned, distilled, cast, merged or repacked.")
    var kind: Kind?

    @Option(help: "Only this scheme, in full or without its family: bnb-nf4, nf4.")
    var scheme: String?

    @Option(help: "Only architectures that contain this text.")
    var architecture: String?

    @Option(help: "Only this license, as the card says it.")
    var license: String?

    @Option(help: "Only names with this tag.")
    var tag: String?

    @Option(help: ArgumentHelp("Only artifacts whose files have this many bytes or more.", valueName: "size"))
    var minBytes: ByteSize?

    @Option(
        help: ArgumentHelp("Only artifacts whose files have this many bytes or fewer, such as 2GB.", valueName: "size"))
    var maxBytes: ByteSize?

    @Option(
        help: """
            Sort by name, created, bytes, unique_bytes, bits_per_weight, parameters or rel_rmse (default: name; of a search, \
            what fits best).
            """)
    var sort: Order?

    @Flag(help: "Sort the other way round.")
    var reverse = false

    @Option(help: ArgumentHelp("Only so many.", valueName: "count"))
    var limit: Int?

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case checkpoint, quantized, pruned, distilled, cast, merged, repacked
    }

    enum Order: String, CaseIterable, ExpressibleByArgument {
        case name, created, bytes, parameters
        case uniqueBytes = "unique_bytes"
        case bitsPerWeight = "bits_per_weight"
        case relRmse = "rel_rmse"
    }

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more, got \(limit).") }
        if let minBytes, let maxBytes, minBytes.byteCount > maxBytes.byteCount {
            throw ValidationError("--min-bytes is above --max-bytes, so that nothing can be between them.")
        }
    }

    /// The rows that pass, in order: as they come, by name; newest, largest or worst first; those without a number last.
    func apply<Row>(to rows: [Row], artifact: (Row) -> ArtifactRow) -> [Row] {
        let passed = rows.enumerated().map { Place(number: $0, artifact: artifact($1)) }.filter { passes($0.artifact) }
        let sorted =
            switch sort {
            case nil: reverse ? passed.reversed() : passed
            case .name?: sortedByName(passed)
            case let order?: self.sorted(passed, by: order)
            }
        return sorted.prefix(limit ?? sorted.count).map { rows[$0.number] }
    }

    func apply(to rows: [ArtifactRow]) -> [ArtifactRow] { apply(to: rows) { $0 } }

    /// A row's artifact, and where it stood.
    private struct Place {
        let number: Int
        let artifact: ArtifactRow
    }

    private func passes(_ row: ArtifactRow) -> Bool {
        if let kind, row.kind != kind.rawValue { return false }
        if let scheme = scheme?.lowercased(), row.scheme != scheme, !row.scheme.hasSuffix("-" + scheme) { return false }
        if let architecture, row.architecture?.lowercased().contains(architecture.lowercased()) != true { return false }
        if let license, row.license?.lowercased() != license.lowercased() { return false }
        if let tag, row.tag?.lowercased() != tag.lowercased() { return false }
        if let minBytes, row.logicalBytes < minBytes.byteCount { return false }
        if let maxBytes, row.logicalBytes > maxBytes.byteCount { return false }
        return true
    }

    private func sortedByName(_ rows: [Place]) -> [Place] {
        let sorted = rows.sorted { ($0.artifact.sortKey, $0.number) < ($1.artifact.sortKey, $1.number) }
        return reverse ? sorted.reversed() : sorted
    }

    private func sorted(_ rows: [Place], by order: Order) -> [Place] {
        if order == .created {
            // Moments sort as text; equals keep their order.
            let newest = rows.sorted {
                ($1.artifact.createdAt, $0.number) < ($0.artifact.createdAt, $1.number)
            }
            return reverse ? newest.reversed() : newest
        }
        let known = rows.compactMap { place in
            Self.value(of: place.artifact, by: order).map { (value: reverse ? $0 : -$0, place: place) }
        }
        return known.sorted { ($0.value, $0.place.number) < ($1.value, $1.place.number) }.map(\.place)
            + rows.filter { Self.value(of: $0.artifact, by: order) == nil }
    }

    private static func value(of row: ArtifactRow, by order: Order) -> Double? {
        switch order {
        case .name, .created: nil
        case .bytes: Double(row.logicalBytes)
        case .uniqueBytes: row.uniqueBytes.map(Double.init)
        case .parameters: Double(row.parameters)
        case .bitsPerWeight: row.bitsPerWeight
        case .relRmse: row.relRmse
        }
    }
}

extension ArtifactRow {
    /// Sorts as the catalog does by name: artifacts without a name last, a model's latest first.
    fileprivate var sortKey: String {
        guard let name else { return "\u{10FFFF}" + digest }
        return "\(name)\u{1}\(tag == "latest" ? "" : tag.map { "\u{2}\($0)" } ?? "\u{3}\(version ?? 0)")"
    }
}
