/// Migration "v2": tensors whose elements do not lie in their file as they are meant, what is known of a model's
/// quantization, and what exports in another format did to each tensor.
enum Version2 {
    static let tensors = """
        -- How the elements come out of the bytes; NULL when they lie there row-major and little-endian.
        ALTER TABLE tensor ADD COLUMN arrangement TEXT CHECK (arrangement IS NULL OR json_valid(arrangement));
        -- How the weights are quantized, for people: "GPTQ 4-bit, group 128, act-order".
        ALTER TABLE artifact ADD COLUMN quantization TEXT CHECK (quantization <> '');
        """

    /// Exports that wrote another layout, bound to digests, so that they survive the artifacts they are of.
    static let exports = """
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

        CREATE VIEW export_summary AS
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
        """

    /// The view of "v1", with the columns that came since at its end.
    static let artifactSummary =
        "DROP VIEW artifact_summary;\n"
        + Version1Views.artifact.replacing(
            "AS tensors\nFROM artifact AS a",
            with: "AS tensors,\n    a.quantization AS quantization\nFROM artifact AS a")
}
