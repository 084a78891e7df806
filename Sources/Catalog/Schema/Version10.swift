/// Migration "v10": what a list asks of every artifact is an index away, each row of `artifact_summary` tells how its
/// artifact is typed, and a run's log that a variant took over with its parent's files makes it no checkpoint.
enum Version10 {
    static let evicted = """
        CREATE INDEX blob_evicted ON blob (id) WHERE storage = 'evicted';
        """

    static let artifactSummary =
        "DROP VIEW artifact_summary;\n"
        + Version5.artifactSummary.replacing(
            "a.source_revision AS source_revision",
            with: """
                a.source_revision AS source_revision,
                    CASE WHEN n.name IS NULL THEN '@' || substr(a.digest, 1, 12)
                        WHEN n.tag IS NULL THEN n.name || '@v' || n.version
                        WHEN n.tag = 'latest' THEN n.name
                        ELSE n.name || ':' || n.tag END AS artifact
                """)

    static let runCheckpoint = """
        DROP VIEW run_checkpoint;
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
        JOIN artifact AS a ON a.id = f.artifact_id AND a.origin = 'imported'
        JOIN artifact_label AS l ON l.artifact_id = f.artifact_id
        WHERE NOT EXISTS (
            SELECT 1 FROM run_artifact AS ra WHERE ra.run_id = r.id AND ra.artifact_digest = l.digest)
        GROUP BY r.id, l.digest;
        """
}
