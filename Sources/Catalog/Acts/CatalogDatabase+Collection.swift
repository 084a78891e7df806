package import Bytes
import GRDB

/// An artifact as rules of retention look at it.
package struct RetentionCandidate: Sendable {
    package let digest: Digest
    package let label: String
    package let kind: ArtifactKind
    package let createdAt: Timestamp
    /// The models that name it by a tag or a version.
    package var models: Set<String> = []
    package var isTagged = false
    package var hasResults = false
    package var isEvicted = false
    /// What it was made from, by digest, whether or not that is here.
    package var parents: Set<Digest> = []
}

/// What a collection takes away, and why.
package struct CollectionPlan: Sendable {
    package struct Artifact: Sendable {
        package let digest: Digest
        package let label: String
        /// What no other artifact needs, nor one that goes after it.
        package let byteCount: Int
    }

    package struct Blob: Sendable {
        package let digest: Digest
        package let byteCount: Int
        /// The artifact with which it goes; nil for one that no artifact is made of.
        package let artifact: String?
    }

    package internal(set) var artifacts: [Artifact] = []
    /// Blobs whose rows go.
    package internal(set) var blobs: [Blob] = []
    /// Jobs that were killed more than a week ago.
    package internal(set) var jobs: [JobRecord] = []
    /// Blobs without a row that only such jobs hold.
    package internal(set) var abandoned: [Digest] = []
    /// Blobs that an earlier act has forgotten and whose files may be there.
    package internal(set) var forgotten: [Digest] = []
    /// Blobs whose files are meant to be in the store, or may be, by their digests' text.
    package internal(set) var explained: Set<String> = []
}

extension CatalogDatabase {
    /// What a collection would take away now.
    /// - Parameter choose: which artifacts go.
    package func planCollection(
        at now: Timestamp = .now(), choosing choose: ([RetentionCandidate]) throws -> [Digest]
    ) throws -> CollectionPlan {
        try read { try Self.plan($0, at: now, choose) }
    }

    /// Takes away what is not needed, in one transaction; files go with `sweepRemovals`.
    ///
    /// - Parameter choose: which artifacts go. It is asked inside the transaction, so that what is named meanwhile
    ///   counts.
    /// - Returns: what went.
    package func collect(
        at now: Timestamp = .now(), choosing choose: ([RetentionCandidate]) throws -> [Digest]
    ) throws -> CollectionPlan {
        try write { database in
            let plan = try Self.plan(database, at: now, choose)
            for artifact in plan.artifacts {
                let id = try Self.id(database, of: artifact.digest)
                try NameWriter(database: database, now: now).takeAll(from: id)
                try database.run("DELETE FROM artifact WHERE id = ?", [id])
            }
            for job in plan.jobs {
                _ = try JobWriter(database: database).finish(job.id, as: .interrupted, at: now)
            }
            let removal = RemovalWriter(database: database)
            let ids = try plan.blobs.map { blob in
                try Int64.fetchOne(database, sql: "SELECT id FROM blob WHERE digest = ?", arguments: [blob.digest.hex])
            }
            try removal.note(blobs: ids.compactMap(\.self))
            _ = try removal.release()
            return plan
        }
    }

