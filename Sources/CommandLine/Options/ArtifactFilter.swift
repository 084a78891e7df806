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

    @Option(help: ArgumentHelp("Only artifacts whose files have this many bytes or more.", valueName: "size"))
    var minBytes: ByteSize?

    @Option(
        help: ArgumentHelp("Only artifacts whose files have this many bytes or fewer, such as 2GB.", valueName: "size"))
    var maxBytes: ByteSize?

    @Option(help: "Sort by name, created, bytes, unique_bytes, bits_per_weight, parameters or rel_rmse.")
    var sort: Order = .name

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

    /// Whether any option leaves something out.
    var isNarrow: Bool {
        kind != nil || scheme != nil || architecture != nil || license != nil || minBytes != nil || maxBytes != nil
    }

    /// The rows that pass, in order: by name as they come; newest, largest or worst first; those without a number last.
    func apply(to rows: [ArtifactRow]) -> [ArtifactRow] {
        let passed = rows.filter(passes)
        let sorted = sort == .name ? (reverse ? passed.reversed() : passed) : self.sorted(passed)
        return limit.map { Array(sorted.prefix($0)) } ?? sorted
    }

    private func passes(_ row: ArtifactRow) -> Bool {
        if let kind, row.kind != kind.rawValue { return false }
        if let scheme = scheme?.lowercased(), row.scheme != scheme, !row.scheme.hasSuffix("-" + scheme) { return false }
        if let architecture, row.architecture?.lowercased().contains(architecture.lowercased()) != true { return false }
        if let license, row.license?.lowercased() != license.lowercased() { return false }
        if let minBytes, row.logicalBytes < minBytes.byteCount { return false }
        if let maxBytes, row.logicalBytes > maxBytes.byteCount { return false }
        return true
    }

    private func sorted(_ rows: [ArtifactRow]) -> [ArtifactRow] {
        if sort == .created {
            // Moments sort as text; equals keep their order.
            let newest = rows.enumerated().sorted {
                ($1.element.createdAt, $0.offset) < ($0.element.createdAt, $1.offset)
            }.map(\.element)
            return reverse ? newest.reversed() : newest
        }
        let known = rows.enumerated().compactMap { place, row in
            value(of: row).map { (value: reverse ? $0 : -$0, place: place, row: row) }
        }
        return known.sorted { ($0.value, $0.place) < ($1.value, $1.place) }.map(\.row)
            + rows.filter { value(of: $0) == nil }
    }

    private func value(of row: ArtifactRow) -> Double? {
        switch sort {
        case .name, .created: nil
        case .bytes: Double(row.logicalBytes)
        case .uniqueBytes: Double(row.uniqueBytes)
        case .parameters: Double(row.parameters)
        case .bitsPerWeight: row.bitsPerWeight
        case .relRmse: row.relRmse
        }
    }
}
