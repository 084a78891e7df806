/// Migration "v5": blobs that are stored coded or can be derived again, when they were last proven, settings of the
/// home, and where a model was published.
enum Version5 {
    /// SQLite cannot change a CHECK, so the table is made anew; the views that read it come after it.
    static let blobs = """
        DROP VIEW blob_summary;
        DROP VIEW artifact_summary;

        CREATE TABLE blob_new (
            id INTEGER PRIMARY KEY,
            digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
            byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
            storage TEXT NOT NULL CHECK (storage IN ('raw', 'coded', 'reference', 'evicted')),
            stored_byte_count INTEGER NOT NULL CHECK (stored_byte_count >= 0), -- in the store; 0 if it has none there
            base_id INTEGER REFERENCES blob (id) ON DELETE RESTRICT, -- what a coded one is the difference from
            depth INTEGER NOT NULL DEFAULT 0 CHECK (depth >= 0), -- differences until bytes that stand alone
            verified_at TEXT CHECK (verified_at GLOB '????-??-??T??:??:??Z'), -- when its bytes were last compared
            problem TEXT CHECK (problem <> ''), -- what was wrong with them then; NULL: nothing
            CHECK (storage NOT IN ('reference', 'evicted') OR stored_byte_count = 0),
            CHECK ((base_id IS NULL) = (depth = 0)),
            CHECK (base_id IS NULL OR storage = 'coded' AND base_id <> id)
        ) STRICT;
        INSERT INTO blob_new (id, digest, byte_count, storage, stored_byte_count)
            SELECT id, digest, byte_count, storage, stored_byte_count FROM blob;
        DROP TABLE blob;
        ALTER TABLE blob_new RENAME TO blob;
        CREATE INDEX blob_base ON blob (base_id) WHERE base_id IS NOT NULL;

        CREATE VIEW blob_summary AS
        SELECT
            b.digest AS digest,
            b.storage AS storage,
            b.byte_count AS bytes,
            b.stored_byte_count AS stored_bytes,
            (SELECT count(*) FROM artifact_blob AS ab WHERE ab.blob_id = b.id) AS artifacts,
            (SELECT r.path FROM blob_reference AS r WHERE r.blob_id = b.id ORDER BY r.path LIMIT 1) AS reference_path,
            (SELECT o.digest FROM blob AS o WHERE o.id = b.base_id) AS base_digest,
            b.depth AS depth,
            b.verified_at AS verified_at,
            b.problem AS problem
        FROM blob AS b;
        """

    static let home = """
        CREATE TABLE setting (
            -- What the home's owner decided, such as max_bytes.
            name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Where the model was published, such as owner/name of a hub, and which commit or manifest of it this is.
        ALTER TABLE artifact ADD COLUMN source_repository TEXT CHECK (source_repository <> '');
        ALTER TABLE artifact ADD COLUMN source_revision TEXT CHECK (source_revision <> '');
        """

    /// The view of "v4", with the columns that came since at its end. A blob that another is the difference from is
    /// not freed with its artifact.
    static let artifactSummary = Version4.artifactSummary
        .replacing("DROP VIEW artifact_summary;\n", with: "")
        .replacing(
            "WHERE o.blob_id = ab.blob_id AND o.artifact_id <> a.id)",
            with: """
                WHERE o.blob_id = ab.blob_id AND o.artifact_id <> a.id)
                        AND NOT EXISTS (SELECT 1 FROM blob AS difference WHERE difference.base_id = b.id)
                """
        )
        .replacing(
            "ORDER BY d.id LIMIT 1) AS weighted_rel_rmse",
            with: """
                ORDER BY d.id LIMIT 1) AS weighted_rel_rmse,
                    (SELECT count(*) FROM artifact_blob AS ab JOIN blob AS b ON b.id = ab.blob_id
                     WHERE ab.artifact_id = a.id AND b.storage = 'evicted') AS evicted_blobs,
                    a.source_repository AS source_repository,
                    a.source_revision AS source_revision
                """)
}
