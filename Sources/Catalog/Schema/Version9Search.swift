/// Migration "v9-search": what artifacts are found by (names, facts, notes, model cards, tensor names), notes, and what
/// model cards say beyond license and base model.
///
/// `artifact_search` is an FTS5 table with one row for each artifact, under its number. Triggers keep its names, facts
/// and notes; the card's text and the tensors' names come with the artifact (`SearchWriter`). A model of 100,000 tensors
/// has some dozens of names once the numbers in them are left out, so the row stays small. The table keeps its own text:
/// the one copy of the cards in the catalog.
enum Version9Search {
    static let notes = """
        CREATE TABLE note (
            -- What people noted of an artifact, bound to its digest, so that it survives the artifact.
            id INTEGER PRIMARY KEY,
            artifact_digest TEXT NOT NULL CHECK (
                length(artifact_digest) = 64 AND artifact_digest NOT GLOB '*[^0-9a-f]*'),
            text TEXT NOT NULL CHECK (text <> '' AND length(text) <= 65536),
            written_at TEXT NOT NULL CHECK (written_at GLOB '????-??-??T??:??:??Z'),
            UNIQUE (artifact_digest, text)
        ) STRICT;
        """

    static let cards = """
        CREATE TABLE card (
            -- What the block at the start of the model card says; lists are arrays of texts.
            artifact_id INTEGER PRIMARY KEY REFERENCES artifact (id) ON DELETE CASCADE,
            pipeline TEXT CHECK (pipeline <> ''),
            library TEXT CHECK (library <> ''),
            languages TEXT NOT NULL CHECK (json_valid(languages)),
            tags TEXT NOT NULL CHECK (json_valid(tags)),
            datasets TEXT NOT NULL CHECK (json_valid(datasets))
        ) STRICT;

        CREATE TABLE card_due (
            -- Artifacts whose card has not been read yet: the next act that stores something reads it.
            artifact_id INTEGER PRIMARY KEY REFERENCES artifact (id) ON DELETE CASCADE
        ) STRICT;
        """

    /// The columns in the order of `SearchColumn`.
    static let search = """
        CREATE VIRTUAL TABLE artifact_search USING fts5(
            digest UNINDEXED, name, about, note, card, tensor, tokenize = 'unicode61 remove_diacritics 2');
        """

    /// Fills the table for the artifacts that are there, but for cards and tensors.
    static let fill = """
        INSERT INTO artifact_search (rowid, digest, name, about, note, card, tensor)
            SELECT a.id, a.digest, \(name(of: "a.id")), \(about("a")), \(note(of: "a.digest")), '', '' FROM artifact AS a;
        INSERT INTO card_due SELECT DISTINCT artifact_id FROM file WHERE role = 'card';
        """

    static let triggers = artifactTriggers + nameTriggers + noteTriggers + cardTriggers

    // MARK: - The texts of a row

    private static func name(of artifact: String) -> String {
        """
        coalesce((SELECT group_concat(n.text, ' ') FROM (
            SELECT m.name || ':' || t.name AS text FROM tag AS t JOIN model AS m ON m.id = t.model_id
            WHERE t.artifact_id = \(artifact)
            UNION ALL SELECT m.name || '@v' || v.number FROM version AS v JOIN model AS m ON m.id = v.model_id
            WHERE v.artifact_id = \(artifact)) AS n), '')
        """
    }

    private static let facts = [
        "kind", "origin", "scheme", "format", "architecture", "model_type", "quantization", "license", "base_model",
        "source_repository",
    ]

    private static func about(_ row: String) -> String {
        let texts = facts.map { "coalesce(\(row).\($0), '')" }.joined(separator: " || ' ' || ")
        return """
            \(texts) || ' ' || coalesce((SELECT
                coalesce(c.pipeline, '') || ' ' || coalesce(c.library, '') || ' ' || c.languages || ' ' || c.tags || ' '
                    || c.datasets FROM card AS c WHERE c.artifact_id = \(row).id), '')
            """
    }

