package import Bytes
import GRDB

extension CatalogDatabase {
    /// Gives a name to an artifact that is in the catalog. It gets no version: those are for what is registered.
    /// - Throws: `CatalogError` `unknownName` or `nameTaken`.
    package func tag(_ digest: Digest, as naming: Naming, at now: Timestamp = .now()) throws -> NameChange {
        try write { database in
            let id = try Self.id(database, of: digest)
            return try NameWriter(database: database, now: now).give(naming, to: id, digest, as: .tagging)
        }
    }

    /// Takes a tag from what it points at, which stays.
    /// - Returns: the artifact that had it.
    /// - Throws: `CatalogError` `unknownName`.
    @discardableResult package func untag(_ name: TagName, at now: Timestamp = .now()) throws -> Digest {
        try write { database in
            guard let digest = try NameWriter(database: database, now: now).take(name) else {
                throw try Self.unknown(database, .tag(name))
            }
            return digest
        }
    }

    /// Gives a model another name, with all its tags and versions. The history shows it as moves of each tag.
    /// - Throws: `CatalogError` `unknownName`; `nameTaken` also for a name that had versions once.
    package func renameModel(_ old: String, to new: String, at now: Timestamp = .now()) throws {
        let (old, new) = (try TagName(model: old).model, try TagName(model: new).model)
        try write { database in try NameWriter(database: database, now: now).rename(old, to: new) }
    }

    /// Gives what one tag points at another tag instead, in one step.
    /// - Throws: `CatalogError` `unknownName` or `nameTaken`.
    package func renameTag(_ old: TagName, to naming: Naming, at now: Timestamp = .now()) throws -> NameChange {
        try write { database in
            let writer = NameWriter(database: database, now: now)
            guard let digest = try writer.take(old) else { throw try Self.unknown(database, .tag(old)) }
            return try writer.give(naming, to: try Self.id(database, of: digest), digest, as: .tagging)
        }
    }

    /// Where a tag pointed, oldest first; also of names that are gone.
    package func history(of name: TagName) throws -> [TagMove] {
        try read { database in
            try TagMove.fetchAll(
                database,
                sql: """
                    SELECT from_digest, to_digest, moved_at FROM tag_move
                    WHERE model_name = ? AND tag = ? ORDER BY id
                    """, arguments: [name.model, name.tag])
        }
    }
}

/// One move of a tag.
package struct TagMove: Equatable, Sendable {
    /// Nil when the tag was new.
    package let from: Digest?
    /// Nil when the tag was taken away.
    package let to: Digest?
    package let movedAt: Timestamp
}

extension TagMove: FetchableRecord {
    init(row: Row) throws {
        from = try row.optionalDigest("from_digest")
        to = try row.optionalDigest("to_digest")
        movedAt = try row.timestamp("moved_at")
    }
}
