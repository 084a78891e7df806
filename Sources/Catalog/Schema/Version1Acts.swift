/// The other half of migration "v1": names, results, and the acts in progress.
enum Version1Acts {
    /// Names that people give to artifacts. Tags move, and every move is kept; versions never move.
    static let names = """
        CREATE TABLE model (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (
                name <> '' AND name NOT GLOB '*[^A-Za-z0-9._/-]*' AND name NOT LIKE '%/%/%'),
            last_version INTEGER NOT NULL DEFAULT 0 CHECK (last_version >= 0) -- never given out again
        ) STRICT;

        CREATE TABLE tag (
            model_id INTEGER NOT NULL REFERENCES model (id) ON DELETE RESTRICT,
            name TEXT NOT NULL COLLATE NOCASE CHECK (
                length(name) BETWEEN 1 AND 128 AND name NOT GLOB '*[^A-Za-z0-9._-]*' AND name GLOB '[A-Za-z0-9_]*'),
            artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE RESTRICT,
            moved_at TEXT NOT NULL CHECK (moved_at GLOB '????-??-??T??:??:??Z'),
            PRIMARY KEY (model_id, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tag_artifact ON tag (artifact_id);

        CREATE TABLE tag_move (
            -- Text, not keys: the history outlives the names and artifacts in it.
            id INTEGER PRIMARY KEY,
            model_name TEXT NOT NULL COLLATE NOCASE,
            tag TEXT NOT NULL COLLATE NOCASE,
            from_digest TEXT CHECK (length(from_digest) = 64),
            to_digest TEXT CHECK (length(to_digest) = 64),
            moved_at TEXT NOT NULL CHECK (moved_at GLOB '????-??-??T??:??:??Z'),
            CHECK (from_digest IS NOT to_digest)
        ) STRICT;
        CREATE INDEX tag_move_name ON tag_move (model_name, tag);

        CREATE TRIGGER tag_move_is_kept BEFORE DELETE ON tag_move BEGIN
            SELECT RAISE(ABORT, 'the history of tags is only added to');
        END;
        CREATE TRIGGER tag_move_is_fixed BEFORE UPDATE ON tag_move BEGIN
            SELECT RAISE(ABORT, 'the history of tags is only added to');
        END;

        CREATE TABLE version (
            model_id INTEGER NOT NULL REFERENCES model (id) ON DELETE RESTRICT,
            number INTEGER NOT NULL CHECK (number >= 1),
            artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE RESTRICT,
            PRIMARY KEY (model_id, number),
            UNIQUE (model_id, artifact_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX version_artifact ON version (artifact_id);

        CREATE TRIGGER version_is_fixed BEFORE UPDATE ON version BEGIN
            SELECT RAISE(ABORT, 'a version never moves');
        END;
        """

    /// Measurements, bound to digests, so that they survive the artifacts they are of.
    static let results = """
        CREATE TABLE result (
            id INTEGER PRIMARY KEY,
            artifact_digest TEXT NOT NULL CHECK (
                length(artifact_digest) = 64 AND artifact_digest NOT GLOB '*[^0-9a-f]*'),
            task TEXT CHECK (task <> ''),
            metric TEXT NOT NULL CHECK (metric <> ''),
            value REAL,
            value_text TEXT CHECK (value_text IN ('nan', 'inf', '-inf')), -- what is not a finite number
            unit TEXT,
            higher_is_better INTEGER CHECK (higher_is_better IN (0, 1)),
            standard_error REAL CHECK (standard_error >= 0),
            sample_count INTEGER CHECK (sample_count >= 0),
            dataset TEXT,
            dataset_digest TEXT CHECK (length(dataset_digest) = 64 AND dataset_digest NOT GLOB '*[^0-9a-f]*'),
            tool TEXT,
            tool_version TEXT,
            host TEXT,
            measured_at TEXT NOT NULL CHECK (measured_at GLOB '????-??-??T??:??:??Z'),
            source_digest TEXT CHECK (length(source_digest) = 64 AND source_digest NOT GLOB '*[^0-9a-f]*'),
            extra TEXT CHECK (extra IS NULL OR json_valid(extra)),
            CHECK ((value IS NULL) = (value_text IS NOT NULL))
        ) STRICT;

        -- The same measurement, imported or added twice, is one row.
        CREATE UNIQUE INDEX result_identity ON result (
            artifact_digest, coalesce(task, ''), metric, coalesce(value, value_text), coalesce(dataset, ''),
            coalesce(dataset_digest, ''), coalesce(tool, ''), coalesce(tool_version, ''), coalesce(source_digest, ''),
            coalesce(extra, ''));
        """

    /// Acts in progress, what they hold on to, and files that are to go.
    static let jobs = """
        CREATE TABLE job (
            id INTEGER PRIMARY KEY,
            verb TEXT NOT NULL CHECK (verb <> ''),
            subject TEXT NOT NULL,
            process_id INTEGER NOT NULL,
            process_started TEXT NOT NULL, -- tells a later process with the same number
            host TEXT NOT NULL,
            started_at TEXT NOT NULL CHECK (started_at GLOB '????-??-??T??:??:??Z'),
            finished_at TEXT CHECK (finished_at GLOB '????-??-??T??:??:??Z'),
            state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
            CHECK ((state = 'running') = (finished_at IS NULL))
        ) STRICT;
        CREATE INDEX job_running ON job (verb, subject) WHERE state = 'running';

        CREATE TABLE job_blob (
            -- Blobs that a running job has made or counts on, and that no artifact names yet.
            job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            digest TEXT NOT NULL CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
            PRIMARY KEY (job_id, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX job_blob_digest ON job_blob (digest);

        CREATE TABLE removal (
            -- Blobs that the catalog has forgotten and whose files may still be there.
            digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*')
        ) STRICT, WITHOUT ROWID;
        """
}
