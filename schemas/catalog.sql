-- An empty catalog after all migrations, which Sources/Catalog/Schema holds; a test compares them.
-- Written by: INGOT_REWRITE=1 swift test --filter CatalogTests
PRAGMA application_id = 1231972212;

CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);

CREATE TABLE blob_reference (
    -- A file left where its owner put it, and what tells whether it changed since.
    blob_id INTEGER NOT NULL REFERENCES blob (id) ON DELETE CASCADE,
    path TEXT NOT NULL CHECK (path LIKE '/%'),
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
    modified_at_ns INTEGER NOT NULL,
    PRIMARY KEY (blob_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
    weights_digest TEXT CHECK (length(weights_digest) = 64 AND weights_digest NOT GLOB '*[^0-9a-f]*'),
    kind TEXT NOT NULL CHECK (
        kind IN ('checkpoint', 'quantized', 'pruned', 'distilled', 'cast', 'merged', 'repacked')),
    origin TEXT NOT NULL CHECK (origin IN ('imported', 'derived')),
    scheme TEXT NOT NULL CHECK (scheme <> ''),
    format TEXT NOT NULL CHECK (format <> ''),
    architecture TEXT,
    model_type TEXT,
    layer_count INTEGER CHECK (layer_count >= 0),
    hidden_size INTEGER CHECK (hidden_size >= 0),
    intermediate_size INTEGER CHECK (intermediate_size >= 0),
    head_count INTEGER CHECK (head_count >= 0),
    key_value_head_count INTEGER CHECK (key_value_head_count >= 0),
    vocabulary_size INTEGER CHECK (vocabulary_size >= 0),
    context_length INTEGER CHECK (context_length >= 0),
    parameter_count INTEGER NOT NULL CHECK (parameter_count >= 0), -- ties once
    logical_byte_count INTEGER NOT NULL CHECK (logical_byte_count >= 0), -- of all files
    weight_byte_count INTEGER NOT NULL CHECK (weight_byte_count >= 0), -- weights with scales, ties once
    license TEXT,
    base_model TEXT,
    source_path TEXT,
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??Z')
, quantization TEXT CHECK (quantization <> ''), reading TEXT CHECK (reading <> ''), source_repository TEXT CHECK (source_repository <> ''), source_revision TEXT CHECK (source_revision <> '')) STRICT;

CREATE INDEX artifact_weights ON artifact (weights_digest);

CREATE TABLE artifact_blob (
    -- Which blobs an artifact's files are made of, each pair once.
    artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    blob_id INTEGER NOT NULL REFERENCES blob (id) ON DELETE RESTRICT,
    PRIMARY KEY (artifact_id, blob_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_blob_users ON artifact_blob (blob_id, artifact_id);

CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    path TEXT NOT NULL CHECK (
        path <> '' AND path NOT LIKE '/%' AND '/' || path || '/' NOT LIKE '%/../%'),
    digest TEXT NOT NULL CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
    byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
    role TEXT NOT NULL CHECK (role <> ''),
    UNIQUE (artifact_id, path)
) STRICT;

CREATE INDEX file_digest ON file (digest);

CREATE TABLE segment (
    -- A file is its segments in the order of their ordinals, without a hole.
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
    blob_id INTEGER NOT NULL REFERENCES blob (id) ON DELETE RESTRICT,
    blob_offset INTEGER NOT NULL CHECK (blob_offset >= 0),
    byte_count INTEGER NOT NULL CHECK (byte_count > 0),
    PRIMARY KEY (file_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX segment_blob ON segment (blob_id);

CREATE TABLE tensor (
    -- The tensors as files hold them. A quantized weight may be several: one principal, which stands for the
    -- logical tensor (scheme, logical_shape, parameter_count), and parts that point to it (scales, code tables).
    id INTEGER PRIMARY KEY,
    artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    name TEXT NOT NULL,
    dtype TEXT NOT NULL CHECK (dtype <> ''),
    shape TEXT NOT NULL CHECK (json_valid(shape) AND shape LIKE '[%'),
    element_count INTEGER NOT NULL CHECK (element_count >= 0),
    byte_offset INTEGER NOT NULL CHECK (byte_offset >= 0),
    byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
    digest TEXT NOT NULL CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
    parameter_count INTEGER NOT NULL CHECK (parameter_count >= 0),
    principal_id INTEGER REFERENCES tensor (id) ON DELETE CASCADE,
    part_role TEXT CHECK (part_role <> ''),
    scheme TEXT CHECK (scheme <> ''),
    logical_shape TEXT CHECK (logical_shape IS NULL OR json_valid(logical_shape) AND logical_shape LIKE '[%'),
    minimum REAL,
    maximum REAL,
    absolute_maximum REAL CHECK (absolute_maximum >= 0),
    mean REAL,
    standard_deviation REAL CHECK (standard_deviation >= 0),
    zero_fraction REAL CHECK (zero_fraction BETWEEN 0 AND 1),
    nan_count INTEGER CHECK (nan_count >= 0),
    infinity_count INTEGER CHECK (infinity_count >= 0), arrangement TEXT CHECK (arrangement IS NULL OR json_valid(arrangement)), logical_name TEXT CHECK (logical_name <> ''), bits INTEGER CHECK (bits > 0), group_size INTEGER CHECK (group_size > 0),
    CHECK ((principal_id IS NULL) = (part_role IS NULL)),
    CHECK ((scheme IS NULL) = (logical_shape IS NULL)),
    UNIQUE (file_id, name)
) STRICT;

CREATE INDEX tensor_position ON tensor (artifact_id, position);

CREATE INDEX tensor_digest ON tensor (digest);

CREATE INDEX tensor_principal ON tensor (principal_id) WHERE principal_id IS NOT NULL;

CREATE TABLE derivation (
    id INTEGER PRIMARY KEY,
    child_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    recipe TEXT CHECK (recipe IS NULL OR json_valid(recipe)),
    recipe_digest TEXT CHECK (length(recipe_digest) = 64 AND recipe_digest NOT GLOB '*[^0-9a-f]*'),
    tool TEXT,
    tool_version TEXT,
    host TEXT,
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??Z'),
    seconds REAL CHECK (seconds >= 0),
    relative_rmse REAL CHECK (relative_rmse >= 0), weighted_relative_rmse REAL CHECK (weighted_relative_rmse >= 0), proven_at TEXT CHECK (proven_at GLOB '????-??-??T??:??:??Z'), proven_version TEXT CHECK (proven_version <> ''), proven_name TEXT CHECK (proven_name <> ''),
    CHECK (recipe IS NULL OR recipe_digest IS NOT NULL)
) STRICT;

CREATE INDEX derivation_child ON derivation (child_id);

CREATE TABLE derivation_parent (
    derivation_id INTEGER NOT NULL REFERENCES derivation (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('base', 'teacher', 'calibration', 'adapter')),
    parent_digest TEXT NOT NULL CHECK (length(parent_digest) = 64 AND parent_digest NOT GLOB '*[^0-9a-f]*'),
    parent_id INTEGER REFERENCES artifact (id) ON DELETE SET NULL, -- NULL once the parent is forgotten
    PRIMARY KEY (derivation_id, role, parent_digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX derivation_parent_id ON derivation_parent (parent_id);

CREATE INDEX derivation_parent_digest ON derivation_parent (parent_digest);

CREATE TABLE tensor_error (
    -- Each changed tensor against the base parent: sums over its elements, so that any group can be added up.
    tensor_id INTEGER NOT NULL REFERENCES tensor (id) ON DELETE CASCADE,
    derivation_id INTEGER NOT NULL REFERENCES derivation (id) ON DELETE CASCADE,
    squared_error REAL NOT NULL CHECK (squared_error >= 0),
    squared_reference REAL NOT NULL CHECK (squared_reference >= 0),
    relative_rmse REAL CHECK (relative_rmse >= 0),
    cosine REAL,
    snr_db REAL,
    maximum_error REAL CHECK (maximum_error >= 0), element_count INTEGER CHECK (element_count >= 0), zero_count INTEGER CHECK (zero_count BETWEEN 0 AND element_count), clipped_count INTEGER CHECK (clipped_count BETWEEN 0 AND element_count), weighted_squared_error REAL CHECK (weighted_squared_error >= 0), weighted_squared_reference REAL CHECK (weighted_squared_reference >= 0), weighted_relative_rmse REAL CHECK (weighted_relative_rmse >= 0),
    PRIMARY KEY (tensor_id, derivation_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tensor_error_derivation ON tensor_error (derivation_id);

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
    extra TEXT CHECK (extra IS NULL OR json_valid(extra)), prompt_digest TEXT
    CHECK (length(prompt_digest) = 64 AND prompt_digest NOT GLOB '*[^0-9a-f]*'), host_cpu TEXT CHECK (host_cpu <> ''), host_cores INTEGER CHECK (host_cores > 0), host_memory INTEGER CHECK (host_memory > 0), host_gpu TEXT CHECK (host_gpu <> ''), host_os TEXT CHECK (host_os <> ''),
    CHECK ((value IS NULL) = (value_text IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX result_identity ON result (
    artifact_digest, coalesce(task, ''), metric, coalesce(value, value_text), coalesce(dataset, ''),
    coalesce(dataset_digest, ''), coalesce(tool, ''), coalesce(tool_version, ''), coalesce(source_digest, ''),
    coalesce(extra, ''));

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

CREATE TABLE export (
    id INTEGER PRIMARY KEY,
    artifact_digest TEXT NOT NULL CHECK (
        length(artifact_digest) = 64 AND artifact_digest NOT GLOB '*[^0-9a-f]*'),
    format TEXT NOT NULL CHECK (format <> ''),
    destination TEXT NOT NULL,
    options TEXT NOT NULL CHECK (json_valid(options)),
    exported_digest TEXT NOT NULL CHECK (
        length(exported_digest) = 64 AND exported_digest NOT GLOB '*[^0-9a-f]*'), -- as of an artifact
    byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
    tool_version TEXT NOT NULL,
    exported_at TEXT NOT NULL CHECK (exported_at GLOB '????-??-??T??:??:??Z')
) STRICT;

CREATE INDEX export_artifact ON export (artifact_digest);

CREATE TABLE export_tensor (
    -- Tensors that were not written as they are: dropped by the format's convention, or cast.
    export_id INTEGER NOT NULL REFERENCES export (id) ON DELETE CASCADE,
    name TEXT NOT NULL, -- in the artifact when it was dropped, else in the exported files
    outcome TEXT NOT NULL CHECK (outcome IN ('dropped', 'cast', 'widened')),
    reason TEXT,
    from_type TEXT,
    to_type TEXT,
    overflow_count INTEGER NOT NULL DEFAULT 0 CHECK (overflow_count >= 0),
    underflow_count INTEGER NOT NULL DEFAULT 0 CHECK (underflow_count >= 0),
    subnormal_count INTEGER NOT NULL DEFAULT 0 CHECK (subnormal_count >= 0),
    nan_count INTEGER NOT NULL DEFAULT 0 CHECK (nan_count >= 0),
    infinity_count INTEGER NOT NULL DEFAULT 0 CHECK (infinity_count >= 0),
    PRIMARY KEY (export_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX tensor_part ON tensor (artifact_id) WHERE principal_id IS NOT NULL;

CREATE TRIGGER artifact_is_immutable BEFORE UPDATE OF digest ON artifact BEGIN
    SELECT RAISE(ABORT, 'an artifact never changes');
END;

CREATE TABLE "blob" (
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

CREATE INDEX blob_base ON blob (base_id) WHERE base_id IS NOT NULL;

CREATE TABLE setting (
    -- What the home's owner decided, such as max_bytes.
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE manifest_due (
    -- Manifests that do not say any more, or not yet, what the catalog says.
    kind TEXT NOT NULL CHECK (kind IN ('artifact', 'results', 'exports', 'names')),
    digest TEXT NOT NULL CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*' OR digest = ''),
    PRIMARY KEY (kind, digest),
    CHECK ((kind = 'names') = (digest = ''))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER manifest_due_artifact_insert AFTER INSERT ON artifact BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'artifact', NEW.digest;
END;

CREATE TRIGGER manifest_due_artifact_update AFTER UPDATE ON artifact BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'artifact', NEW.digest;
END;

CREATE TRIGGER manifest_due_artifact_delete AFTER DELETE ON artifact BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'artifact', OLD.digest;
END;

CREATE TRIGGER manifest_due_derivation_insert AFTER INSERT ON derivation BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'artifact', a.digest FROM artifact AS a WHERE a.id = NEW.child_id;
END;

CREATE TRIGGER manifest_due_derivation_update AFTER UPDATE ON derivation BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'artifact', a.digest FROM artifact AS a WHERE a.id = NEW.child_id;
END;

CREATE TRIGGER manifest_due_derivation_delete AFTER DELETE ON derivation BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'artifact', a.digest FROM artifact AS a WHERE a.id = OLD.child_id;
END;

CREATE TRIGGER manifest_due_blob_reference_insert AFTER INSERT ON blob_reference BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'artifact', a.digest FROM artifact_blob AS ab JOIN artifact AS a ON a.id = ab.artifact_id
        WHERE ab.blob_id = NEW.blob_id;
END;

CREATE TRIGGER manifest_due_blob_reference_delete AFTER DELETE ON blob_reference BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'artifact', a.digest FROM artifact_blob AS ab JOIN artifact AS a ON a.id = ab.artifact_id
        WHERE ab.blob_id = OLD.blob_id;
END;

CREATE TRIGGER manifest_due_model_insert AFTER INSERT ON model BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_model_update AFTER UPDATE ON model BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_model_delete AFTER DELETE ON model BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_tag_insert AFTER INSERT ON tag BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_tag_update AFTER UPDATE ON tag BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_tag_delete AFTER DELETE ON tag BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_version_insert AFTER INSERT ON version BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_version_delete AFTER DELETE ON version BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_tag_move_insert AFTER INSERT ON tag_move BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_setting_insert AFTER INSERT ON setting BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_setting_update AFTER UPDATE ON setting BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_setting_delete AFTER DELETE ON setting BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'names', '';
END;

CREATE TRIGGER manifest_due_result_insert AFTER INSERT ON result BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'results', NEW.artifact_digest;
END;

CREATE TRIGGER manifest_due_result_update AFTER UPDATE ON result BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'results', NEW.artifact_digest;
END;

CREATE TRIGGER manifest_due_result_delete AFTER DELETE ON result BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'results', OLD.artifact_digest;
END;

CREATE TRIGGER manifest_due_export_insert AFTER INSERT ON export BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'exports', NEW.artifact_digest;
END;

CREATE TRIGGER manifest_due_export_update AFTER UPDATE ON export BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'exports', NEW.artifact_digest;
END;

CREATE TRIGGER manifest_due_export_delete AFTER DELETE ON export BEGIN
    INSERT OR IGNORE INTO manifest_due SELECT 'exports', OLD.artifact_digest;
END;

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

CREATE TABLE note (
    -- What people noted of an artifact, bound to its digest, so that it survives the artifact.
    id INTEGER PRIMARY KEY,
    artifact_digest TEXT NOT NULL CHECK (
        length(artifact_digest) = 64 AND artifact_digest NOT GLOB '*[^0-9a-f]*'),
    text TEXT NOT NULL CHECK (text <> '' AND length(text) <= 65536),
    written_at TEXT NOT NULL CHECK (written_at GLOB '????-??-??T??:??:??Z'),
    UNIQUE (artifact_digest, text)
) STRICT;

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

CREATE VIRTUAL TABLE artifact_search USING fts5(
    digest UNINDEXED, name, about, note, card, tensor, tokenize = 'unicode61 remove_diacritics 2');

CREATE TRIGGER search_artifact_insert AFTER INSERT ON artifact BEGIN
    INSERT INTO artifact_search (rowid, digest, name, about, note, card, tensor)
    VALUES (NEW.id, NEW.digest, '', coalesce(NEW.kind, '') || ' ' || coalesce(NEW.origin, '') || ' ' || coalesce(NEW.scheme, '') || ' ' || coalesce(NEW.format, '') || ' ' || coalesce(NEW.architecture, '') || ' ' || coalesce(NEW.model_type, '') || ' ' || coalesce(NEW.quantization, '') || ' ' || coalesce(NEW.license, '') || ' ' || coalesce(NEW.base_model, '') || ' ' || coalesce(NEW.source_repository, '') || ' ' || coalesce((SELECT
    coalesce(c.pipeline, '') || ' ' || coalesce(c.library, '') || ' ' || c.languages || ' ' || c.tags || ' '
        || c.datasets FROM card AS c WHERE c.artifact_id = NEW.id), ''), coalesce((SELECT group_concat(o.text, char(10)) FROM note AS o WHERE o.artifact_digest = NEW.digest), ''), '', '');
END;

CREATE TRIGGER search_artifact_update AFTER UPDATE OF kind, origin, scheme, format, architecture, model_type, quantization, license, base_model, source_repository ON artifact BEGIN
    UPDATE artifact_search SET about = coalesce(NEW.kind, '') || ' ' || coalesce(NEW.origin, '') || ' ' || coalesce(NEW.scheme, '') || ' ' || coalesce(NEW.format, '') || ' ' || coalesce(NEW.architecture, '') || ' ' || coalesce(NEW.model_type, '') || ' ' || coalesce(NEW.quantization, '') || ' ' || coalesce(NEW.license, '') || ' ' || coalesce(NEW.base_model, '') || ' ' || coalesce(NEW.source_repository, '') || ' ' || coalesce((SELECT
    coalesce(c.pipeline, '') || ' ' || coalesce(c.library, '') || ' ' || c.languages || ' ' || c.tags || ' '
        || c.datasets FROM card AS c WHERE c.artifact_id = NEW.id), '') WHERE rowid = NEW.id;
END;

CREATE TRIGGER search_artifact_delete AFTER DELETE ON artifact BEGIN
    DELETE FROM artifact_search WHERE rowid = OLD.id;
END;

CREATE TRIGGER search_card_file AFTER INSERT ON file WHEN NEW.role = 'card' BEGIN
    INSERT OR IGNORE INTO card_due VALUES (NEW.artifact_id);
END;

CREATE TRIGGER search_tag_insert AFTER INSERT ON tag BEGIN
    UPDATE artifact_search SET name = coalesce((SELECT group_concat(n.text, ' ') FROM (
    SELECT m.name || ':' || t.name AS text FROM tag AS t JOIN model AS m ON m.id = t.model_id
    WHERE t.artifact_id = artifact_search.rowid
    UNION ALL SELECT m.name || '@v' || v.number FROM version AS v JOIN model AS m ON m.id = v.model_id
    WHERE v.artifact_id = artifact_search.rowid) AS n), '') WHERE rowid = NEW.artifact_id;
END;

CREATE TRIGGER search_tag_update AFTER UPDATE ON tag BEGIN
    UPDATE artifact_search SET name = coalesce((SELECT group_concat(n.text, ' ') FROM (
    SELECT m.name || ':' || t.name AS text FROM tag AS t JOIN model AS m ON m.id = t.model_id
    WHERE t.artifact_id = artifact_search.rowid
    UNION ALL SELECT m.name || '@v' || v.number FROM version AS v JOIN model AS m ON m.id = v.model_id
    WHERE v.artifact_id = artifact_search.rowid) AS n), '') WHERE rowid = OLD.artifact_id;
    UPDATE artifact_search SET name = coalesce((SELECT group_concat(n.text, ' ') FROM (
    SELECT m.name || ':' || t.name AS text FROM tag AS t JOIN model AS m ON m.id = t.model_id
    WHERE t.artifact_id = artifact_search.rowid
    UNION ALL SELECT m.name || '@v' || v.number FROM version AS v JOIN model AS m ON m.id = v.model_id
    WHERE v.artifact_id = artifact_search.rowid) AS n), '') WHERE rowid = NEW.artifact_id;
END;

CREATE TRIGGER search_tag_delete AFTER DELETE ON tag BEGIN
    UPDATE artifact_search SET name = coalesce((SELECT group_concat(n.text, ' ') FROM (
    SELECT m.name || ':' || t.name AS text FROM tag AS t JOIN model AS m ON m.id = t.model_id
    WHERE t.artifact_id = artifact_search.rowid
    UNION ALL SELECT m.name || '@v' || v.number FROM version AS v JOIN model AS m ON m.id = v.model_id
    WHERE v.artifact_id = artifact_search.rowid) AS n), '') WHERE rowid = OLD.artifact_id;
END;

CREATE TRIGGER search_version_insert AFTER INSERT ON version BEGIN
    UPDATE artifact_search SET name = coalesce((SELECT group_concat(n.text, ' ') FROM (
    SELECT m.name || ':' || t.name AS text FROM tag AS t JOIN model AS m ON m.id = t.model_id
    WHERE t.artifact_id = artifact_search.rowid
    UNION ALL SELECT m.name || '@v' || v.number FROM version AS v JOIN model AS m ON m.id = v.model_id
    WHERE v.artifact_id = artifact_search.rowid) AS n), '') WHERE rowid = NEW.artifact_id;
END;

CREATE TRIGGER search_version_delete AFTER DELETE ON version BEGIN
    UPDATE artifact_search SET name = coalesce((SELECT group_concat(n.text, ' ') FROM (
    SELECT m.name || ':' || t.name AS text FROM tag AS t JOIN model AS m ON m.id = t.model_id
    WHERE t.artifact_id = artifact_search.rowid
    UNION ALL SELECT m.name || '@v' || v.number FROM version AS v JOIN model AS m ON m.id = v.model_id
    WHERE v.artifact_id = artifact_search.rowid) AS n), '') WHERE rowid = OLD.artifact_id;
END;

CREATE TRIGGER search_model_update AFTER UPDATE OF name ON model BEGIN
    UPDATE artifact_search SET name = coalesce((SELECT group_concat(n.text, ' ') FROM (
    SELECT m.name || ':' || t.name AS text FROM tag AS t JOIN model AS m ON m.id = t.model_id
    WHERE t.artifact_id = artifact_search.rowid
    UNION ALL SELECT m.name || '@v' || v.number FROM version AS v JOIN model AS m ON m.id = v.model_id
    WHERE v.artifact_id = artifact_search.rowid) AS n), '') WHERE rowid IN (
        SELECT artifact_id FROM tag WHERE model_id = NEW.id
        UNION SELECT artifact_id FROM version WHERE model_id = NEW.id);
END;

CREATE TRIGGER search_note_insert AFTER INSERT ON note BEGIN
    UPDATE artifact_search SET note = coalesce((SELECT group_concat(o.text, char(10)) FROM note AS o WHERE o.artifact_digest = NEW.artifact_digest), '')
    WHERE rowid = (SELECT id FROM artifact WHERE digest = NEW.artifact_digest);
    INSERT OR IGNORE INTO manifest_due VALUES ('results', NEW.artifact_digest);
END;

CREATE TRIGGER search_note_delete AFTER DELETE ON note BEGIN
    UPDATE artifact_search SET note = coalesce((SELECT group_concat(o.text, char(10)) FROM note AS o WHERE o.artifact_digest = OLD.artifact_digest), '')
    WHERE rowid = (SELECT id FROM artifact WHERE digest = OLD.artifact_digest);
    INSERT OR IGNORE INTO manifest_due VALUES ('results', OLD.artifact_digest);
END;

CREATE TRIGGER search_card_insert AFTER INSERT ON card BEGIN
    UPDATE artifact_search SET about = (SELECT coalesce(a.kind, '') || ' ' || coalesce(a.origin, '') || ' ' || coalesce(a.scheme, '') || ' ' || coalesce(a.format, '') || ' ' || coalesce(a.architecture, '') || ' ' || coalesce(a.model_type, '') || ' ' || coalesce(a.quantization, '') || ' ' || coalesce(a.license, '') || ' ' || coalesce(a.base_model, '') || ' ' || coalesce(a.source_repository, '') || ' ' || coalesce((SELECT
    coalesce(c.pipeline, '') || ' ' || coalesce(c.library, '') || ' ' || c.languages || ' ' || c.tags || ' '
        || c.datasets FROM card AS c WHERE c.artifact_id = a.id), '') FROM artifact AS a WHERE a.id = NEW.artifact_id)
    WHERE rowid = NEW.artifact_id;
END;

CREATE INDEX blob_evicted ON blob (id) WHERE storage = 'evicted';

CREATE VIEW artifact_label AS
-- artifact_label: one row for each artifact.
--   artifact_id  key of the artifact in this file
--   digest       digest of the artifact
--   artifact     shortest name that finds the artifact
SELECT
    a.id AS artifact_id,
    a.digest AS digest,
    coalesce(
        (SELECT m.name || CASE WHEN t.name = 'latest' THEN '' ELSE ':' || t.name END
         FROM tag AS t JOIN model AS m ON m.id = t.model_id
         WHERE t.artifact_id = a.id
         ORDER BY t.name = 'latest' DESC, m.name, t.name LIMIT 1),
        (SELECT m.name || '@v' || v.number
         FROM version AS v JOIN model AS m ON m.id = v.model_id
         WHERE v.artifact_id = a.id
         ORDER BY m.name, v.number DESC LIMIT 1),
        '@' || substr(a.digest, 1, 12)) AS artifact
FROM artifact AS a;

CREATE VIEW artifact_name AS
-- artifact_name: one row for each name.
--   artifact_id  key of the artifact in this file
--   name         model, or owner/model
--   tag          NULL where only the version names it
--   version      N of name@vN
--   moved_at     when the tag came to point here, UTC
SELECT t.artifact_id AS artifact_id, m.name AS name, t.name AS tag, v.number AS version, t.moved_at AS moved_at
FROM tag AS t
JOIN model AS m ON m.id = t.model_id
LEFT JOIN version AS v ON v.model_id = t.model_id AND v.artifact_id = t.artifact_id
UNION ALL
SELECT v.artifact_id, m.name, NULL, v.number, NULL
FROM version AS v
JOIN model AS m ON m.id = v.model_id
WHERE NOT EXISTS (SELECT 1 FROM tag AS t WHERE t.model_id = v.model_id AND t.artifact_id = v.artifact_id);

CREATE VIEW file_summary AS
-- file_summary: one row for each file of each artifact.
--   artifact         shortest name that finds the artifact
--   artifact_digest  digest of the artifact
--   path             path within the artifact
--   role             weights, config, tokenizer ...
--   bytes            length
--   digest           SHA-256 of the file, as sha256sum prints it
--   segments         pieces it is made of
--   tensors          stored tensors it holds, scales and code tables too
SELECT
    l.artifact AS artifact,
    l.digest AS artifact_digest,
    f.path AS path,
    f.role AS role,
    f.byte_count AS bytes,
    f.digest AS digest,
    (SELECT count(*) FROM segment AS s WHERE s.file_id = f.id) AS segments,
    (SELECT count(*) FROM tensor AS t WHERE t.file_id = f.id) AS tensors
FROM artifact_label AS l
CROSS JOIN file AS f ON f.artifact_id = l.artifact_id;

CREATE VIEW tag_history AS
-- tag_history: one row for each move of a tag, oldest first by move.
--   move         its number
--   name         model, or owner/model, as it was called then
--   tag          the tag
--   from_digest  where it pointed; NULL when it was new
--   to_digest    where it points since; NULL when it was taken away
--   moved_at     when, UTC
SELECT
    h.id AS move,
    h.model_name AS name,
    h.tag AS tag,
    h.from_digest AS from_digest,
    h.to_digest AS to_digest,
    h.moved_at AS moved_at
FROM tag_move AS h;

CREATE VIEW job_summary AS
-- job_summary: one row for each act that stored something.
--   job           its number
--   verb          register, convert ...
--   subject       what it worked on
--   state         running, done, failed or interrupted
--   started_at    when, UTC
--   finished_at   when, UTC; NULL while it runs
--   process_id    process that does it
--   host          machine
--   pinned_blobs  blobs it keeps from being removed
SELECT
    j.id AS job,
    j.verb AS verb,
    j.subject AS subject,
    j.state AS state,
    j.started_at AS started_at,
    j.finished_at AS finished_at,
    j.process_id AS process_id,
    j.host AS host,
    (SELECT count(*) FROM job_blob AS jb WHERE jb.job_id = j.id) AS pinned_blobs
FROM job AS j;

CREATE VIEW export_summary AS
-- export_summary: one row for each export that wrote another format or dtype.
--   export           its number
--   artifact         shortest name that finds the artifact; NULL once it is forgotten
--   artifact_digest  digest of the artifact
--   format           file format that was written
--   destination      folder or file that was written
--   options          what was asked for, JSON
--   exported_digest  digest of the written files, as of an artifact
--   bytes            bytes that were written
--   dropped          tensors that the format's convention leaves out
--   overflows        numbers too large for the new dtype
--   underflows       numbers that became zero
--   tool_version     version of ingot
--   exported_at      when, UTC
SELECT
    e.id AS export,
    (SELECT l.artifact FROM artifact_label AS l WHERE l.digest = e.artifact_digest) AS artifact,
    e.artifact_digest AS artifact_digest,
    e.format AS format,
    e.destination AS destination,
    e.options AS options,
    e.exported_digest AS exported_digest,
    e.byte_count AS bytes,
    (SELECT count(*) FROM export_tensor AS t WHERE t.export_id = e.id AND t.outcome = 'dropped') AS dropped,
    (SELECT coalesce(sum(t.overflow_count), 0) FROM export_tensor AS t WHERE t.export_id = e.id) AS overflows,
    (SELECT coalesce(sum(t.underflow_count), 0) FROM export_tensor AS t WHERE t.export_id = e.id) AS underflows,
    e.tool_version AS tool_version,
    e.exported_at AS exported_at
FROM export AS e;

CREATE VIEW export_tensor_summary AS
-- export_tensor_summary: one row for each tensor that an export dropped or cast.
--   export      number of the export
--   name        its name: in the exported files, of a dropped one in the artifact
--   outcome     dropped, cast or widened
--   reason      why
--   from_type   its type in the artifact
--   to_type     its type in the exported files
--   overflows   numbers too large for the new dtype
--   underflows  numbers that became zero
--   subnormals  numbers that became subnormal
--   nans        NaN
--   infinities  infinite numbers
SELECT
    t.export_id AS export,
    t.name AS name,
    t.outcome AS outcome,
    t.reason AS reason,
    t.from_type AS from_type,
    t.to_type AS to_type,
    t.overflow_count AS overflows,
    t.underflow_count AS underflows,
    t.subnormal_count AS subnormals,
    t.nan_count AS nans,
    t.infinity_count AS infinities
FROM export_tensor AS t;

CREATE VIEW tensor_summary AS
-- tensor_summary: one row for each logical tensor; a quantized weight with its scales is one.
--   artifact                    shortest name that finds the artifact
--   artifact_digest             digest of the artifact
--   file                        path of the file that holds it
--   name                        its name as the model means it: x.weight, also where the file says x.qweight
--   dtype                       stored element type: BF16, U8 ...
--   scheme                      how it is quantized; NULL when it is not
--   shape                       JSON array, outermost dimension first; of the logical tensor
--   parameters                  numbers it has learned; 0 for the second of tied tensors
--   bytes                       stored bytes, with its scales
--   bits_per_weight             8 x bytes / parameters
--   digest                      SHA-256 of its stored bytes
--   minimum                     least finite stored element
--   maximum                     greatest finite stored element
--   absolute_maximum            greatest finite magnitude
--   mean                        mean of the finite elements
--   standard_deviation          population standard deviation of the finite elements
--   zero_fraction               share of zeros, 0 to 1
--   nan_count                   NaN elements; NULL when the numbers were not looked at
--   infinity_count              infinite elements
--   rel_rmse                    sqrt(squared_error / squared_reference) against the parent; NULL when unchanged
--   cosine                      cosine between it and its parent
--   snr_db                      signal to noise against the parent, in dB; NULL when infinite
--   maximum_error               greatest difference from the parent
--   squared_error               sum of squared differences from the parent
--   squared_reference           sum of squares of the parent
--   position                    its place in the artifact, from 0
--   bits                        bits of one code; NULL when it is not quantized
--   group_size                  neighbors in a row that share a scale; NULL where rows, blocks or the tensor do
--   stored_name                 name of the stored tensor that holds it, or its codes
--   share_zero                  share of its elements that became zero and were not, 0 to 1; NULL when not counted
--   share_clipped               share of its elements beyond the range of their block's codes; NULL when not counted
--   weighted_rel_rmse           sqrt(weighted_squared_error / weighted_squared_reference)
--   weighted_squared_error      sum of squared differences, each times its column's importance; NULL without importances
--   weighted_squared_reference  sum of squares of the parent, each times its column's importance
SELECT
    l.artifact AS artifact,
    l.digest AS artifact_digest,
    f.path AS file,
    coalesce(t.logical_name, t.name) AS name,
    t.dtype AS dtype,
    t.scheme AS scheme,
    coalesce(t.logical_shape, t.shape) AS shape,
    t.parameter_count AS parameters,
    t.byte_count + CASE WHEN t.scheme IS NULL THEN 0 ELSE
        (SELECT coalesce(sum(p.byte_count), 0) FROM tensor AS p WHERE p.principal_id = t.id) END AS bytes,
    8.0 * (t.byte_count + CASE WHEN t.scheme IS NULL THEN 0 ELSE
        (SELECT coalesce(sum(p.byte_count), 0) FROM tensor AS p WHERE p.principal_id = t.id) END)
        / nullif(t.parameter_count, 0) AS bits_per_weight,
    t.digest AS digest,
    t.minimum AS minimum,
    t.maximum AS maximum,
    t.absolute_maximum AS absolute_maximum,
    t.mean AS mean,
    t.standard_deviation AS standard_deviation,
    t.zero_fraction AS zero_fraction,
    t.nan_count AS nan_count,
    t.infinity_count AS infinity_count,
    e.relative_rmse AS rel_rmse,
    e.cosine AS cosine,
    e.snr_db AS snr_db,
    e.maximum_error AS maximum_error,
    e.squared_error AS squared_error,
    e.squared_reference AS squared_reference,
    t.position AS position,
    t.bits AS bits,
    t.group_size AS group_size,
    t.name AS stored_name,
    1.0 * e.zero_count / nullif(e.element_count, 0) AS share_zero,
    1.0 * e.clipped_count / nullif(e.element_count, 0) AS share_clipped,
    e.weighted_relative_rmse AS weighted_rel_rmse,
    e.weighted_squared_error AS weighted_squared_error,
    e.weighted_squared_reference AS weighted_squared_reference
FROM artifact_label AS l
CROSS JOIN tensor AS t ON t.artifact_id = l.artifact_id
JOIN file AS f ON f.id = t.file_id
LEFT JOIN tensor_error AS e ON e.tensor_id = t.id AND e.derivation_id =
    (SELECT min(o.derivation_id) FROM tensor_error AS o WHERE o.tensor_id = t.id)
WHERE t.principal_id IS NULL;

CREATE VIEW stored_tensor_summary AS
-- stored_tensor_summary: one row for each tensor as files hold it, scales and code tables too.
--   artifact         shortest name that finds the artifact
--   artifact_digest  digest of the artifact
--   file             path of the file that holds it
--   name             its name in the file
--   dtype            stored element type
--   shape            JSON array, as stored
--   elements         number of stored elements
--   byte_offset      where it begins in the file
--   bytes            stored bytes
--   digest           SHA-256 of its bytes
--   part_of          name of the quantized tensor it belongs to; NULL when it stands alone
--   part_role        what it is to that tensor: absmax, quant_map ...
--   position         its place in the artifact, from 0
SELECT
    l.artifact AS artifact,
    l.digest AS artifact_digest,
    f.path AS file,
    t.name AS name,
    t.dtype AS dtype,
    t.shape AS shape,
    t.element_count AS elements,
    t.byte_offset AS byte_offset,
    t.byte_count AS bytes,
    t.digest AS digest,
    p.name AS part_of,
    t.part_role AS part_role,
    t.position AS position
FROM artifact_label AS l
CROSS JOIN tensor AS t ON t.artifact_id = l.artifact_id
JOIN file AS f ON f.id = t.file_id
LEFT JOIN tensor AS p ON p.id = t.principal_id;

CREATE VIEW blob_summary AS
-- blob_summary: one row for each byte string that files are made of.
--   digest          SHA-256 of its bytes, and its file's name in the store
--   storage         raw, coded (compressed), reference for a file left where it is, or evicted: derived again when needed
--   bytes           length
--   stored_bytes    bytes in the store; 0 for a reference and for an evicted one
--   artifacts       number of artifacts that share it
--   reference_path  where the referenced file is
--   base_digest     the blob that it is stored as the difference from; NULL when it stands alone
--   depth           differences until bytes that stand alone
--   verified_at     when its bytes were last compared with its digest, UTC; NULL: not since it was stored
--   problem         what was wrong with them then; NULL: nothing
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

CREATE VIEW lineage AS
-- lineage: one row for each parent of each derivation.
--   child          shortest name that finds what was made
--   parent         shortest name that finds what it was made from
--   role           base, teacher, calibration or adapter
--   recipe         JSON; NULL for what was made elsewhere
--   tool           program that made it
--   tool_version   its version
--   host           machine
--   created_at     when it entered the catalog, UTC
--   seconds        how long it took
--   rel_rmse       error of all changed tensors against the base parent
--   recipe_digest  digest of the recipe: equal for equal recipes
--   child_digest   digest of the child
--   parent_digest  digest of the parent, also when it is forgotten
--   proven_at      when the child was derived again and came out the same, UTC; NULL: not yet
SELECT
    c.artifact AS child,
    coalesce(p.artifact, '@' || substr(dp.parent_digest, 1, 12)) AS parent,
    dp.role AS role,
    d.recipe AS recipe,
    d.tool AS tool,
    d.tool_version AS tool_version,
    d.host AS host,
    d.created_at AS created_at,
    d.seconds AS seconds,
    d.relative_rmse AS rel_rmse,
    d.recipe_digest AS recipe_digest,
    c.digest AS child_digest,
    dp.parent_digest AS parent_digest,
    d.proven_at AS proven_at
FROM derivation AS d
JOIN derivation_parent AS dp ON dp.derivation_id = d.id
JOIN artifact_label AS c ON c.artifact_id = d.child_id
LEFT JOIN artifact_label AS p ON p.artifact_id = dp.parent_id;

CREATE VIEW result_summary AS
-- result_summary: one row for each measurement.
--   artifact          shortest name that finds the artifact, or the beginning of its digest
--   digest            digest of the artifact: join it with artifact_summary.digest
--   task              what was done
--   metric            what was counted
--   value             the number; NULL when it is none
--   unit              its unit
--   stderr            standard error
--   higher_is_better  1 or 0; NULL when unknown
--   samples           number of samples
--   dataset           data it was measured on
--   dataset_digest    digest of the data
--   tool              program that measured
--   tool_version      its version
--   host              machine
--   time              when it was measured, UTC
--   value_text        nan, inf or -inf when the value is no finite number
--   source_digest     digest of the file it was imported from
--   extra             whatever else is known, JSON
--   prompt_digest     digest of the prompts that were asked, where the tool tells it
--   cpu               processor of the machine
--   cores             its processor cores
--   memory_bytes      its memory
--   gpu               its accelerators
--   os                its operating system
SELECT
    coalesce(l.artifact, '@' || substr(r.artifact_digest, 1, 12)) AS artifact,
    r.artifact_digest AS digest,
    r.task AS task,
    r.metric AS metric,
    r.value AS value,
    r.unit AS unit,
    r.standard_error AS stderr,
    r.higher_is_better AS higher_is_better,
    r.sample_count AS samples,
    r.dataset AS dataset,
    r.dataset_digest AS dataset_digest,
    r.tool AS tool,
    r.tool_version AS tool_version,
    r.host AS host,
    r.measured_at AS time,
    r.value_text AS value_text,
    r.source_digest AS source_digest,
    r.extra AS extra,
    r.prompt_digest AS prompt_digest,
    r.host_cpu AS cpu,
    r.host_cores AS cores,
    r.host_memory AS memory_bytes,
    r.host_gpu AS gpu,
    r.host_os AS os
FROM result AS r
LEFT JOIN artifact_label AS l ON l.digest = r.artifact_digest;

CREATE VIEW run_summary AS
-- run_summary: one row for each training run.
--   run          name of the run
--   kind         what kept its log: trainer-state, tensorboard, trackio, mlflow, csv or jsonl
--   experiment   what it belonged to, as its log says
--   state        running, finished, failed or killed; NULL when its log does not tell
--   started_at   when it began, UTC; NULL when its log tells no moment
--   seconds      how long it took
--   metrics      number of metrics it logged
--   value_count  number of values it logged
--   last_step    greatest step it logged
--   imported_at  when its log was last read, UTC
--   source_path  the log, or the first of several
--   started_ms   when it began, in milliseconds since 1970
--   run_id       key of the run in this file
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
-- run_metric_summary: one row for each metric of each run.
--   run               name of the run
--   metric            name of the metric
--   last              last value; NULL for NaN
--   minimum           least finite value
--   maximum           greatest finite value
--   best              best finite value; NULL where the metric's name does not tell what is better
--   best_step         step of the best value
--   first_step        least step
--   last_step         greatest step
--   value_count       number of values
--   nonfinite_count   number of values that are NaN or infinite
--   higher_is_better  1 or 0; NULL when unknown
--   run_id            key of the run in this file
--   last_text         nan, inf or -inf where the last value is no finite number; else NULL
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
-- run_parameter_summary: one row for each parameter of each run.
--   run        name of the run
--   parameter  name of the parameter
--   value      value, as text
--   number     value, where it is a finite number
--   run_id     key of the run in this file
SELECT
    r.name AS run,
    p.name AS parameter,
    p.value AS value,
    p.number AS number,
    p.run_id AS run_id
FROM run_parameter AS p
JOIN run AS r ON r.id = p.run_id;

CREATE VIEW metric_history AS
-- metric_history: one row for each logged value.
--   run         name of the run
--   metric      name of the metric
--   step        step it was logged at
--   sequence    0 for the first value at this step, 1 for the next, as after a resume
--   value       the number; NULL for NaN
--   seconds     since the run began; NULL when the log does not tell
--   run_id      key of the run in this file
--   value_text  nan, inf or -inf where the value is no finite number; else NULL
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

CREATE VIEW note_summary AS
-- note_summary: one row for each note that somebody made of an artifact ('ingot note').
--   artifact    shortest name that finds the artifact, or the beginning of its digest
--   digest      digest of the artifact: join it with artifact_summary.digest
--   note        the text
--   written_at  when, UTC
--   note_id     key of the note in this file
SELECT
    coalesce(l.artifact, '@' || substr(n.artifact_digest, 1, 12)) AS artifact,
    n.artifact_digest AS digest,
    n.text AS note,
    n.written_at AS written_at,
    n.id AS note_id
FROM note AS n
LEFT JOIN artifact_label AS l ON l.digest = n.artifact_digest;

CREATE VIEW card_summary AS
-- card_summary: one row for each artifact with a model card that was read.
--   artifact    shortest name that finds the artifact
--   digest      digest of the artifact: join it with artifact_summary.digest
--   license     license identifier, as the card says
--   base_model  what the card says it was made from
--   pipeline    task it is for, such as text-generation
--   library     library it is for, such as transformers
--   languages   JSON array, such as ["en"]: FROM card_summary, json_each(languages)
--   tags        the card's own tags, JSON array
--   datasets    data it was trained on, JSON array
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

CREATE VIEW artifact_summary AS
-- artifact_summary: one row for each name of an artifact, and one for an artifact without a name.
--   name               model, or owner/model; NULL without a name
--   tag                'latest' under the bare name; NULL where only a version or the digest finds it
--   version            N of name@vN; NULL for what was never registered under the bare name
--   kind               checkpoint (also what was registered without a kind), quantized, pruned, distilled, cast, merged, repacked
--   origin             imported, or derived: made here from a parent
--   scheme             how its weights are stored: bf16, bnb-nf4-dq, gguf-q4_k_m ...
--   format             file format of its weights: safetensors ...
--   digest             SHA-256 over its files' paths and digests, and its tensors where 'reading' is set: its identity
--   weights_digest     SHA-256 over its tensors: equal for equal weights, in one file or forty
--   architecture       model class of its configuration
--   parameters         numbers it has learned, tied ones once
--   logical_bytes      bytes of its files
--   stored_bytes       bytes on disk, shared ones counted whole
--   unique_bytes       bytes that deleting it alone would free; what two share counts for neither
--   bits_per_weight    8 x weight_bytes / parameters
--   rel_rmse           sqrt(sum of squared errors / sum of squared weights), changed tensors against the parent
--   license            as the model card in its files says, which a variant has from its parent; NULL without one
--   created_at         when it entered the catalog, UTC
--   model_type         family of its configuration
--   layers             hidden layers
--   hidden_size        width of the residual stream
--   intermediate_size  width of the feed-forward layers
--   heads              attention heads
--   key_value_heads    attention heads of keys and values
--   vocabulary_size    tokens of its vocabulary
--   context_length     longest context, in tokens
--   weight_bytes       bytes of its weights with their scales, tied ones once
--   base_model         what its model card says it was made from
--   source_path        where it was registered from
--   files              number of its files
--   tensors            number of its tensors; a quantized one with its scales is one
--   quantization       how its weights are quantized, in words; NULL for plain ones
--   reading            options that gave other tensors than the usual reading of its files; NULL for that
--   weighted_rel_rmse  rel_rmse with each square times its column's importance; NULL where no importance was given
--   evicted_blobs      byte strings of it that were evicted: they are derived again when needed
--   source_repository  where it was published, such as owner/name on a hub
--   source_revision    commit or manifest of that place
--   artifact           the row's name as it is typed: tiny-llama, tiny-llama:nf4, tiny-llama@v1, @0123456789ab
SELECT
    n.name AS name,
    n.tag AS tag,
    n.version AS version,
    a.kind AS kind,
    a.origin AS origin,
    a.scheme AS scheme,
    a.format AS format,
    a.digest AS digest,
    a.weights_digest AS weights_digest,
    a.architecture AS architecture,
    a.parameter_count AS parameters,
    a.logical_byte_count AS logical_bytes,
    (SELECT coalesce(sum(b.stored_byte_count), 0)
     FROM artifact_blob AS ab JOIN blob AS b ON b.id = ab.blob_id
     WHERE ab.artifact_id = a.id) AS stored_bytes,
    (SELECT coalesce(sum(b.stored_byte_count), 0)
     FROM artifact_blob AS ab JOIN blob AS b ON b.id = ab.blob_id
     WHERE ab.artifact_id = a.id AND NOT EXISTS (
        SELECT 1 FROM artifact_blob AS o WHERE o.blob_id = ab.blob_id AND o.artifact_id <> a.id)
        AND NOT EXISTS (SELECT 1 FROM blob AS difference WHERE difference.base_id = b.id)
    ) AS unique_bytes,
    8.0 * a.weight_byte_count / nullif(a.parameter_count, 0) AS bits_per_weight,
    (SELECT d.relative_rmse FROM derivation AS d
     WHERE d.child_id = a.id AND d.relative_rmse IS NOT NULL ORDER BY d.id LIMIT 1) AS rel_rmse,
    a.license AS license,
    a.created_at AS created_at,
    a.model_type AS model_type,
    a.layer_count AS layers,
    a.hidden_size AS hidden_size,
    a.intermediate_size AS intermediate_size,
    a.head_count AS heads,
    a.key_value_head_count AS key_value_heads,
    a.vocabulary_size AS vocabulary_size,
    a.context_length AS context_length,
    a.weight_byte_count AS weight_bytes,
    a.base_model AS base_model,
    a.source_path AS source_path,
    (SELECT count(*) FROM file AS f WHERE f.artifact_id = a.id) AS files,
    (SELECT count(*) FROM tensor AS t WHERE t.artifact_id = a.id)
        - (SELECT count(*) FROM tensor AS t WHERE t.artifact_id = a.id AND t.principal_id IS NOT NULL)
        AS tensors,
    a.quantization AS quantization,
    a.reading AS reading,
    (SELECT d.weighted_relative_rmse FROM derivation AS d
     WHERE d.child_id = a.id AND d.relative_rmse IS NOT NULL ORDER BY d.id LIMIT 1) AS weighted_rel_rmse,
    (SELECT count(*) FROM artifact_blob AS ab JOIN blob AS b ON b.id = ab.blob_id
     WHERE ab.artifact_id = a.id AND b.storage = 'evicted') AS evicted_blobs,
    a.source_repository AS source_repository,
    a.source_revision AS source_revision,
    CASE WHEN n.name IS NULL THEN '@' || substr(a.digest, 1, 12)
        WHEN n.tag IS NULL THEN n.name || '@v' || n.version
        WHEN n.tag = 'latest' THEN n.name
        ELSE n.name || ':' || n.tag END AS artifact
FROM artifact AS a
LEFT JOIN artifact_name AS n ON n.artifact_id = a.id;

CREATE VIEW run_checkpoint AS
-- run_checkpoint: one row for each checkpoint that a run wrote.
--   run       name of the run
--   artifact  shortest name that finds the artifact, or the beginning of its digest
--   digest    digest of the artifact: join it with artifact_summary.digest
--   step      step at which it was written; NULL when unknown
--   known_by  linked: a person said so; log: the run's log is one of the artifact's files
--   run_id    key of the run in this file
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
JOIN artifact AS a ON a.id = f.artifact_id AND a.origin = 'imported'
JOIN artifact_label AS l ON l.artifact_id = f.artifact_id
WHERE NOT EXISTS (
    SELECT 1 FROM run_artifact AS ra WHERE ra.run_id = r.id AND ra.artifact_digest = l.digest)
GROUP BY r.id, l.digest;

CREATE VIEW catalog_view AS
-- catalog_view: one row for each of these views.
--   name               the view
--   since              interface version in which it came
--   interface_version  version of all views: columns and views are only ever added
SELECT v.column1 AS name, v.column2 AS since, 10 AS interface_version
FROM (VALUES
    ('artifact_summary', 1),
    ('tensor_summary', 1),
    ('lineage', 1),
    ('result_summary', 1),
    ('file_summary', 1),
    ('stored_tensor_summary', 1),
    ('blob_summary', 1),
    ('export_summary', 2),
    ('export_tensor_summary', 2),
    ('artifact_name', 1),
    ('artifact_label', 1),
    ('tag_history', 1),
    ('job_summary', 1),
    ('run_summary', 8),
    ('run_metric_summary', 8),
    ('run_parameter_summary', 8),
    ('metric_history', 8),
    ('run_checkpoint', 8),
    ('artifact_search', 9),
    ('note_summary', 9),
    ('card_summary', 9),
    ('catalog_view', 9)
) AS v;

INSERT INTO grdb_migrations VALUES ('v1');
INSERT INTO grdb_migrations VALUES ('v2');
INSERT INTO grdb_migrations VALUES ('v3');
INSERT INTO grdb_migrations VALUES ('v4');
INSERT INTO grdb_migrations VALUES ('v5');
INSERT INTO grdb_migrations VALUES ('v6-keeping');
INSERT INTO grdb_migrations VALUES ('v7-results');
INSERT INTO grdb_migrations VALUES ('v8-runs');
INSERT INTO grdb_migrations VALUES ('v9-search');
INSERT INTO grdb_migrations VALUES ('v10');
