package import Bytes
import GRDB

/// A row of view `lineage`: one parent of one derivation.
package struct LineageRecord: Equatable, Sendable {
    package let child: Digest
    package let childLabel: String
    package let parent: Digest
    package let parentLabel: String
    package let role: ParentRole
    /// JSON.
    package let recipe: String?
    package let recipeDigest: Digest?
    package let tool: String?
    package let toolVersion: String?
    package let host: String?
    package let createdAt: Timestamp
    package let seconds: Double?
    package let relativeRMSE: Double?
}

/// A step of lineage, and how many steps it lies from where the question began: 1 for direct parents and children.
package struct LineageStep: Equatable, Sendable {
    package let distance: Int
    package let record: LineageRecord
}

/// An artifact and the shortest text that finds it.
package struct LabeledDigest: Equatable, Sendable {
    package let digest: Digest
    package let label: String
}

extension CatalogDatabase {
    package enum LineageDirection: Sendable { case ancestors, descendants }

    /// Where an artifact came from, or what was made from it, nearest first; each artifact is followed once.
    package func lineage(of digest: Digest, _ direction: LineageDirection) throws -> [LineageStep] {
        try read { database in
            var steps: [LineageStep] = []
            var seen: Set<Digest> = [digest]
            var front = [digest]
            var distance = 1
            let column = direction == .ancestors ? "child_digest" : "parent_digest"
            while !front.isEmpty {
                var next: [Digest] = []
                for digest in front {
                    let records = try LineageRecord.fetchAll(
                        database,
                        sql: """
                            SELECT * FROM lineage WHERE \(column) = ?
                            ORDER BY created_at, child, role, parent, parent_digest, child_digest, recipe_digest
                            """, arguments: [digest.hex])
                    for record in records {
                        steps.append(LineageStep(distance: distance, record: record))
                        let other = direction == .ancestors ? record.parent : record.child
                        if seen.insert(other).inserted { next.append(other) }
                    }
                }
                front = next
                distance += 1
            }
            return steps
        }
    }

    /// The artifacts that were made directly from this one, in any role, by label.
    package func children(of digest: Digest) throws -> [LabeledDigest] {
        try read { try Self.children($0, of: digest) }
    }

    /// The artifact that was made from exactly these parents by this recipe, if it is here: then nothing is to be done.
    package func artifact(madeFrom parents: [DerivationParent], recipeDigest: Digest) throws -> ArtifactRecord? {
        try read { database in
            let known = try Derivations.find(database, parents: parents, recipeDigest: recipeDigest, child: nil)
            return try known.map { try Self.artifact(database, id: $0.child) }
        }
    }

    static func children(_ database: Database, of digest: Digest) throws -> [LabeledDigest] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT DISTINCT child_digest, child FROM lineage WHERE parent_digest = ?1 AND child_digest <> ?1
                ORDER BY child, child_digest
                """, arguments: [digest.hex])
        return try rows.map { LabeledDigest(digest: try $0.digest("child_digest"), label: try $0.text("child")) }
    }
}

/// Finds derivations by what they are made from.
enum Derivations {
    /// The oldest derivation with exactly these parents and this recipe, of `child` if one is given; else one that was
    /// done here, and not only told of an artifact that came from elsewhere.
    static func find(
        _ database: Database, parents: [DerivationParent], recipeDigest: Digest?, child: Int64?
    ) throws -> (id: Int64, child: Int64)? {
        guard let first = parents.first else { return nil }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT d.id AS id, d.child_id AS child
                FROM derivation_parent AS p JOIN derivation AS d ON d.id = p.derivation_id
                WHERE p.parent_digest = ?1 AND p.role = ?2 AND d.recipe_digest IS ?3
                AND CASE WHEN ?4 IS NOT NULL THEN d.child_id = ?4 ELSE d.tool IS NOT NULL
                    OR EXISTS (SELECT 1 FROM artifact AS a WHERE a.id = d.child_id AND a.origin = 'derived') END
                ORDER BY d.id
                """, arguments: [first.digest.hex, first.role.rawValue, recipeDigest?.hex, child])
        let wanted = Set(parents)
        for row in rows {
            let id = try row.decode(Int64.self, forColumn: "id")
            let others = try Row.fetchAll(
                database, sql: "SELECT parent_digest, role FROM derivation_parent WHERE derivation_id = ?",
                arguments: [id])
            let found = Set(
                try others.map { DerivationParent(try $0.digest("parent_digest"), role: try $0.choice("role")) })
            if found == wanted { return (id, try row.decode(Int64.self, forColumn: "child")) }
        }
        return nil
    }
}

extension LineageRecord: FetchableRecord {
    init(row: Row) throws {
        child = try row.digest("child_digest")
        childLabel = try row.text("child")
        parent = try row.digest("parent_digest")
        parentLabel = try row.text("parent")
        role = try row.choice("role")
        recipe = try row.optional("recipe")
        recipeDigest = try row.optionalDigest("recipe_digest")
        tool = try row.optional("tool")
        toolVersion = try row.optional("tool_version")
        host = try row.optional("host")
        createdAt = try row.timestamp("created_at")
        seconds = try row.optional("seconds")
        relativeRMSE = try row.optional("rel_rmse")
    }
}
