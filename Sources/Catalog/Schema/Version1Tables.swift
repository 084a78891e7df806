/// The tables of migration "v1". A merged migration is never edited: a change is a new one beside it.
enum Version1Tables {
    /// What is stored, and where.
    static let blobs = """
        CREATE TABLE blob (
            id INTEGER PRIMARY KEY,
            digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
            byte_count INTEGER NOT NULL CHECK (byte_count >= 0),
            storage TEXT NOT NULL CHECK (storage IN ('raw', 'reference')),
            stored_byte_count INTEGER NOT NULL CHECK (stored_byte_count >= 0), -- in the store; 0 for a reference
            CHECK (storage <> 'reference' OR stored_byte_count = 0)
        ) STRICT;

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
        """

    /// Artifacts and what is in them.
    static let artifacts = """
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
        ) STRICT;
        CREATE INDEX artifact_weights ON artifact (weights_digest);

        CREATE TRIGGER artifact_is_immutable BEFORE UPDATE OF digest, weights_digest ON artifact BEGIN
            SELECT RAISE(ABORT, 'an artifact never changes');
        END;

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
            infinity_count INTEGER CHECK (infinity_count >= 0),
            CHECK ((principal_id IS NULL) = (part_role IS NULL)),
            CHECK ((scheme IS NULL) = (logical_shape IS NULL)),
            UNIQUE (file_id, name)
        ) STRICT;
        CREATE INDEX tensor_position ON tensor (artifact_id, position);
        CREATE INDEX tensor_digest ON tensor (digest);
        CREATE INDEX tensor_principal ON tensor (principal_id) WHERE principal_id IS NOT NULL;
        """

    /// Where derived artifacts came from, and what was lost on the way.
    static let derivations = """
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
            relative_rmse REAL CHECK (relative_rmse >= 0),
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
            maximum_error REAL CHECK (maximum_error >= 0),
            PRIMARY KEY (tensor_id, derivation_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tensor_error_derivation ON tensor_error (derivation_id);
        """
}
