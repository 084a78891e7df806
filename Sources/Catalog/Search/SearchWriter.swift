package import Bytes
import GRDB

/// Keeps what triggers cannot: model cards and the names of tensors, in `artifact_search`. Inside a transaction of its
/// caller.
struct SearchWriter {
    let database: Database

    /// Longer cards are searched as far as this.
    static let longestCard = 32 << 10

    /// Notes the names of an artifact's tensors, as models and as files know them.
    func noteTensors(_ names: some Sequence<String>, of artifact: Int64) throws {
        try database.run(
            "UPDATE artifact_search SET tensor = ? WHERE rowid = ?", [TensorNamePattern.text(of: names), artifact])
    }

    func noteTensors(of draft: ArtifactDraft, _ artifact: Int64) throws {
        let tensors = draft.files.lazy.flatMap(\.tensors)
        try noteTensors(
            tensors.lazy.flatMap { [$0.logicalName, $0.name].lazy.compactMap(\.self) }, of: artifact)
    }

    /// The same from the rows that are there: of all artifacts that have none yet.
    func noteAllTensors() throws {
        let artifacts = try Int64.fetchAll(
            database, sql: "SELECT rowid FROM artifact_search WHERE tensor = '' ORDER BY rowid")
        for artifact in artifacts {
            let names = try String.fetchCursor(
                database,
                sql: """
                    SELECT coalesce(logical_name, name) FROM tensor WHERE artifact_id = ?1
                    UNION ALL SELECT name FROM tensor WHERE artifact_id = ?1 AND logical_name IS NOT NULL
                    """, arguments: [artifact])
            var patterns: [String] = []
            var seen: Set<String> = []
            while let name = try names.next() {
                let pattern = TensorNamePattern.pattern(of: name)
                if seen.insert(pattern).inserted { patterns.append(pattern) }
            }
            try noteTensors(patterns, of: artifact)
        }
    }

    /// Notes what the card says; nil when it cannot be read.
    func note(_ card: CardDraft?, of artifact: Int64) throws {
        try database.run("DELETE FROM card_due WHERE artifact_id = ?", [artifact])
        guard let card else { return }
        try database.run("DELETE FROM card WHERE artifact_id = ?", [artifact])
        try database.run(
            """
            INSERT INTO card (artifact_id, pipeline, library, languages, tags, datasets) VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                artifact, card.pipeline, card.library, Self.json(card.languages), Self.json(card.tags),
                Self.json(card.datasets),
            ])
        try database.run(
            "UPDATE artifact_search SET card = ? WHERE rowid = ?",
            [String(decoding: card.text.utf8.prefix(Self.longestCard), as: UTF8.self), artifact])
    }

    /// Takes over what is known of the same card, when another artifact has its file.
    func copyCard(to artifact: Int64) throws {
        let other = try Int64.fetchOne(
            database,
            sql: """
                SELECT c.artifact_id FROM file AS f JOIN file AS g ON g.digest = f.digest AND g.role = 'card'
                JOIN card AS c ON c.artifact_id = g.artifact_id
                WHERE f.artifact_id = ?1 AND f.role = 'card' AND g.artifact_id <> ?1 ORDER BY g.artifact_id LIMIT 1
                """, arguments: [artifact])
        guard let other else { return }
        try database.run(
            """
            INSERT OR REPLACE INTO card SELECT ?, pipeline, library, languages, tags, datasets FROM card
            WHERE artifact_id = ?
            """, [artifact, other])
        try database.run(
            """
            UPDATE artifact_search SET card = (SELECT s.card FROM artifact_search AS s WHERE s.rowid = ?) WHERE rowid = ?
            """, [other, artifact])
        try database.run("DELETE FROM card_due WHERE artifact_id = ?", [artifact])
    }

    static func json(_ texts: [String]) -> String { JSONValue.array(texts.map(JSONValue.string)).text() }
}

extension CatalogDatabase {
    /// Artifacts whose model card was not read yet, oldest first.
    package func artifactsWithUnreadCards(atMost limit: Int) throws -> [Digest] {
        try read { database in
            let digests = try String.fetchAll(
                database,
                sql: """
                    SELECT a.digest FROM card_due AS d JOIN artifact AS a ON a.id = d.artifact_id
                    ORDER BY d.artifact_id LIMIT ?
                    """, arguments: [limit])
            return digests.compactMap { Digest(hex: $0) }
        }
    }

    /// Notes what artifacts' model cards say; nil where one cannot be read.
    package func note(_ cards: [(digest: Digest, card: CardDraft?)]) throws {
        try writeAlone { database in
            let writer = SearchWriter(database: database)
            for (digest, card) in cards {
                // It may be forgotten by now.
                let id = try Int64.fetchOne(
                    database, sql: "SELECT id FROM artifact WHERE digest = ?", arguments: [digest.hex])
                if let id { try writer.note(card, of: id) }
            }
        }
    }

    /// Lets an artifact's card be read again, as if it never was.
    package func forgetCard(of digest: Digest) throws {
        try writeAlone { database in
            let id = try Self.id(database, of: digest)
            try database.run("DELETE FROM card WHERE artifact_id = ?", [id])
            try database.run("UPDATE artifact_search SET card = '' WHERE rowid = ?", [id])
            try database.run("INSERT OR IGNORE INTO card_due VALUES (?)", [id])
        }
    }
}