    /// Those of the blobs, found in the store just now, that no row explains.
    package func unexplained(among digests: [Digest]) throws -> [Digest] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM blob WHERE digest = ?1 AND storage IN ('raw', 'coded'))
                        OR EXISTS (SELECT 1 FROM job_blob WHERE digest = ?1)
                        OR EXISTS (SELECT 1 FROM removal WHERE digest = ?1)
                    """)
            return try digests.filter { try Bool.fetchOne(statement, arguments: [$0.hex]) == false }
        }
    }

    /// Lists files of the store that nothing explains for removal; what has become needed meanwhile is left out.
    /// - Returns: those that were listed.
    package func noteUnexplained(_ digests: [Digest]) throws -> [Digest] {
        guard !digests.isEmpty else { return [] }
        return try write { database in
            try digests.filter { digest in
                try database.run(
                    """
                    INSERT OR IGNORE INTO removal (digest) SELECT ?1
                    WHERE NOT EXISTS (SELECT 1 FROM blob WHERE digest = ?1 AND storage IN ('raw', 'coded'))
                    AND NOT EXISTS (SELECT 1 FROM job_blob WHERE digest = ?1)
                    """, [digest.hex])
                return database.changesCount > 0
            }
        }
    }

    private static func plan(
        _ database: Database, at now: Timestamp, _ choose: ([RetentionCandidate]) throws -> [Digest]
    ) throws -> CollectionPlan {
        let doomed = try choose(try candidates(database))
        var plan = CollectionPlan()
        try planBlobs(database, doomed, &plan)
        try planJobs(database, at: now, &plan)
        plan.forgotten = try String.fetchAll(
            database,
            sql: """
                SELECT r.digest FROM removal AS r
                WHERE NOT EXISTS (SELECT 1 FROM blob AS b WHERE b.digest = r.digest AND b.storage IN ('raw', 'coded'))
                AND NOT EXISTS (SELECT 1 FROM job_blob AS j WHERE j.digest = r.digest) ORDER BY r.digest
                """
        ).compactMap { Digest(hex: $0) }
        let explained = try String.fetchCursor(
            database,
            sql: """
                SELECT digest FROM blob WHERE storage IN ('raw', 'coded')
                UNION ALL SELECT digest FROM job_blob UNION ALL SELECT digest FROM removal
                """)
        while let digest = try explained.next() { plan.explained.insert(digest) }
        return plan
    }

    /// Blobs that no artifact is made of but those that go, and that none which stays is the difference from.
    private static func planBlobs(_ database: Database, _ doomed: [Digest], _ plan: inout CollectionPlan) throws {
        var labels: [Int64: (digest: Digest, label: String)] = [:]
        for digest in Set(doomed) {
            labels[try id(database, of: digest)] = (digest, try label(database, of: digest))
        }
        let list = "[\(labels.keys.map(String.init).joined(separator: ","))]"
        let rows = try Row.fetchCursor(
            database,
            sql: """
                WITH RECURSIVE
                doomed (id) AS MATERIALIZED (SELECT value FROM json_each(?1)),
                kept (id) AS (
                    SELECT DISTINCT ab.blob_id FROM artifact_blob AS ab WHERE ab.artifact_id NOT IN (SELECT id FROM doomed)
                    UNION SELECT b.base_id FROM kept AS k JOIN blob AS b ON b.id = k.id WHERE b.base_id IS NOT NULL)
                SELECT b.digest AS digest, b.stored_byte_count AS bytes,
                    (SELECT max(ab.artifact_id) FROM artifact_blob AS ab WHERE ab.blob_id = b.id) AS artifact
                FROM blob AS b WHERE b.id NOT IN (SELECT id FROM kept) ORDER BY b.digest
                """, arguments: [list])
        var byteCounts: [Int64: Int] = [:]
        while let row = try rows.next() {
            let artifact: Int64? = try row.optional("artifact")
            let byteCount = try row.integer("bytes")
            if let artifact { byteCounts[artifact, default: 0] += byteCount }
            plan.blobs.append(
                .init(
                    digest: try row.digest("digest"), byteCount: byteCount,
                    artifact: artifact.flatMap { labels[$0]?.label }))
        }
        plan.artifacts = labels.sorted { $0.value.label < $1.value.label }.map { id, artifact in
            .init(digest: artifact.digest, label: artifact.label, byteCount: byteCounts[id] ?? 0)
        }
    }

    private static func planJobs(_ database: Database, at now: Timestamp, _ plan: inout CollectionPlan) throws {
        let limit = now.earlier(bySeconds: secondsUntilExpiry)
        plan.jobs = try JobRecord.fetchAll(
            database, sql: "SELECT * FROM job WHERE state = 'running' AND started_at < ? ORDER BY id",
            arguments: [limit.text]
        ).filter { $0.process.state != .running }
        let list = "[\(plan.jobs.map { String($0.id) }.joined(separator: ","))]"
        plan.abandoned = try String.fetchAll(
            database,
            sql: """
                SELECT DISTINCT j.digest FROM job_blob AS j WHERE j.job_id IN (SELECT value FROM json_each(?1))
                AND NOT EXISTS (SELECT 1 FROM blob AS b WHERE b.digest = j.digest AND b.storage IN ('raw', 'coded'))
                AND NOT EXISTS (SELECT 1 FROM removal AS r WHERE r.digest = j.digest)
                AND NOT EXISTS (
                    SELECT 1 FROM job_blob AS o
                    WHERE o.digest = j.digest AND o.job_id NOT IN (SELECT value FROM json_each(?1)))
                ORDER BY j.digest
                """, arguments: [list]
        ).compactMap { Digest(hex: $0) }
    }

    private static func candidates(_ database: Database) throws -> [RetentionCandidate] {
        var names: [Int64: (models: Set<String>, isTagged: Bool)] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT artifact_id, name, tag FROM artifact_name") {
            let id = try row.decode(Int64.self, forColumn: "artifact_id")
            names[id, default: ([], false)].models.insert(try row.text("name"))
            if try row.optional("tag", as: String.self) != nil { names[id]?.isTagged = true }
        }
        var parents: [Int64: Set<Digest>] = [:]
        let edges = try Row.fetchAll(
            database,
            sql: """
                SELECT d.child_id, p.parent_digest FROM derivation AS d
                JOIN derivation_parent AS p ON p.derivation_id = d.id
                """)
        for row in edges {
            parents[try row.decode(Int64.self, forColumn: "child_id"), default: []].insert(
                try row.digest("parent_digest"))
        }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT a.id, a.digest, a.kind, a.created_at, l.artifact,
                    EXISTS (SELECT 1 FROM result AS r WHERE r.artifact_digest = a.digest) AS has_results,
                    EXISTS (SELECT 1 FROM blob AS b JOIN artifact_blob AS ab ON ab.blob_id = b.id
                            WHERE b.storage = 'evicted' AND ab.artifact_id = a.id) AS is_evicted
                FROM artifact AS a JOIN artifact_label AS l ON l.artifact_id = a.id ORDER BY a.created_at, a.id
                """)
        return try rows.map { row in
            let id = try row.decode(Int64.self, forColumn: "id")
            return RetentionCandidate(
                digest: try row.digest("digest"), label: try row.text("artifact"), kind: try row.choice("kind"),
                createdAt: try row.timestamp("created_at"), models: names[id]?.models ?? [],
                isTagged: names[id]?.isTagged ?? false, hasResults: try row.decode(Bool.self, forColumn: "has_results"),
                isEvicted: try row.decode(Bool.self, forColumn: "is_evicted"), parents: parents[id] ?? [])
        }
    }
}
