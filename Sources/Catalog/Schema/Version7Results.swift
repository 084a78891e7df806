/// Migration "v7-results": what a result was asked with, and the machine that it was measured on.
enum Version7Results {
    static let results = """
        ALTER TABLE result ADD COLUMN prompt_digest TEXT
            CHECK (length(prompt_digest) = 64 AND prompt_digest NOT GLOB '*[^0-9a-f]*');
        ALTER TABLE result ADD COLUMN host_cpu TEXT CHECK (host_cpu <> '');
        ALTER TABLE result ADD COLUMN host_cores INTEGER CHECK (host_cores > 0);
        ALTER TABLE result ADD COLUMN host_memory INTEGER CHECK (host_memory > 0); -- bytes
        ALTER TABLE result ADD COLUMN host_gpu TEXT CHECK (host_gpu <> '');
        ALTER TABLE result ADD COLUMN host_os TEXT CHECK (host_os <> '');
        """

    /// The view of "v1", with the columns that came since at its end.
    static let resultSummary = """
        DROP VIEW result_summary;

        CREATE VIEW result_summary AS
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
        """
}
