package import Bytes
import GRDB

/// What became of a name.
package struct NameChange: Equatable, Sendable {
    /// The name as the catalog spells it.
    package let name: TagName
    /// The artifact's version under the bare name, if it has one.
    package let version: Int?
    /// What the tag pointed at before, if it pointed elsewhere.
    package let previous: Digest?
    /// Whether the tag means the artifact only now.
    package let isNew: Bool
}

/// Gives and takes names, inside a transaction of its caller. Every change of a tag leaves a row in `tag_move`.
struct NameWriter {
    let database: Database
    let now: Timestamp

    /// Why a name is given: what is registered as the latest gets the next version, what is tagged does not.
    enum Occasion { case registration, tagging }

    func give(_ naming: Naming, to artifact: Int64, _ digest: Digest, as occasion: Occasion) throws -> NameChange {
        let (model, spelling) = try model(named: naming.name.model)
        let current = try current(of: naming.name.tag, model)
        if let current, current.digest != digest, naming.ifTaken == .refuse {
            throw CatalogError(
                .nameTaken, "'\(naming.name)' belongs to other bytes (@\(current.digest.hex.prefix(12)))",
                remedy: "Choose another name with --as, or say --update to let the name move")
        }
        if current?.digest != digest {
            // Not as an upsert, as settings (`set`).
            let statement =
                current == nil
                ? "INSERT INTO tag (artifact_id, moved_at, model_id, name) VALUES (?, ?, ?, ?)"
                : "UPDATE tag SET artifact_id = ?, moved_at = ? WHERE model_id = ? AND name = ?"
            try database.run(statement, [artifact, now.text, model, naming.name.tag])
            try note(spelling, current?.tag ?? naming.name.tag, from: current?.digest, to: digest)
        }
        if naming.name.isLatest, occasion == .registration { try addVersion(of: model, artifact) }
        let version = try Int.fetchOne(
            database, sql: "SELECT number FROM version WHERE model_id = ? AND artifact_id = ?",
            arguments: [model, artifact])
        return NameChange(
            name: try TagName(model: spelling, tag: current?.tag ?? naming.name.tag), version: version,
            previous: current?.digest == digest ? nil : current?.digest, isNew: current?.digest != digest)
    }

    /// Takes a tag away; the version that it may have stays.
    /// - Returns: the artifact that it pointed at; nil when there is no such tag.
    func take(_ name: TagName) throws -> Digest? {
        let id = try Int64.fetchOne(
            database, sql: "SELECT id FROM model WHERE name = ?", arguments: [name.model])
        guard let id, let current = try current(of: name.tag, id) else { return nil }
        try database.run("DELETE FROM tag WHERE model_id = ? AND name = ?", [id, name.tag])
        try note(name.model, current.tag, from: current.digest, to: nil)
        try dropEmptyModels()
        return current.digest
    }

    /// Takes away all names of an artifact that is being forgotten; the numbers of its versions are not given again.
    func takeAll(from artifact: Int64) throws {
        let tags = try Row.fetchAll(
            database,
            sql: """
                SELECT m.name AS model, t.name AS tag FROM tag AS t JOIN model AS m ON m.id = t.model_id
                WHERE t.artifact_id = ? ORDER BY m.name, t.name
                """, arguments: [artifact])
        try database.run("DELETE FROM version WHERE artifact_id = ?", [artifact])
        for tag in tags { _ = try take(TagName(model: try tag.text("model"), tag: try tag.text("tag"))) }
        try dropEmptyModels()
    }

    /// Gives a model with its tags and versions another name.
    func rename(_ old: String, to new: String) throws {
        let tags = try Row.fetchAll(
            database,
            sql: """
                SELECT m.id AS id, m.name AS model, t.name AS tag, a.digest AS digest
                FROM model AS m LEFT JOIN tag AS t ON t.model_id = m.id LEFT JOIN artifact AS a ON a.id = t.artifact_id
                WHERE m.name = ? ORDER BY t.name
                """, arguments: [old])
        guard let id = try tags.first?.decode(Int64.self, forColumn: "id") else { throw try unknown(old) }
        let isOther = old.lowercased() != new.lowercased()
        if isOther, try Bool.fetchOne(database, sql: "SELECT 1 FROM model WHERE name = ?", arguments: [new]) != nil {
            throw CatalogError(
                .nameTaken, "'\(new)' is the name of another model, or was",
                remedy: "Choose another name: a version, once given, never moves")
        }
        try database.run("UPDATE model SET name = ? WHERE id = ?", [new, id])
        guard isOther else { return }
        for row in tags {
            guard let tag = try row.optional("tag", as: String.self) else { continue }
            let digest = try row.optionalDigest("digest")
            try note(try row.text("model"), tag, from: digest, to: nil)
            try note(new, tag, from: nil, to: digest)
        }
    }

    private func unknown(_ model: String) throws -> CatalogError {
        let models = try String.fetchAll(database, sql: "SELECT name FROM model ORDER BY name LIMIT 10000")
        return CatalogError(
            .unknownName, "no model is called '\(model)'",
            remedy: Suggestions.remedy(for: model, among: models) ?? "See the names with 'ingot ls'")
    }

    private func model(named name: String) throws -> (id: Int64, spelling: String) {
        let row = try Row.fetchOne(
            database, sql: "SELECT id, name FROM model WHERE name = ?", arguments: [name])
        if let row { return (try row.decode(Int64.self, forColumn: "id"), try row.text("name")) }
        return (try database.insert("INSERT INTO model (name) VALUES (?)", [name]), name)
    }

    private func current(of tag: String, _ model: Int64) throws -> (tag: String, digest: Digest)? {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT t.name AS tag, a.digest AS digest FROM tag AS t JOIN artifact AS a ON a.id = t.artifact_id
                WHERE t.model_id = ? AND t.name = ?
                """, arguments: [model, tag])
        return try row.map { (try $0.text("tag"), try $0.digest("digest")) }
    }

    private func addVersion(of model: Int64, _ artifact: Int64) throws {
        let known = try Int.fetchOne(
            database, sql: "SELECT number FROM version WHERE model_id = ? AND artifact_id = ?",
            arguments: [model, artifact])
        guard known == nil else { return }
        try database.run("UPDATE model SET last_version = last_version + 1 WHERE id = ?", [model])
        try database.run(
            """
            INSERT INTO version (model_id, number, artifact_id)
            SELECT id, last_version, ? FROM model WHERE id = ?
            """, [artifact, model])
    }

    private func note(_ model: String, _ tag: String, from old: Digest?, to new: Digest?) throws {
        try database.run(
            "INSERT INTO tag_move (model_name, tag, from_digest, to_digest, moved_at) VALUES (?, ?, ?, ?, ?)",
            [model, tag, old?.hex, new?.hex, now.text])
    }

    /// A model that never had a version and has no tag left need not be remembered.
    private func dropEmptyModels() throws {
        try database.execute(
            sql: """
                DELETE FROM model WHERE last_version = 0
                AND NOT EXISTS (SELECT 1 FROM tag AS t WHERE t.model_id = model.id)
                """)
    }
}
