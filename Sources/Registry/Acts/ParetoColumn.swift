import Catalog

/// A column of `artifact_summary` that artifacts are held against each other by.
struct ParetoColumn: Sendable {
    let name: String
    /// Whether it counts bytes.
    let isBytes: Bool
    /// Whether it is an error against the artifact's own parent.
    var isError: Bool { name.hasSuffix("rel_rmse") }
    let value: @Sendable (ArtifactSummary) -> Double?

    private init(_ name: String, isBytes: Bool = false, _ value: @escaping @Sendable (ArtifactSummary) -> Double?) {
        self.name = name
        self.isBytes = isBytes
        self.value = value
    }

    static let all = [
        ParetoColumn("stored_bytes", isBytes: true) { $0.storedByteCount.map(Double.init) },
        ParetoColumn("unique_bytes", isBytes: true) { $0.uniqueByteCount.map(Double.init) },
        ParetoColumn("logical_bytes", isBytes: true) { Double($0.artifact.logicalByteCount) },
        ParetoColumn("bits_per_weight") { $0.artifact.bitsPerWeight },
        ParetoColumn("parameters") { Double($0.artifact.parameterCount) },
        ParetoColumn("rel_rmse") { $0.relativeRMSE }, ParetoColumn("weighted_rel_rmse") { $0.weightedRelativeRMSE },
    ]
}
