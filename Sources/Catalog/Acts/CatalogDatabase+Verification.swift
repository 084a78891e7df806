package import Bytes
import GRDB

/// A blob, and what is known of its soundness.
package struct BlobCheck: Sendable {
    package let blob: BlobRecord
    /// When its bytes were last right; nil: not since they were stored.
    package let verifiedAt: Timestamp?
    /// What was wrong with them when they were last read; nil: nothing.
    package let problem: String?
}

extension CatalogDatabase {
    /// Blobs to verify, by digest.
    /// - Parameters:
    ///   - artifact: only its blobs; nil for all.
    ///   - limit: only those that were not found right since then.
    package func blobChecks(of artifact: Digest? = nil, notVerifiedSince limit: Timestamp? = nil) throws -> [BlobCheck]
    {
        try read { database in
            let sql = """
                SELECT b.* FROM blob AS b
                WHERE (?1 IS NULL OR b.id IN (
                    SELECT ab.blob_id FROM artifact AS a JOIN artifact_blob AS ab ON ab.artifact_id = a.id
                    WHERE a.digest = ?1))
                AND (?2 IS NULL OR b.verified_at IS NULL OR b.verified_at < ?2 OR b.problem IS NOT NULL)
                ORDER BY b.digest
                """
            let arguments: StatementArguments = [artifact?.hex, limit?.text]
            let blobs = try Self.blobs(database, sql: sql, arguments: arguments)
            let rows = try Row.fetchAll(database, sql: sql, arguments: arguments)
            return try zip(blobs, rows).map { blob, row in
                BlobCheck(
                    blob: blob, verifiedAt: try row.optionalTimestamp("verified_at"),
                    problem: try row.optional("problem"))
            }
        }
    }

    /// Writes down what a reading of blobs has found. A power failure may undo the latest.
    package func note(
        sound: [Digest], damaged: [(digest: Digest, problem: String)], at now: Timestamp = .now()
    ) throws {
        try writeQuickly { database in
            for digest in sound {
                try database.run(
                    "UPDATE blob SET verified_at = ?, problem = NULL WHERE digest = ?", [now.text, digest.hex])
            }
            for (digest, problem) in damaged {
                try database.run("UPDATE blob SET problem = ? WHERE digest = ?", [problem, digest.hex])
            }
        }
    }

