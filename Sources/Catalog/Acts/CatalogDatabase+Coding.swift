package import Bytes
import GRDB

/// How a blob in the store is held.
package struct BlobCoding: Equatable, Sendable {
    package let digest: Digest
    package let byteCount: Int
    package let storedByteCount: Int
    package let isCoded: Bool
    /// What it is the difference from; nil when it stands alone.
    package let base: Digest?
    /// Differences until bytes that stand alone.
    package let depth: Int
    /// Differences that are taken from it, one behind the other.
    package let height: Int
}

/// What becomes of a blob whose files are in their places already.
package struct BlobRecoding: Equatable, Sendable {
    package enum Form: Equatable, Sendable {
        case raw
        /// With the bytes of its file.
        case coded(storedByteCount: Int, base: Digest?)
    }

    package let digest: Digest
    package let form: Form

    package init(_ digest: Digest, as form: Form) {
        self.digest = digest
        self.form = form
    }
}

extension CatalogDatabase {
    /// The most differences that may lie between a blob and bytes that stand alone.
    package static let greatestDepth = 4

    /// How these blobs are held; those that are not in the store, as they are or coded, are left out.
    package func codings(of digests: [Digest]) throws -> [Digest: BlobCoding] {
        try read { database in
            var found: [Digest: BlobCoding] = [:]
            let statement = try database.cachedStatement(
                sql: """
                    SELECT b.*, (SELECT o.digest FROM blob AS o WHERE o.id = b.base_id) AS base,
                        (WITH RECURSIVE above (id, height) AS (
                            SELECT b.id, 0
                            UNION SELECT d.id, a.height + 1 FROM above AS a JOIN blob AS d ON d.base_id = a.id)
                         SELECT max(height) FROM above) AS height
                    FROM blob AS b WHERE b.digest = ? AND b.storage IN ('raw', 'coded')
                    """)
            for digest in Set(digests) {
                guard let row = try Row.fetchOne(statement, arguments: [digest.hex]) else { continue }
                found[digest] = BlobCoding(
                    digest: digest, byteCount: try row.integer("byte_count"),
                    storedByteCount: try row.integer("stored_byte_count"),
                    isCoded: try row.text("storage") == "coded", base: try row.optionalDigest("base"),
                    depth: try row.integer("depth"), height: try row.integer("height"))
            }
            return found
        }
    }

    /// The blobs that a blob is the difference from, the nearest first.
    package func bases(of digest: Digest) throws -> [Digest] {
        try read { database in
            try String.fetchAll(
                database,
                sql: """
                    WITH RECURSIVE chain (id, step) AS (
                        SELECT base_id, 1 FROM blob WHERE digest = ? AND base_id IS NOT NULL
                        UNION SELECT b.base_id, c.step + 1 FROM chain AS c JOIN blob AS b ON b.id = c.id
                        WHERE b.base_id IS NOT NULL)
                    SELECT b.digest FROM chain AS c JOIN blob AS b ON b.id = c.id ORDER BY c.step
                    """, arguments: [digest.hex]
            ).compactMap { Digest(hex: $0) }
        }
    }

    /// Writes down, in one transaction, how blobs are held from now on.
    /// - Throws: `CatalogError` `inconsistent` for a blob or a base that is not in the store, and for differences that
    ///   lie too deep or in a circle; then nothing changed.
    package func recode(_ changes: [BlobRecoding]) throws {
        try write { database in
            for change in changes { try Self.recode(change, database) }
        }
    }

    static func recode(_ change: BlobRecoding, _ database: Database) throws {
        let hex = change.digest.hex
        let find = "SELECT id, depth FROM blob WHERE digest = ? AND storage IN ('raw', 'coded')"
        guard let id = try Int64.fetchOne(database, sql: find, arguments: [hex]) else {
            throw ArtifactDraft.fault("blob \(hex.prefix(12)) is not in the store")
        }
        switch change.form {
        case .raw:
            try database.run(
                """
                UPDATE blob SET storage = 'raw', stored_byte_count = byte_count, base_id = NULL, depth = 0 WHERE id = ?
                """, [id])
        case .coded(let storedByteCount, nil):
            try database.run(
                "UPDATE blob SET storage = 'coded', stored_byte_count = ?, base_id = NULL, depth = 0 WHERE id = ?",
                [storedByteCount, id])
        case .coded(let storedByteCount, let base?):
            guard let row = try Row.fetchOne(database, sql: find, arguments: [base.hex]) else {
                throw ArtifactDraft.fault("blob \(base.hex.prefix(12)), a base, is not in the store")
            }
            try database.run(
                "UPDATE blob SET storage = 'coded', stored_byte_count = ?, base_id = ?, depth = ? WHERE id = ?",
                [storedByteCount, try row.decode(Int64.self, forColumn: "id"), try row.integer("depth") + 1, id])
        }
        try updateDepths(above: id, database)
    }

