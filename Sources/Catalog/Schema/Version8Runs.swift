/// Migration "v8-runs": training runs, what they logged, and the checkpoints that they wrote.
///
/// A run's metric is a series; a series keeps its own last, least, greatest and best value, so that a thousand runs are
/// compared without a look at their histories. NaN, which SQLite has not, is NULL; infinities are what they are.
enum Version8Runs {
    static let runs = """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 256),
            origin TEXT NOT NULL UNIQUE CHECK (origin <> ''), -- tells that a log belongs to it
            kind TEXT NOT NULL CHECK (kind <> ''),
            experiment TEXT CHECK (experiment <> ''),
            state TEXT CHECK (state IN ('running', 'finished', 'failed', 'killed')),
            started_ms INTEGER, -- since 1970; NULL when its logs tell no moment
            ended_ms INTEGER,
            series_count INTEGER NOT NULL DEFAULT 0,
            value_count INTEGER NOT NULL DEFAULT 0,
            last_step INTEGER,
            imported_at TEXT NOT NULL CHECK (imported_at GLOB '????-??-??T??:??:??Z')
        ) STRICT;
        CREATE INDEX run_started ON run (started_ms);
        CREATE INDEX run_experiment ON run (experiment) WHERE experiment IS NOT NULL;

        CREATE TABLE run_source (
            -- The files that a run was read from, as they were then: a log that grew has more than one row where an
            -- artifact holds the earlier state.
            id INTEGER PRIMARY KEY,
            run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            path TEXT NOT NULL CHECK (path <> ''),
            digest TEXT CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'), -- of the whole file
            read_byte_count INTEGER CHECK (read_byte_count >= 0), -- of whole records; NULL for what does not only grow
            read_digest TEXT CHECK (length(read_digest) = 64 AND read_digest NOT GLOB '*[^0-9a-f]*'), -- of these
            last_step INTEGER,
            imported_at TEXT NOT NULL CHECK (imported_at GLOB '????-??-??T??:??:??Z'),
            CHECK ((read_byte_count IS NULL) = (read_digest IS NULL))
        ) STRICT;
        CREATE INDEX run_source_run ON run_source (run_id, path);
        CREATE INDEX run_source_digest ON run_source (digest);

        CREATE TABLE run_parameter (
            run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            name TEXT NOT NULL CHECK (name <> ''),
            value TEXT NOT NULL,
            number REAL, -- the value, where it is a finite number
            PRIMARY KEY (run_id, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_parameter_value ON run_parameter (name, value);
        CREATE INDEX run_parameter_number ON run_parameter (name, number) WHERE number IS NOT NULL;

        CREATE TABLE metric (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE CHECK (name <> ''),
            higher_is_better INTEGER CHECK (higher_is_better IN (0, 1))
        ) STRICT;

        CREATE TABLE series (
            id INTEGER PRIMARY KEY,
            run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            metric_id INTEGER NOT NULL REFERENCES metric (id) ON DELETE RESTRICT,
            value_count INTEGER NOT NULL CHECK (value_count >= 0),
            nonfinite_count INTEGER NOT NULL CHECK (nonfinite_count >= 0),
            first_step INTEGER NOT NULL,
            last_step INTEGER NOT NULL,
            last_value REAL,
            minimum REAL, -- of the finite values
            maximum REAL,
            best_value REAL, -- NULL where the metric's name does not tell what is better
            best_step INTEGER,
            UNIQUE (run_id, metric_id)
        ) STRICT;
        CREATE INDEX series_last ON series (metric_id, last_value);
        CREATE INDEX series_best ON series (metric_id, best_value) WHERE best_value IS NOT NULL;

        CREATE TABLE metric_value (
            series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
            step INTEGER NOT NULL,
            sequence INTEGER NOT NULL CHECK (sequence >= 0), -- of values at one step, as after a resume
            value REAL,
            time_ms INTEGER, -- since the run's start
            PRIMARY KEY (series_id, step, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE run_artifact (
            -- Checkpoints that a person said a run wrote.
            run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            artifact_digest TEXT NOT NULL CHECK (
                length(artifact_digest) = 64 AND artifact_digest NOT GLOB '*[^0-9a-f]*'),
            step INTEGER,
            PRIMARY KEY (run_id, artifact_digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_artifact_digest ON run_artifact (artifact_digest);
        """

