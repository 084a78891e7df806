package import Bytes
import GRDB

extension CatalogDatabase {
    /// The artifact that a name means.
    /// - Throws: `CatalogError` `unknownName`, with the nearest names; `ambiguous` for a digest's beginning.
    package func resolve(_ name: ArtifactName) throws -> ArtifactRecord {
        try read { database in
            guard let record = try Self.find(database, name) else { throw try Self.unknown(database, name) }
            return record
        }
    }

    /// The artifact that a name means; nil when it means none.
    /// - Throws: `CatalogError` `ambiguous`.
    package func find(_ name: ArtifactName) throws -> ArtifactRecord? {
        try read { try Self.find($0, name) }
    }

    /// The artifact with this digest; nil when there is none.
    package func artifact(_ digest: Digest) throws -> ArtifactRecord? {
        try read { database in
            try ArtifactRecord.fetchOne(
                database, sql: "SELECT * FROM artifact WHERE digest = ?", arguments: [digest.hex])
        }
    }

    /// The shortest text that finds an artifact: a name, a version, or the beginning of its digest.
    package func label(of digest: Digest) throws -> String {
        try read { try Self.label($0, of: digest) }
    }

    static func artifact(_ database: Database, id: Int64) throws -> ArtifactRecord {
        let record = try ArtifactRecord.fetchOne(
            database, sql: "SELECT * FROM artifact WHERE id = ?", arguments: [id])
        guard let record else { throw ArtifactDraft.fault("artifact \(id) is not in the catalog") }
        return record
    }

    static func id(_ database: Database, of digest: Digest) throws -> Int64 {
        let id = try Int64.fetchOne(
            database, sql: "SELECT id FROM artifact WHERE digest = ?", arguments: [digest.hex])
        guard let id else { throw try unknown(database, .digest(prefix: digest.hex, model: nil)) }
        return id
    }

    static func label(_ database: Database, of digest: Digest) throws -> String {
        try String.fetchOne(
            database, sql: "SELECT artifact FROM artifact_label WHERE digest = ?", arguments: [digest.hex])
            ?? "@\(digest.hex.prefix(12))"
    }

    private static func find(_ database: Database, _ name: ArtifactName) throws -> ArtifactRecord? {
        switch name {
        case .tag(let name):
            try ArtifactRecord.fetchOne(
                database,
                sql: """
                    SELECT a.* FROM model AS m JOIN tag AS t ON t.model_id = m.id JOIN artifact AS a ON a.id = t.artifact_id
                    WHERE m.name = ? AND t.name = ?
                    """, arguments: [name.model, name.tag])
        case .version(let model, let number):
            try ArtifactRecord.fetchOne(
                database,
                sql: """
                    SELECT a.* FROM model AS m JOIN version AS v ON v.model_id = m.id
                    JOIN artifact AS a ON a.id = v.artifact_id WHERE m.name = ? AND v.number = ?
                    """, arguments: [model, number])
        case .digest(let prefix, let model): try find(database, prefix: prefix, model: model)
        }
    }

    /// With a model, only artifacts that it names now or has named count.
    private static func find(_ database: Database, prefix: String, model: String?) throws -> ArtifactRecord? {
        let found = try ArtifactRecord.fetchAll(
            database,
            sql: """
                SELECT a.* FROM artifact AS a
                WHERE a.digest >= ?1 AND a.digest < ?1 || 'g' AND (?2 IS NULL
                    OR a.id IN (SELECT n.artifact_id FROM artifact_name AS n WHERE n.name = ?2)
                    OR a.digest IN (SELECT h.to_digest FROM tag_move AS h WHERE h.model_name = ?2))
                ORDER BY a.digest LIMIT 4
                """, arguments: [prefix, model])
        guard found.count > 1 else { return found.first }
        let digests = found.prefix(3).map { "@\($0.digest.hex.prefix(prefix.utf8.count + 8))" }
        let more = found.count > 3 ? " and more" : ""
        throw CatalogError(
            .ambiguous, "several digests begin with \(prefix): \(digests.joined(separator: ", "))\(more)",
            remedy: "Give more digits")
    }

    /// What to say of a name that means nothing.
    static func unknown(_ database: Database, _ name: ArtifactName) throws -> CatalogError {
        guard let model = name.model else {
            return CatalogError(
                .unknownName, "no artifact has the digest \(name)", remedy: "See the digests with 'ingot ls'")
        }
        let names = try ownNames(database, of: model)
        if !names.isEmpty {
            return CatalogError(
                .unknownName, "'\(name)' is unknown; \(model) has \(names.joined(separator: ", "))",
                remedy: "Choose one of these")
        }
        let all = try Row.fetchAll(
            database, sql: "SELECT m.name AS model, t.name AS tag FROM tag AS t JOIN model AS m ON m.id = t.model_id")
        let candidates = try all.map { try TagName(model: $0.text("model"), tag: $0.text("tag")).description }
        return CatalogError(
            .unknownName, "'\(name)' is unknown",
            remedy: Suggestions.remedy(for: name.description, among: candidates)
                ?? Suggestions.remedy(for: model, among: candidates) ?? "See the names with 'ingot ls'")
    }

    /// Everything that finds artifacts of a model, at most twelve.
    private static func ownNames(_ database: Database, of model: String) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT n.name || CASE WHEN n.tag IS NOT NULL THEN ':' || n.tag ELSE '@v' || n.version END
                FROM artifact_name AS n WHERE n.name = ? ORDER BY n.tag IS NULL, n.tag, n.version LIMIT 12
                """, arguments: [model])
    }
}

extension ArtifactName {
    /// The model that it names; nil for a bare digest.
    package var model: String? {
        switch self {
        case .tag(let name): name.model
        case .version(let model, _): model
        case .digest(_, let model): model
        }
    }
}
