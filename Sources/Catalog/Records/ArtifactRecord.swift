package import Bytes
import GRDB

/// A row of table `artifact`.
package struct ArtifactRecord: Equatable, Sendable {
    package let digest: Digest
    package let weightsDigest: Digest?
    package let kind: ArtifactKind
    package let origin: ArtifactOrigin
    package let scheme: String
    package let format: String
    package let facts: ModelFacts
    package let parameterCount: Int
    package let logicalByteCount: Int
    package let weightByteCount: Int
    package let sourcePath: String?
    /// Where it was published; nil where nothing told.
    package let publication: Publication?
    /// The options that its files were read with, where these gave other tensors than the usual reading.
    package let reading: String?
    package let createdAt: Timestamp

    /// Bits of storage for each parameter; nil without parameters.
    package var bitsPerWeight: Double? {
        parameterCount == 0 ? nil : 8 * Double(weightByteCount) / Double(parameterCount)
    }
}

extension ArtifactRecord: FetchableRecord {
    init(row: Row) throws {
        digest = try row.digest("digest")
        weightsDigest = try row.optionalDigest("weights_digest")
        kind = try row.choice("kind")
        origin = try row.choice("origin")
        scheme = try row.text("scheme")
        format = try row.text("format")
        facts = ModelFacts(
            architecture: try row.optional("architecture"), modelType: try row.optional("model_type"),
            layerCount: try row.optional("layer_count"), hiddenSize: try row.optional("hidden_size"),
            intermediateSize: try row.optional("intermediate_size"), headCount: try row.optional("head_count"),
            keyValueHeadCount: try row.optional("key_value_head_count"),
            vocabularySize: try row.optional("vocabulary_size"), contextLength: try row.optional("context_length"),
            license: try row.optional("license"), baseModel: try row.optional("base_model"),
            quantization: try row.optional("quantization"))
        parameterCount = try row.integer("parameter_count")
        logicalByteCount = try row.integer("logical_byte_count")
        weightByteCount = try row.integer("weight_byte_count")
        sourcePath = try row.optional("source_path")
        let repository: String? = try row.optional("source_repository")
        let revision: String? = try row.optional("source_revision")
        publication = repository.map { Publication(repository: $0, revision: revision) }
        reading = try row.optional("reading")
        createdAt = try row.timestamp("created_at")
    }
}

/// A row of view `artifact_summary`: an artifact under one of its names.
package struct ArtifactSummary: Equatable, Sendable {
    package let artifact: ArtifactRecord
    /// Nil for an artifact without a name.
    package let name: String?
    /// Nil for an artifact that only a version or its digest finds.
    package let tag: String?
    package let version: Int?
    /// On disk, shared blobs counted whole; nil where the list was asked for without sizes.
    package let storedByteCount: Int?
    /// What deleting it would free; nil where the list was asked for without sizes.
    package let uniqueByteCount: Int?
    /// Against its direct parent; nil without one.
    package let relativeRMSE: Double?
    /// The same with each square times its column's importance; nil where no importance was given.
    package let weightedRelativeRMSE: Double?
    /// Nil in lists of all artifacts, for which nobody counts them.
    package let fileCount: Int?
    package let tensorCount: Int?
    /// Blobs of it whose bytes are not in the store, as they can be derived again.
    package let evictedBlobCount: Int

    /// The shortest text that finds it.
    package var label: String {
        switch (name, tag, version) {
        case (let name?, let tag?, _): tag.lowercased() == TagName.latest ? name : "\(name):\(tag)"
        case (let name?, nil, let version?): "\(name)@v\(version)"
        default: "@\(artifact.digest.hex.prefix(12))"
        }
    }
}

extension ArtifactSummary: FetchableRecord {
    init(row: Row) throws {
        artifact = try ArtifactRecord(row: row)
        name = try row.optional("name")
        tag = try row.optional("tag")
        version = try row.optional("version")
        storedByteCount = try row.optional("stored_bytes")
        uniqueByteCount = try row.optional("unique_bytes")
        relativeRMSE = try row.optional("rel_rmse")
        weightedRelativeRMSE = try row.optional("weighted_rel_rmse")
        fileCount = try row.optional("files")
        tensorCount = try row.optional("tensors")
        evictedBlobCount = try row.integer("evicted_blobs")
    }
}
