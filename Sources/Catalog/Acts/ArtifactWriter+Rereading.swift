import Bytes
import GRDB
import Tensors

extension ArtifactWriter {
    /// Replaces what the catalog holds of a known artifact's tensors where the draft, read from the same bytes, says
    /// otherwise: an older version did not know a layout, or read it in another way.
    ///
    /// Errors against the parent stay with the tensors that are still there. Files and their pieces stay as they are.
    /// - Returns: whether anything was replaced.
    func reread(_ artifact: Int64) throws -> Bool {
        let record = try CatalogDatabase.artifact(database, id: artifact)
        guard try isStale(record) else { return false }
        try updateArtifact(artifact)
        try database.execute(
            sql: """
                CREATE TEMP TABLE IF NOT EXISTS kept_error AS
                SELECT t.file_id, t.name, e.* FROM tensor AS t JOIN tensor_error AS e ON e.tensor_id = t.id LIMIT 0;
                DELETE FROM temp.kept_error;
                """)
        try database.run(
            """
            INSERT INTO temp.kept_error
            SELECT t.file_id, t.name, e.* FROM tensor AS t JOIN tensor_error AS e ON e.tensor_id = t.id
            WHERE t.artifact_id = ?
            """, [artifact])
        try database.run("DELETE FROM tensor WHERE artifact_id = ?", [artifact])
        let files = try Row.fetchAll(
            database, sql: "SELECT id, path FROM file WHERE artifact_id = ?", arguments: [artifact])
        try insertTensors(
            of: artifact,
            files: try Dictionary(
                uniqueKeysWithValues: files.map { (try $0.text("path"), try $0.decode(Int64.self, forColumn: "id")) }))
        try SearchWriter(database: database).noteTensors(of: draft, artifact)
        try database.execute(
            sql: """
                INSERT INTO tensor_error
                SELECT t.id, k.derivation_id, k.squared_error, k.squared_reference, k.relative_rmse, k.cosine, k.snr_db,
                    k.maximum_error, k.element_count, k.zero_count, k.clipped_count, k.weighted_squared_error,
                    k.weighted_squared_reference, k.weighted_relative_rmse
                FROM temp.kept_error AS k JOIN tensor AS t ON t.file_id = k.file_id AND t.name = k.name;
                DELETE FROM temp.kept_error;
                """)
        return true
    }

    private func isStale(_ known: ArtifactRecord) throws -> Bool {
        guard known.weightsDigest == draft.weightsDigest, known.scheme == draft.scheme,
            known.format == draft.format, known.facts == draft.facts, known.parameterCount == draft.parameterCount,
            known.weightByteCount == draft.weightByteCount
        else { return true }
        let stored = try CatalogDatabase.tensors(database, of: draft.digest).map { FoundTensor($0.file, $0.tensor) }
        let found = draft.files.flatMap { file in file.tensors.map { FoundTensor(file.path, $0) } }
        return stored.sorted() != found.sorted()
    }

    /// A checkpoint whose tensors turn out to be quantized is a quantized artifact; any other kind stays as it is.
    private func updateArtifact(_ artifact: Int64) throws {
        let facts = draft.facts
        try database.run(
            """
            UPDATE artifact SET
                weights_digest = ?, scheme = ?, format = ?, architecture = ?, model_type = ?, layer_count = ?,
                hidden_size = ?, intermediate_size = ?, head_count = ?, key_value_head_count = ?, vocabulary_size = ?,
                context_length = ?, parameter_count = ?, weight_byte_count = ?, license = ?, base_model = ?,
                quantization = ?,
                kind = CASE WHEN kind = 'checkpoint' AND ? = 'quantized' THEN 'quantized' ELSE kind END
            WHERE id = ?
            """,
            [
                draft.weightsDigest?.hex, draft.scheme, draft.format, facts.architecture, facts.modelType,
                facts.layerCount, facts.hiddenSize, facts.intermediateSize, facts.headCount, facts.keyValueHeadCount,
                facts.vocabularySize, facts.contextLength, draft.parameterCount, draft.weightByteCount, facts.license,
                facts.baseModel, facts.quantization, draft.kind.rawValue, artifact,
            ])
    }
}

extension ArtifactWriter {
    /// The draft with those of its files that the store has already, in whatever pieces it has them: the same bytes
    /// that are read in another way are cut at other tensors.
    func sharingStoredFiles() throws -> (writer: Self, spareByteCount: Int) {
        guard draft.blobs.allSatisfy({ $0.storage == .raw }) else { return (self, 0) }
        var files = draft.files
        var byteCounts: [Digest: Int] = [:]
        for index in files.indices {
            guard let pieces = try storedPieces(of: files[index]), pieces.map(\.segment) != files[index].segments else {
                continue
            }
            files[index].segments = pieces.map(\.segment)
            for piece in pieces { byteCounts[piece.segment.blob] = piece.blobByteCount }
        }
        guard !byteCounts.isEmpty else { return (self, 0) }
        for blob in draft.blobs { byteCounts[blob.digest] = blob.byteCount }
        let used = Set(files.flatMap(\.segments).map(\.blob))
        var draft = draft
        draft.files = files
        draft.blobs = used.compactMap { digest in byteCounts[digest].map { BlobDraft(digest: digest, byteCount: $0) } }
        let spare = try self.draft.blobs.filter { try !used.contains($0.digest) && !isKnown($0) }
        return (Self(database: database, draft: draft, now: now), Self.storedByteCount(of: spare))
    }

    /// What a file of the same bytes is made of; nil when there is none, or a piece of it lies outside the store.
    private func storedPieces(of file: FileDraft) throws -> [(segment: Segment, blobByteCount: Int)]? {
        let find = try database.cachedStatement(
            sql: """
                SELECT f.id FROM file AS f
                WHERE f.digest = ? AND f.byte_count = ? AND NOT EXISTS (
                    SELECT 1 FROM segment AS s JOIN blob AS b ON b.id = s.blob_id
                    WHERE s.file_id = f.id AND b.storage <> 'raw')
                ORDER BY f.id LIMIT 1
                """)
        guard let known = try Int64.fetchOne(find, arguments: [file.digest.hex, file.byteCount]) else { return nil }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT b.digest AS blob, s.blob_offset, s.byte_count, b.byte_count AS blob_byte_count
                FROM segment AS s JOIN blob AS b ON b.id = s.blob_id WHERE s.file_id = ? ORDER BY s.ordinal
                """, arguments: [known])
        return try rows.map { (try Segment(row: $0), try $0.integer("blob_byte_count")) }
    }

    static func storedByteCount(of blobs: [BlobDraft]) -> Int {
        blobs.reduce(0) { $0 + ($1.storage == .raw ? $1.byteCount : 0) }
    }
}

/// What is found of a tensor in its file, without what its numbers tell and without its place in the artifact.
private struct FoundTensor: Equatable, Comparable {
    let file: String
    var tensor: TensorDraft

    init(_ file: String, _ tensor: TensorDraft) {
        self.file = file
        self.tensor = tensor
        self.tensor.statistics = nil
        self.tensor.error = nil
    }

    static func < (left: Self, right: Self) -> Bool { (left.file, left.tensor.name) < (right.file, right.tensor.name) }
}