    static let views = """
        CREATE VIEW run_summary AS
        SELECT
            r.name AS run,
            r.kind AS kind,
            r.experiment AS experiment,
            r.state AS state,
            strftime('%Y-%m-%dT%H:%M:%SZ', r.started_ms / 1000, 'unixepoch') AS started_at,
            (r.ended_ms - r.started_ms) / 1000.0 AS seconds,
            r.series_count AS metrics,
            r.value_count AS value_count,
            r.last_step AS last_step,
            r.imported_at AS imported_at,
            (SELECT s.path FROM run_source AS s WHERE s.run_id = r.id ORDER BY s.path LIMIT 1) AS source_path,
            r.started_ms AS started_ms,
            r.id AS run_id
        FROM run AS r;

        CREATE VIEW run_metric_summary AS
        SELECT
            r.name AS run,
            m.name AS metric,
            s.last_value AS last,
            s.minimum AS minimum,
            s.maximum AS maximum,
            s.best_value AS best,
            s.best_step AS best_step,
            s.first_step AS first_step,
            s.last_step AS last_step,
            s.value_count AS value_count,
            s.nonfinite_count AS nonfinite_count,
            m.higher_is_better AS higher_is_better,
            s.run_id AS run_id,
            CASE WHEN s.last_value IS NULL THEN 'nan' WHEN s.last_value = 9e999 THEN 'inf'
                WHEN s.last_value = -9e999 THEN '-inf' END AS last_text
        FROM series AS s
        JOIN metric AS m ON m.id = s.metric_id
        JOIN run AS r ON r.id = s.run_id;

        CREATE VIEW run_parameter_summary AS
        SELECT
            r.name AS run,
            p.name AS parameter,
            p.value AS value,
            p.number AS number,
            p.run_id AS run_id
        FROM run_parameter AS p
        JOIN run AS r ON r.id = p.run_id;

        CREATE VIEW metric_history AS
        SELECT
            r.name AS run,
            m.name AS metric,
            v.step AS step,
            v.sequence AS sequence,
            v.value AS value,
            v.time_ms / 1000.0 AS seconds,
            s.run_id AS run_id,
            CASE WHEN v.value IS NULL THEN 'nan' WHEN v.value = 9e999 THEN 'inf'
                WHEN v.value = -9e999 THEN '-inf' END AS value_text
        FROM run AS r
        JOIN series AS s ON s.run_id = r.id
        JOIN metric AS m ON m.id = s.metric_id
        JOIN metric_value AS v ON v.series_id = s.id;

        CREATE VIEW run_checkpoint AS
        SELECT
            r.name AS run,
            coalesce(l.artifact, '@' || substr(ra.artifact_digest, 1, 12)) AS artifact,
            ra.artifact_digest AS digest,
            ra.step AS step,
            'linked' AS known_by,
            r.id AS run_id
        FROM run_artifact AS ra
        JOIN run AS r ON r.id = ra.run_id
        LEFT JOIN artifact_label AS l ON l.digest = ra.artifact_digest
        UNION ALL
        SELECT r.name, l.artifact, l.digest, max(s.last_step), 'log', r.id
        FROM run_source AS s
        JOIN run AS r ON r.id = s.run_id
        JOIN file AS f ON f.digest = s.digest
        JOIN artifact_label AS l ON l.artifact_id = f.artifact_id
        WHERE NOT EXISTS (
            SELECT 1 FROM run_artifact AS ra WHERE ra.run_id = r.id AND ra.artifact_digest = l.digest)
        GROUP BY r.id, l.digest;
        """
}
