import Bytes
import GRDB

/// Writes one artifact's rows, inside a transaction of its caller.
struct ArtifactWriter {
    let database: Database
    let draft: ArtifactDraft
    let now: Timestamp

    /// What came of it: the artifact's row, and whether what was known of its tensors gave way to what is found now.
    struct Outcome {
        var id: Int64
        var outcome: Insertion.Outcome
        var isReread = false
        /// Bytes of the draft's blobs that no artifact needs, as the same files are stored in other pieces.
        var spareByteCount = 0
    }

    /// Inserts the artifact with its blobs, files and tensors; only what is new about it when it is known.
    func insert() throws -> Outcome {
        let known = try Int64.fetchOne(
            database, sql: "SELECT id FROM artifact WHERE digest = ?", arguments: [draft.digest.hex])
        guard let known else {
            let (shared, spare) = try sharingStoredFiles()
            return Outcome(id: try shared.insertAll(), outcome: .added, spareByteCount: spare)
        }
        let isReread = try reread(known)
        try notePublication(known)
        if try dependsOnReferences(known), draft.blobs.allSatisfy({ $0.storage == .raw }) {
            try adopt(known)
            return Outcome(id: known, outcome: .adopted, isReread: isReread)
        }
        let unknown = try draft.blobs.filter { try !isKnown($0) }
        let spare = Set(unknown.map(\.digest))
        try insertBlobs(draft.blobs.filter { !spare.contains($0.digest) })
        return Outcome(
            id: known, outcome: .known, isReread: isReread, spareByteCount: Self.storedByteCount(of: unknown))
    }

    /// The same bytes may be found later where they were published; the first such place is kept.
    private func notePublication(_ artifact: Int64) throws {
        guard let publication = draft.publication else { return }
        try database.run(
            """
            UPDATE artifact SET source_repository = ?, source_revision = ?
            WHERE id = ? AND source_repository IS NULL
            """, [publication.repository, publication.revision, artifact])
    }

    private func insertAll() throws -> Int64 {
        let id = try insertArtifact()
        let blobs = try insertBlobs(draft.blobs)
        let files = try insertFiles(of: id, blobs: blobs)
        try insertTensors(of: id, files: files)
        try linkBlobs(of: id)
        let search = SearchWriter(database: database)
        try search.noteTensors(of: draft, id)
        if let card = draft.card { try search.note(card, of: id) } else { try search.copyCard(to: id) }
        return id
    }

    private func insertArtifact() throws -> Int64 {
        let facts = draft.facts
        let id = try database.insert(
            """
            INSERT INTO artifact (
                digest, weights_digest, kind, origin, scheme, format, architecture, model_type, layer_count,
                hidden_size, intermediate_size, head_count, key_value_head_count, vocabulary_size, context_length,
                parameter_count, logical_byte_count, weight_byte_count, license, base_model, source_path, created_at,
                quantization, reading, source_repository, source_revision
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                draft.digest.hex, draft.weightsDigest?.hex, draft.kind.rawValue, draft.origin.rawValue, draft.scheme,
                draft.format, facts.architecture, facts.modelType, facts.layerCount, facts.hiddenSize,
                facts.intermediateSize, facts.headCount, facts.keyValueHeadCount, facts.vocabularySize,
                facts.contextLength, draft.parameterCount, draft.files.reduce(0) { $0 + $1.byteCount },
                draft.weightByteCount, facts.license, facts.baseModel, draft.sourcePath, now.text,
                facts.quantization, draft.reading, draft.publication?.repository, draft.publication?.revision,
            ])
        // A parent that was forgotten and comes back is the same parent.
        try database.run(
            "UPDATE derivation_parent SET parent_id = ? WHERE parent_digest = ? AND parent_id IS NULL",
            [id, draft.digest.hex])
        return id
    }

    /// Inserts the blobs that are new, and notes better or further places of those that are known.
    @discardableResult private func insertBlobs(_ blobs: [BlobDraft]) throws -> [Digest: Int64] {
        var ids: [Digest: Int64] = [:]
        let find = try database.cachedStatement(sql: "SELECT id, byte_count, storage FROM blob WHERE digest = ?")
        // In the order of the index: at 100,000 blobs, the cache would not hold an index filled at random.
        let ordered = blobs.map { (hex: $0.digest.hex, blob: $0) }.sorted { $0.hex < $1.hex }
        for (hex, blob) in ordered {
            let row = try Row.fetchOne(find, arguments: [hex])
            if let row, try row.integer("byte_count") != blob.byteCount {
                throw ArtifactDraft.fault("blob \(blob.digest) has another length in the catalog")
            }
            let known: Int64? = try row?.decode(Int64.self, forColumn: "id")
            let storage = try row?.text("storage")
            let isReference = storage == "reference"
            switch blob.storage {
            case .raw:
                let id = try known ?? insertBlob(hex, blob, storage: "raw", storedByteCount: blob.byteCount)
                if isReference || storage == "evicted" { try store(id) }
                ids[blob.digest] = id
            case .reference(let path, let identity):
                let id = try known ?? insertBlob(hex, blob, storage: "reference", storedByteCount: 0)
                if known == nil || isReference { try refer(id, to: path, identity) }
                ids[blob.digest] = id
            }
        }
        // Bytes that are named again stay.
        try database.execute(
            sql: """
                DELETE FROM removal
                WHERE EXISTS (
                    SELECT 1 FROM blob AS b WHERE b.digest = removal.digest AND b.storage IN ('raw', 'coded'))
                """)
        return ids
    }

    private func insertBlob(
        _ hex: String, _ blob: BlobDraft, storage: String, storedByteCount: Int
    ) throws -> Int64 {
        try database.insert(
            "INSERT INTO blob (digest, byte_count, storage, stored_byte_count) VALUES (?, ?, ?, ?)",
            [hex, blob.byteCount, storage, storedByteCount])
    }

    private func store(_ blob: Int64) throws {
        try database.run(
            "UPDATE blob SET storage = 'raw', stored_byte_count = byte_count, problem = NULL WHERE id = ?", [blob])
        try database.run("DELETE FROM blob_reference WHERE blob_id = ?", [blob])
    }

    private func refer(_ blob: Int64, to path: String, _ identity: FileIdentity) throws {
        try database.run(
            """
            INSERT OR REPLACE INTO blob_reference (blob_id, path, device, inode, byte_count, modified_at_ns)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [blob, path, identity.device, identity.inode, identity.byteCount, identity.modifiedAt])
    }

