/// The public views of migration "v1": what SQL users see. Columns are only ever added, by later migrations.
///
/// Where a view of contents says CROSS JOIN, SQLite asks for the artifact first: a name is worked out once for each
/// artifact, and not once for each of its tensors.
///
/// They call no function beyond SQLite's core, so that every SQLite tool reads them.
enum Version1Views {
    /// One row an artifact: the shortest name that finds it.
    static let label = """
        CREATE VIEW artifact_label AS
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
        """

    /// One row for each name of an artifact: its tags, and versions that no tag names.
    static let name = """
        CREATE VIEW artifact_name AS
        SELECT t.artifact_id AS artifact_id, m.name AS name, t.name AS tag, v.number AS version, t.moved_at AS moved_at
        FROM tag AS t
        JOIN model AS m ON m.id = t.model_id
        LEFT JOIN version AS v ON v.model_id = t.model_id AND v.artifact_id = t.artifact_id
        UNION ALL
        SELECT v.artifact_id, m.name, NULL, v.number, NULL
        FROM version AS v
        JOIN model AS m ON m.id = v.model_id
        WHERE NOT EXISTS (SELECT 1 FROM tag AS t WHERE t.model_id = v.model_id AND t.artifact_id = v.artifact_id);
        """

    static let artifact = """
        CREATE VIEW artifact_summary AS
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
            (SELECT count(*) FROM tensor AS t WHERE t.artifact_id = a.id) AS tensors
        FROM artifact AS a
        LEFT JOIN artifact_name AS n ON n.artifact_id = a.id;
        """

    static let tensor = """
        CREATE VIEW tensor_summary AS
        SELECT
            l.artifact AS artifact,
            l.digest AS artifact_digest,
            f.path AS file,
            t.name AS name,
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
            t.position AS position
        FROM artifact_label AS l
        CROSS JOIN tensor AS t ON t.artifact_id = l.artifact_id
        JOIN file AS f ON f.id = t.file_id
        LEFT JOIN tensor_error AS e ON e.tensor_id = t.id AND e.derivation_id =
            (SELECT min(o.derivation_id) FROM tensor_error AS o WHERE o.tensor_id = t.id)
        WHERE t.principal_id IS NULL;

        CREATE VIEW stored_tensor_summary AS
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
        """

    static let file = """
        CREATE VIEW file_summary AS
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

        CREATE VIEW blob_summary AS
        SELECT
            b.digest AS digest,
            b.storage AS storage,
            b.byte_count AS bytes,
            b.stored_byte_count AS stored_bytes,
            (SELECT count(*) FROM artifact_blob AS ab WHERE ab.blob_id = b.id) AS artifacts,
            (SELECT r.path FROM blob_reference AS r WHERE r.blob_id = b.id ORDER BY r.path LIMIT 1) AS reference_path
        FROM blob AS b;
        """

    static let history = """
        CREATE VIEW lineage AS
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
            dp.parent_digest AS parent_digest
        FROM derivation AS d
        JOIN derivation_parent AS dp ON dp.derivation_id = d.id
        JOIN artifact_label AS c ON c.artifact_id = d.child_id
        LEFT JOIN artifact_label AS p ON p.artifact_id = dp.parent_id;

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
            r.extra AS extra
        FROM result AS r
        LEFT JOIN artifact_label AS l ON l.digest = r.artifact_digest;

        CREATE VIEW tag_history AS
        SELECT
            h.id AS move,
            h.model_name AS name,
            h.tag AS tag,
            h.from_digest AS from_digest,
            h.to_digest AS to_digest,
            h.moved_at AS moved_at
        FROM tag_move AS h;

        CREATE VIEW job_summary AS
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
        """
}
