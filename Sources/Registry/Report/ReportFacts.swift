import Architectures
import Bytes
import Catalog

/// What a report tells of one artifact, as the catalog knew it at one moment.
struct ReportFacts {
    let detail: ArtifactDetail
    let lineage: LineageReport
    let tensors: [PlacedTensor]
    /// The parent that errors and results are laid beside; nil without one.
    let parent: Parent?
    let results: [MeasuredPair]
    /// That wrote it or an ancestor, nearest first.
    let runs: [Run]
    /// The model card's text, without its YAML; nil when there is none.
    let card: String?
    let date: String?

    /// The direct parent in the role of the base.
    struct Parent {
        let name: String
        let digest: Digest
        /// Of all its files; nil once it is forgotten.
        let byteCount: Int?
    }

    /// The shortest name that finds it.
    var name: String { lineage.name }
    var artifact: ArtifactRow { detail.artifact }
    /// Those that differ from the parent's.
    var changed: [PlacedTensor] { tensors.filter { $0.tensor.error != nil } }
}

extension ModelRegistry {
    /// Reads what a report tells.
    func reportFacts(of name: String, date: String?) throws -> ReportFacts {
        let record = try artifact(named: name)
        let base = try catalog.lineage(of: record.digest, .ancestors)
            .filter { $0.distance == 1 && $0.record.role == .base }.map(\.record)
        let parent = base.first { $0.relativeRMSE != nil } ?? base.first
        let results = try catalog.results(of: record.digest)
        return ReportFacts(
            detail: try show(name), lineage: try lineage(of: name), tensors: try placedTensors(of: record),
            parent: try parent.map { parent in
                ReportFacts.Parent(
                    name: parent.parentLabel, digest: parent.parent,
                    byteCount: try catalog.artifact(parent.parent)?.logicalByteCount)
            },
            results: MeasuredPair.pairs(
                results, beside: try parent.map { try catalog.results(of: $0.parent) } ?? []),
            runs: try reportRuns(of: record.digest), card: try cardText(of: record.digest), date: date)
    }

    /// The greatest part of a card that a report repeats, in bytes.
    private static let longestCard = 64 << 10

    /// Nil where there is no card, or its bytes are not in the store now.
    private func cardText(of digest: Digest) throws -> String? {
        guard let file = try files(of: digest).first(where: { $0.path.lowercased() == "readme.md" }) else { return nil }
        let isEvicted = try catalog.blobs(of: digest).contains { $0.storage == .evicted }
        guard !isEvicted, file.byteCount > 0 else { return nil }
        let count = min(file.byteCount, Self.longestCard)
        var bytes = [UInt8](repeating: 0, count: count)
        try StoredFileReader(store: store).read(count, at: 0, of: file, into: &bytes)
        var lines = String(decoding: bytes, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }
        if lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") { lines.removeSubrange(...end) }
        let text = lines.joined(separator: "\n").trimmingPrefix { $0.isNewline }
        guard !text.allSatisfy(\.isWhitespace) else { return nil }
        return text + (file.byteCount > count ? "\n… (the card goes on)" : "")
    }
}