    func isKnown(_ blob: BlobDraft) throws -> Bool {
        let find = try database.cachedStatement(sql: "SELECT 1 FROM blob WHERE digest = ?")
        return try Int.fetchOne(find, arguments: [blob.digest.hex]) != nil
    }

    private func insertFiles(of artifact: Int64, blobs: [Digest: Int64]) throws -> [String: Int64] {
        var ids: [String: Int64] = [:]
        for file in draft.files {
            let id = try database.insert(
                "INSERT INTO file (artifact_id, path, digest, byte_count, role) VALUES (?, ?, ?, ?, ?)",
                [artifact, file.path, file.digest.hex, file.byteCount, file.role])
            ids[file.path] = id
            try insertSegments(of: file, id: id, blobs: blobs)
        }
        return ids
    }

    private func insertSegments(of file: FileDraft, id: Int64, blobs: [Digest: Int64]) throws {
        for (ordinal, segment) in file.segments.enumerated() {
            try database.run(
                "INSERT INTO segment (file_id, ordinal, blob_id, blob_offset, byte_count) VALUES (?, ?, ?, ?, ?)",
                [id, ordinal, blobs[segment.blob], segment.blobOffset, segment.byteCount])
        }
    }

    private func linkBlobs(of artifact: Int64) throws {
        try database.run(
            """
            INSERT INTO artifact_blob (artifact_id, blob_id)
            SELECT DISTINCT f.artifact_id, s.blob_id
            FROM segment AS s JOIN file AS f ON f.id = s.file_id WHERE f.artifact_id = ?
            """, [artifact])
    }

    // MARK: - From references to the store

    private func dependsOnReferences(_ artifact: Int64) throws -> Bool {
        let sql = """
            SELECT EXISTS (
                SELECT 1 FROM artifact_blob AS ab JOIN blob AS b ON b.id = ab.blob_id
                WHERE ab.artifact_id = ? AND b.storage = 'reference')
            """
        return try Bool.fetchOne(database, sql: sql, arguments: [artifact]) ?? false
    }

    /// Builds the files of a known artifact from the draft's blobs, which are in the store, instead of references.
    private func adopt(_ artifact: Int64) throws {
        let removal = RemovalWriter(database: database)
        try removal.note(blobsOf: artifact)
        try database.run(
            "DELETE FROM segment WHERE file_id IN (SELECT id FROM file WHERE artifact_id = ?)", [artifact])
        try database.run("DELETE FROM artifact_blob WHERE artifact_id = ?", [artifact])
        let blobs = try insertBlobs(draft.blobs)
        for file in draft.files {
            let id = try Int64.fetchOne(
                database, sql: "SELECT id FROM file WHERE artifact_id = ? AND path = ?",
                arguments: [artifact, file.path])
            guard let id else { throw ArtifactDraft.fault("\(draft.digest) has no file \(file.path)") }
            try insertSegments(of: file, id: id, blobs: blobs)
        }
        try linkBlobs(of: artifact)
        _ = try removal.release()
        try database.run("INSERT OR IGNORE INTO manifest_due VALUES ('artifact', ?)", [draft.digest.hex])
    }
}