    private static func note(of digest: String) -> String {
        """
        coalesce((SELECT group_concat(o.text, char(10)) FROM note AS o WHERE o.artifact_digest = \(digest)), '')
        """
    }

    // MARK: - Triggers

    private static func trigger(_ name: String, _ event: String, _ body: String) -> String {
        "CREATE TRIGGER search_\(name) AFTER \(event) BEGIN\n    \(body);\nEND;\n"
    }

    private static let artifactTriggers =
        trigger(
            "artifact_insert", "INSERT ON artifact",
            """
            INSERT INTO artifact_search (rowid, digest, name, about, note, card, tensor)
                VALUES (NEW.id, NEW.digest, '', \(about("NEW")), \(note(of: "NEW.digest")), '', '')
            """)
        + trigger(
            "artifact_update", "UPDATE OF \(facts.joined(separator: ", ")) ON artifact",
            "UPDATE artifact_search SET about = \(about("NEW")) WHERE rowid = NEW.id")
        + trigger("artifact_delete", "DELETE ON artifact", "DELETE FROM artifact_search WHERE rowid = OLD.id")
        + trigger(
            "card_file", "INSERT ON file WHEN NEW.role = 'card'",
            "INSERT OR IGNORE INTO card_due VALUES (NEW.artifact_id)")

    private static let nameTriggers =
        [
            ("tag_insert", "INSERT ON tag", ["NEW"]), ("tag_update", "UPDATE ON tag", ["OLD", "NEW"]),
            ("tag_delete", "DELETE ON tag", ["OLD"]), ("version_insert", "INSERT ON version", ["NEW"]),
            ("version_delete", "DELETE ON version", ["OLD"]),
        ].map { name, event, rows in
            trigger(name, event, rows.map { rename("rowid = \($0).artifact_id") }.joined(separator: ";\n    "))
        }.joined()
        + trigger(
            "model_update", "UPDATE OF name ON model",
            rename(
                """
                rowid IN (
                        SELECT artifact_id FROM tag WHERE model_id = NEW.id
                        UNION SELECT artifact_id FROM version WHERE model_id = NEW.id)
                """))

    private static func rename(_ condition: String) -> String {
        "UPDATE artifact_search SET name = \(name(of: "artifact_search.rowid")) WHERE \(condition)"
    }

    /// Notes stand in the manifests of results.
    private static let noteTriggers = [("insert", "NEW"), ("delete", "OLD")].map { event, row in
        trigger(
            "note_\(event)", "\(event.uppercased()) ON note",
            """
            UPDATE artifact_search SET note = \(note(of: "\(row).artifact_digest"))
                WHERE rowid = (SELECT id FROM artifact WHERE digest = \(row).artifact_digest);
                INSERT OR IGNORE INTO manifest_due VALUES ('results', \(row).artifact_digest)
            """)
    }.joined()

    private static let cardTriggers = trigger(
        "card_insert", "INSERT ON card",
        """
        UPDATE artifact_search SET about = (SELECT \(about("a")) FROM artifact AS a WHERE a.id = NEW.artifact_id)
            WHERE rowid = NEW.artifact_id
        """)

    // MARK: - Views

    static let views = """
        CREATE VIEW note_summary AS
        SELECT
            coalesce(l.artifact, '@' || substr(n.artifact_digest, 1, 12)) AS artifact,
            n.artifact_digest AS digest,
            n.text AS note,
            n.written_at AS written_at,
            n.id AS note_id
        FROM note AS n
        LEFT JOIN artifact_label AS l ON l.digest = n.artifact_digest;

        CREATE VIEW card_summary AS
        SELECT
            l.artifact AS artifact,
            l.digest AS digest,
            a.license AS license,
            a.base_model AS base_model,
            c.pipeline AS pipeline,
            c.library AS library,
            c.languages AS languages,
            c.tags AS tags,
            c.datasets AS datasets
        FROM artifact_label AS l
        CROSS JOIN card AS c ON c.artifact_id = l.artifact_id
        JOIN artifact AS a ON a.id = l.artifact_id;
        """
}
