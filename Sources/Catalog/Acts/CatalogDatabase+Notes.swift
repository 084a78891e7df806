package import Bytes
import GRDB

/// A row of view `note_summary`: what somebody noted of an artifact.
package struct NoteRecord: Equatable, Sendable {
    package let text: String
    package let writtenAt: Timestamp
}

extension CatalogDatabase {
    /// Longer notes are refused.
    package static let longestNote = 16 << 10

    /// Notes something of an artifact. The same text again changes nothing.
    /// - Returns: whether it is new.
    package func addNote(_ text: String, to digest: Digest, at now: Timestamp = .now()) throws -> Bool {
        try write { database in
            _ = try Self.id(database, of: digest)
            try database.run(
                "INSERT INTO note (artifact_digest, text, written_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [digest.hex, text, now.text])
            return database.changesCount > 0
        }
    }

    /// Takes notes back: those with exactly this text, or all.
    /// - Returns: how many there were.
    package func removeNotes(_ text: String?, of digest: Digest) throws -> Int {
        try write { database in
            try database.run(
                "DELETE FROM note WHERE artifact_digest = ?1 AND (?2 IS NULL OR text = ?2)", [digest.hex, text])
            return database.changesCount
        }
    }

    /// What was noted of an artifact, oldest first.
    package func notes(of digest: Digest) throws -> [NoteRecord] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT text, written_at FROM note WHERE artifact_digest = ? ORDER BY written_at, id",
                arguments: [digest.hex]
            ).map { NoteRecord(text: try $0.text("text"), writtenAt: try $0.timestamp("written_at")) }
        }
    }

    /// What an artifact's model card says beyond license and base model, without its text; nil when none was read.
    package func card(of digest: Digest) throws -> CardDraft? {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT c.* FROM artifact AS a JOIN card AS c ON c.artifact_id = a.id WHERE a.digest = ?",
                arguments: [digest.hex])
            return try row.map { row in
                func list(_ column: String) throws -> [String] {
                    try row.parse(column, of: row.text(column)) { text in
                        (try? JSONValue(parsing: Array(text.utf8)))?.arrayValue?.compactMap(\.stringValue)
                    }
                }
                return CardDraft(
                    pipeline: try row.optional("pipeline"), library: try row.optional("library"),
                    languages: try list("languages"), tags: try list("tags"), datasets: try list("datasets"))
            }
        }
    }
}
