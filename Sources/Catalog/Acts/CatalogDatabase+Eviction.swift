package import Bytes
import GRDB

extension CatalogDatabase {
    /// How many blobs of an artifact are evicted.
    package func evictedBlobCount(of artifact: Digest) throws -> Int {
        try read { try Self.evictedBlobCount($0, of: artifact) }
    }

    static func evictedBlobCount(_ database: Database, of artifact: Digest) throws -> Int {
        try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM artifact AS a JOIN artifact_blob AS ab ON ab.artifact_id = a.id
                JOIN blob AS b ON b.id = ab.blob_id WHERE a.digest = ? AND b.storage = 'evicted'
                """, arguments: [artifact.hex]) ?? 0
    }

    /// Lets the bytes of a variant go that can be derived again: its rows stay, its files go with `sweepRemovals`.
    ///
    /// Blobs stay that another artifact needs (unless its bytes are evicted as well), that another blob is the
    /// difference from, or that a running job counts on.
    /// - Parameters:
    ///   - parent: what it is derived from; its bytes must be there.
    ///   - kept: blobs of its own that the derivation reads.
    /// - Throws: `CatalogError` `inconsistent` when the parent is gone, evicted or damaged by now.
    package func evict(_ artifact: Digest, from parent: Digest, keeping kept: Set<Digest> = []) throws -> Freed {
        try write { database in
            let id = try Self.id(database, of: artifact)
            let isUsable = try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM artifact WHERE digest = ?1) AND NOT EXISTS (
                        SELECT 1 FROM artifact AS a JOIN artifact_blob AS ab ON ab.artifact_id = a.id
                        JOIN blob AS b ON b.id = ab.blob_id
                        WHERE a.digest = ?1 AND (b.storage = 'evicted' OR b.problem IS NOT NULL))
                    """, arguments: [parent.hex])
            guard isUsable == true else {
                throw CatalogError(
                    .inconsistent, "\(try Self.label(database, of: parent)) is evicted, damaged or gone",
                    remedy: "Bring it back first: 'ingot repair' tells how")
            }
            let blobs = try Row.fetchAll(
                database,
                sql: """
                    SELECT b.id, b.digest, b.stored_byte_count FROM artifact_blob AS own
                    JOIN blob AS b ON b.id = own.blob_id
                    WHERE own.artifact_id = ?1 AND b.storage IN ('raw', 'coded')
                    AND NOT EXISTS (SELECT 1 FROM blob AS d WHERE d.base_id = b.id)
                    AND NOT EXISTS (SELECT 1 FROM job_blob AS j WHERE j.digest = b.digest)
                    AND NOT EXISTS (
                        SELECT 1 FROM artifact_blob AS other WHERE other.blob_id = b.id AND other.artifact_id <> ?1
                        AND NOT EXISTS (
                            SELECT 1 FROM artifact_blob AS e JOIN blob AS eb ON eb.id = e.blob_id
                            WHERE e.artifact_id = other.artifact_id AND eb.storage = 'evicted'))
                    ORDER BY b.digest
                    """, arguments: [id])
            var freed = Freed()
            for row in blobs {
                let digest = try row.digest("digest")
                if kept.contains(digest) { continue }
                try database.run(
                    """
                    UPDATE blob SET storage = 'evicted', stored_byte_count = 0, base_id = NULL, depth = 0,
                        verified_at = NULL, problem = NULL WHERE id = ?
                    """, [try row.decode(Int64.self, forColumn: "id")])
                try database.run("INSERT OR IGNORE INTO removal (digest) VALUES (?)", [digest.hex])
                freed.blobs.append(digest)
                freed.byteCount += try row.integer("stored_byte_count")
            }
            try database.run("INSERT OR IGNORE INTO manifest_due VALUES ('artifact', ?)", [artifact.hex])
            return freed
        }
    }

    /// Writes down that the evicted blobs of an artifact lie in the store again, and ends the job that has brought
    /// them: all of them are pinned by it, published and synced.
    package func noteRebuilt(_ artifact: Digest, finishing job: Int64, at now: Timestamp = .now()) throws {
        try write { database in
            try database.run(
                """
                UPDATE blob SET storage = 'raw', stored_byte_count = byte_count, problem = NULL
                WHERE storage = 'evicted' AND digest IN (SELECT digest FROM job_blob WHERE job_id = ?1)
                AND id IN (SELECT ab.blob_id FROM artifact AS a JOIN artifact_blob AS ab ON ab.artifact_id = a.id
                           WHERE a.digest = ?2)
                """, [job, artifact.hex])
            _ = try JobWriter(database: database).finish(job, as: .done, at: now)
            try database.execute(
                sql: """
                    DELETE FROM removal
                    WHERE EXISTS (
                        SELECT 1 FROM blob AS b WHERE b.digest = removal.digest AND b.storage IN ('raw', 'coded'))
                    """)
            try database.run("INSERT OR IGNORE INTO manifest_due VALUES ('artifact', ?)", [artifact.hex])
        }
    }

    /// Variants that could be evicted, with what that would free, most first.
    package func evictionCandidates(atMost limit: Int) throws -> [(label: String, byteCount: Int)] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT l.artifact AS label, min(s.unique_bytes) AS bytes FROM artifact_summary AS s
                    JOIN artifact AS a ON a.digest = s.digest JOIN artifact_label AS l ON l.artifact_id = a.id
                    WHERE s.unique_bytes > 0 AND s.evicted_blobs = 0 AND EXISTS (
                        SELECT 1 FROM derivation AS d JOIN derivation_parent AS p ON p.derivation_id = d.id
                        WHERE d.child_id = a.id AND d.recipe IS NOT NULL AND p.parent_id IS NOT NULL)
                    GROUP BY a.id ORDER BY bytes DESC, label LIMIT ?
                    """, arguments: [limit])
            return try rows.map { (try $0.text("label"), try $0.integer("bytes")) }
        }
    }
}
