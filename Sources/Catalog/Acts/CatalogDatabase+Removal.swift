package import Bytes
import GRDB

/// What forgetting gave back.
package struct Freed: Equatable, Sendable {
    /// Blobs that nothing names any more; their files go with the next `sweepRemovals`.
    package internal(set) var blobs: [Digest] = []
    /// Their bytes in the store; files left elsewhere do not count.
    package internal(set) var byteCount = 0
}

/// What happens to artifacts that others were made from.
package enum ForgettingParents: Sendable {
    /// Nothing is forgotten, and `CatalogError` `hasChildren` is thrown.
    case refuse
    /// They are forgotten; their children keep the digests.
    case allow
}

extension CatalogDatabase {
    /// Forgets artifacts with their files, tensors, names and derivations, all or none. Results stay.
    ///
    /// Their blobs that nothing else names are to be removed: call `sweepRemovals` afterwards.
    /// - Throws: `CatalogError` `unknownName` or `hasChildren`.
    package func forget(
        _ digests: [Digest], parents: ForgettingParents = .refuse, at now: Timestamp = .now()
    ) throws -> Freed {
        try write { database in
            var freed = Freed()
            if parents == .refuse { try Self.refuseParents(database, among: digests) }
            for digest in Set(digests).sorted(by: { $0.hex < $1.hex }) {
                let id = try Self.id(database, of: digest)
                let removal = RemovalWriter(database: database)
                try removal.note(blobsOf: id)
                try NameWriter(database: database, now: now).takeAll(from: id)
                try database.run("DELETE FROM artifact WHERE id = ?", [id])
                let more = try removal.release()
                freed.blobs += more.blobs
                freed.byteCount += more.byteCount
            }
            return freed
        }
    }

    /// Removes the files of blobs that were forgotten, at any time and by any process.
    ///
    /// - Parameter unlink: removes a blob's file; a file that is not there is fine. It runs inside write transactions,
    ///   so that no job can pin the blob meanwhile, and must not use the catalog. When it throws, the blob stays
    ///   listed.
    /// - Returns: how many were removed.
    @discardableResult package func sweepRemovals(_ unlink: (Digest) throws -> Void) throws -> Int {
        var count = 0
        while true {
            let listed = try read { database in
                try String.fetchAll(database, sql: "SELECT digest FROM removal ORDER BY digest LIMIT 256")
            }
            guard !listed.isEmpty else { return count }
            count += try write { database in
                try listed.reduce(0) { try $0 + RemovalWriter(database: database).sweep($1, unlink) }
            }
        }
    }

    /// Blobs that were forgotten and whose files may still be there.
    package func pendingRemovals() throws -> Set<Digest> {
        try read { database in
            Set(try String.fetchAll(database, sql: "SELECT digest FROM removal").compactMap { Digest(hex: $0) })
        }
    }

    private static func refuseParents(_ database: Database, among digests: [Digest]) throws {
        let forgotten = Set(digests)
        for digest in digests {
            let children = try children(database, of: digest).filter { !forgotten.contains($0.digest) }
            guard let first = children.first else { continue }
            let evicted = try children.first { try evictedBlobCount(database, of: $0.digest) > 0 }
            if let evicted {
                throw CatalogError(
                    .hasChildren,
                    "\(evicted.label) is evicted: its bytes come back from \(try label(database, of: digest)) alone",
                    remedy:
                        "Forget \(evicted.label) too, bring it back with 'ingot evict --undo', or lose it with --force")
            }
            let more = children.count == 1 ? "" : " and \(children.count - 1) more"
            throw CatalogError(
                .hasChildren, "\(try label(database, of: digest)) is a parent of \(first.label)\(more)",
                remedy: "Forget its children first, or say --force")
        }
    }
}

/// Moves blobs from the catalog to the list of what is to be removed, inside a transaction of its caller.
struct RemovalWriter {
    let database: Database

    /// Notes the blobs of an artifact, before it goes or is built from others, and those that they are differences
    /// from.
    func note(blobsOf artifact: Int64) throws {
        try database.execute(
            sql: """
                CREATE TEMP TABLE IF NOT EXISTS released (blob_id INTEGER PRIMARY KEY);
                DELETE FROM temp.released
                """)
        try database.run(
            """
            WITH RECURSIVE needed (id) AS (
                SELECT blob_id FROM artifact_blob WHERE artifact_id = ?
                UNION SELECT b.base_id FROM needed AS n JOIN blob AS b ON b.id = n.id WHERE b.base_id IS NOT NULL)
            INSERT INTO temp.released SELECT id FROM needed
            """, [artifact])
    }

    /// Notes blobs by their numbers.
    func note(blobs: [Int64]) throws {
        try database.execute(
            sql: """
                CREATE TEMP TABLE IF NOT EXISTS released (blob_id INTEGER PRIMARY KEY);
                DELETE FROM temp.released
                """)
        for blob in blobs { try database.run("INSERT OR IGNORE INTO temp.released VALUES (?)", [blob]) }
    }

    /// Forgets those of the noted blobs that no artifact is made of any more, and no other blob is a difference from.
    func release() throws -> Freed {
        try database.execute(
            sql: """
                DELETE FROM temp.released
                WHERE EXISTS (SELECT 1 FROM artifact_blob AS ab WHERE ab.blob_id = released.blob_id)
                """)
        repeat {
            try database.execute(
                sql: """
                    DELETE FROM temp.released WHERE EXISTS (
                        SELECT 1 FROM blob AS d WHERE d.base_id = released.blob_id
                        AND d.id NOT IN (SELECT blob_id FROM temp.released))
                    """)
        } while database.changesCount > 0
        let stored = "FROM blob WHERE storage IN ('raw', 'coded') AND id IN (SELECT blob_id FROM temp.released)"
        let digests = try String.fetchAll(database, sql: "SELECT digest \(stored) ORDER BY digest")
        let byteCount = try Int.fetchOne(database, sql: "SELECT sum(stored_byte_count) \(stored)")
        try database.execute(
            sql: """
                INSERT OR IGNORE INTO removal (digest) SELECT digest \(stored);
                UPDATE blob SET storage = 'raw', base_id = NULL, depth = 0
                WHERE base_id IS NOT NULL AND id IN (SELECT blob_id FROM temp.released);
                DELETE FROM blob WHERE id IN (SELECT blob_id FROM temp.released)
                """)
        return Freed(blobs: digests.compactMap { Digest(hex: $0) }, byteCount: byteCount ?? 0)
    }

    /// Removes one blob's file, unless it is needed again. Returns how many files that were.
    func sweep(_ hex: String, _ unlink: (Digest) throws -> Void) throws -> Int {
        let needed = try database.cachedStatement(
            sql: """
                SELECT EXISTS (SELECT 1 FROM blob WHERE digest = ?1 AND storage IN ('raw', 'coded'))
                    OR EXISTS (SELECT 1 FROM job_blob WHERE digest = ?1)
                """)
        let isNeeded = try Bool.fetchOne(needed, arguments: [hex]) ?? false
        // Another process may have swept it since it was listed.
        let isListed = try database.cachedStatement(sql: "SELECT 1 FROM removal WHERE digest = ?")
        guard try Bool.fetchOne(isListed, arguments: [hex]) != nil else { return 0 }
        if !isNeeded, let digest = Digest(hex: hex) { try unlink(digest) }
        try database.run("DELETE FROM removal WHERE digest = ?", [hex])
        return isNeeded ? 0 : 1
    }
}