    /// What is a difference from a blob lies one deeper than the blob.
    private static func updateDepths(above id: Int64, _ database: Database) throws {
        let above = """
            WITH RECURSIVE above (id, depth) AS (
                SELECT id, depth FROM blob WHERE id = ?1
                UNION SELECT b.id, a.depth + 1 FROM above AS a JOIN blob AS b ON b.base_id = a.id
                WHERE a.depth <= \(greatestDepth))
            """
        let deepest = try Int.fetchOne(database, sql: "\(above) SELECT max(depth) FROM above", arguments: [id]) ?? 0
        guard deepest <= greatestDepth else {
            throw ArtifactDraft.fault("more than \(greatestDepth) differences would lie one behind the other")
        }
        try database.run(
            """
            \(above) UPDATE blob SET depth = (SELECT a.depth FROM above AS a WHERE a.id = blob.id)
            WHERE id <> ?1 AND id IN (SELECT id FROM above)
            """, [id])
    }

    /// Blobs that are differences from blobs that no artifact is made of, which only stay because of that.
    package func differencesFromForgotten() throws -> [Digest] {
        try read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT d.digest FROM blob AS d JOIN blob AS b ON b.id = d.base_id
                    WHERE NOT EXISTS (SELECT 1 FROM artifact_blob AS ab WHERE ab.blob_id = b.id)
                    AND EXISTS (SELECT 1 FROM artifact_blob AS ab WHERE ab.blob_id = d.id) ORDER BY d.depth, d.digest
                    """
            ).compactMap { Digest(hex: $0) }
        }
    }

    /// Forgets blobs that no artifact is made of and no other is the difference from; their files go with the next
    /// `sweepRemovals`.
    package func forgetSpareBases() throws {
        try write { database in
            // A base may be the difference from another spare one.
            repeat {
                try database.execute(
                    sql: """
                        CREATE TEMP TABLE IF NOT EXISTS spare (blob_id INTEGER PRIMARY KEY, digest TEXT);
                        DELETE FROM temp.spare;
                        INSERT INTO temp.spare SELECT b.id, b.digest FROM blob AS b
                        WHERE b.storage IN ('raw', 'coded')
                        AND NOT EXISTS (SELECT 1 FROM artifact_blob AS ab WHERE ab.blob_id = b.id)
                        AND NOT EXISTS (SELECT 1 FROM blob AS d WHERE d.base_id = b.id);
                        INSERT OR IGNORE INTO removal (digest) SELECT digest FROM temp.spare;
                        DELETE FROM blob WHERE id IN (SELECT blob_id FROM temp.spare)
                        """)
            } while database.changesCount > 0
        }
    }

    /// The blobs that jobs of this verb pinned whose process went away, by job; those that another job pins are left
    /// out.
    package func abandonedPins(of verb: String) throws -> [Int64: [Digest]] {
        let jobs = try interruptedJobs().filter { $0.verb == verb }
        return try read { database in
            var pins: [Int64: [Digest]] = [:]
            for job in jobs {
                pins[job.id] = try String.fetchAll(
                    database,
                    sql: """
                        SELECT p.digest FROM job_blob AS p WHERE p.job_id = ?
                        AND NOT EXISTS (SELECT 1 FROM job_blob AS o WHERE o.digest = p.digest AND o.job_id <> p.job_id)
                        ORDER BY p.digest
                        """, arguments: [job.id]
                ).compactMap { Digest(hex: $0) }
            }
            return pins
        }
    }
}