    /// The artifacts whose files are made of a blob, by label.
    package func users(of blob: Digest) throws -> [LabeledDigest] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT l.digest, l.artifact FROM blob AS b JOIN artifact_blob AS ab ON ab.blob_id = b.id
                    JOIN artifact_label AS l ON l.artifact_id = ab.artifact_id
                    WHERE b.digest = ? ORDER BY l.artifact, l.digest
                    """, arguments: [blob.hex])
            return try rows.map { LabeledDigest(digest: try $0.digest("digest"), label: try $0.text("artifact")) }
        }
    }

    /// Blobs that are stored as the difference from this one, whose bytes cannot be read without it.
    package func differences(from blob: Digest) throws -> [Digest] {
        try read { database in
            try String.fetchAll(
                database,
                sql: "SELECT d.digest FROM blob AS b JOIN blob AS d ON d.base_id = b.id WHERE b.digest = ? ORDER BY 1",
                arguments: [blob.hex]
            ).compactMap { Digest(hex: $0) }
        }
    }

    /// Writes down that a blob's right bytes lie in the store, as they are.
    package func noteMended(_ blob: Digest, at now: Timestamp = .now()) throws {
        try write { database in
            // One that was coded is not any more, and what is a difference from it lies less deep.
            try database.run("UPDATE blob SET storage = 'raw' WHERE digest = ? AND storage = 'reference'", [blob.hex])
            try Self.recode(BlobRecoding(blob, as: .raw), database)
            try database.run(
                "UPDATE blob SET verified_at = ?, problem = NULL WHERE digest = ?", [now.text, blob.hex])
            try database.run(
                "DELETE FROM blob_reference WHERE blob_id = (SELECT id FROM blob WHERE digest = ?)", [blob.hex])
        }
    }

    /// Writes down that a file left elsewhere, whose bytes were just read and are right, is the place of a blob.
    package func noteMoved(
        _ blob: Digest, to path: String, _ identity: FileIdentity, at now: Timestamp = .now()
    ) throws {
        try write { database in
            guard
                let id = try Int64.fetchOne(
                    database, sql: "SELECT id FROM blob WHERE digest = ? AND storage = 'reference'",
                    arguments: [blob.hex])
            else { return }
            try database.run("DELETE FROM blob_reference WHERE blob_id = ?", [id])
            try database.run(
                """
                INSERT INTO blob_reference (blob_id, path, device, inode, byte_count, modified_at_ns)
                VALUES (?, ?, ?, ?, ?, ?)
                """, [id, path, identity.device, identity.inode, identity.byteCount, identity.modifiedAt])
            try database.run("UPDATE blob SET verified_at = ?, problem = NULL WHERE id = ?", [now.text, id])
        }
    }

    /// The artifacts in which a tensor or a whole file has this digest: places from which a blob's bytes may be taken.
    package func holders(of digest: Digest) throws -> [Digest] {
        try read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT a.digest FROM artifact AS a WHERE a.id IN (
                        SELECT t.artifact_id FROM tensor AS t WHERE t.digest = ?1
                        UNION SELECT f.artifact_id FROM file AS f WHERE f.digest = ?1) ORDER BY a.digest
                    """, arguments: [digest.hex]
            ).compactMap { Digest(hex: $0) }
        }
    }

    // MARK: Derivations

    /// How an artifact was derived by a recipe that is known, oldest first.
    package func derivations(of child: Digest) throws -> [KnownDerivation] {
        try read { try KnownDerivation.fetch($0, of: child) }
    }

    /// Writes down that a derivation was done again and gave the same bytes.
    package func noteProven(_ derivation: Int64, by version: String, name: String?, at now: Timestamp = .now()) throws {
        try write { database in
            try database.run(
                "UPDATE derivation SET proven_at = ?, proven_version = ?, proven_name = ? WHERE id = ?",
                [now.text, version, name, derivation])
        }
    }

    /// What an artifact is called or was called once: its models' names, the present ones first.
    package func modelNames(of digest: Digest) throws -> [String] {
        try read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT n.name FROM artifact AS a JOIN artifact_name AS n ON n.artifact_id = a.id WHERE a.digest = ?1
                    UNION ALL SELECT h.model_name FROM tag_move AS h WHERE h.to_digest = ?1
                    """, arguments: [digest.hex]
            ).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        }
    }
}

/// A row of table `derivation` with a recipe, and its parents.
package struct KnownDerivation: Sendable {
    package let id: Int64
    /// The bases first.
    package let parents: [DerivationParent]
    package let recipe: String
    package let recipeDigest: Digest
    /// The version of Ingot that has done it again with the same result; nil: none yet.
    package let provenVersion: String?
    /// What the parent was called then.
    package let provenName: String?

    static func fetch(_ database: Database, of child: Digest) throws -> [Self] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT d.id, d.recipe, d.recipe_digest, d.proven_version, d.proven_name
                FROM artifact AS a JOIN derivation AS d ON d.child_id = a.id
                WHERE a.digest = ? AND d.recipe IS NOT NULL AND d.recipe_digest IS NOT NULL
                AND (d.tool IS NOT NULL OR a.origin = 'derived')
                AND EXISTS (SELECT * FROM derivation_parent AS p WHERE p.derivation_id = d.id) ORDER BY d.id
                """, arguments: [child.hex])
        return try rows.map { row in
            let id = try row.decode(Int64.self, forColumn: "id")
            return Self(
                id: id, parents: try parents(database, of: id), recipe: try row.text("recipe"),
                recipeDigest: try row.digest("recipe_digest"), provenVersion: try row.optional("proven_version"),
                provenName: try row.optional("proven_name"))
        }
    }

    private static func parents(_ database: Database, of derivation: Int64) throws -> [DerivationParent] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT parent_digest, role FROM derivation_parent WHERE derivation_id = ?
                ORDER BY role <> 'base', role, parent_digest
                """, arguments: [derivation])
        return try rows.map { row in
            DerivationParent(
                try row.digest("parent_digest"), role: ParentRole(rawValue: try row.text("role")) ?? .base)
        }
    }
}
