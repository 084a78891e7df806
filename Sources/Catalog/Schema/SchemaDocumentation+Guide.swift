extension SchemaDocumentation {
    /// What stands before the views: enough for someone who knows SQLite and not Ingot.
    static let introduction = """
        The catalog, in SQLite's SQL, read only. Interface version \(CatalogSchema.interfaceVersion): views and columns
        are only ever added, and catalog_view lists them.

        An artifact is a set of files with weights: a checkpoint as it was registered, or a variant made from one. Its
        digest (64 hexadecimal digits) is its identity; names (model:tag) point to it and move. A run is one training.

        How views go together
          artifact_summary.digest = result_summary.digest, note_summary.digest, card_summary.digest, artifact_search.digest,
                                    run_checkpoint.digest, tensor_summary.artifact_digest, file_summary.artifact_digest,
                                    export_summary.artifact_digest, lineage.child_digest and lineage.parent_digest
          run_summary.run_id      = run_metric_summary.run_id, run_parameter_summary.run_id, metric_history.run_id,
                                    run_checkpoint.run_id
          blob_summary.digest is that of stored bytes, tensor_summary.digest that of a tensor: equal digests, equal bytes.
          Columns artifact, child and parent hold a name to read, as it is typed: tiny-llama, tiny-llama:nf4, tiny-llama@v1.
          artifact_summary has a row for each name: count DISTINCT digest to count artifacts.

        Units
          bytes are bytes, seconds seconds, rel_rmse and shares fractions of 1; times are UTC text, 2026-01-31T23:59:59Z,
          which sorts; NaN is NULL, and value_text tells it; lists (shape, tags, recipe) are JSON: shape ->> 0, json_each(tags).

        Functions beside SQLite's own, in 'ingot sql' only: human_bytes(n), percentile(x, 90), median(x), corr(x, y).


        """

    /// Questions with their queries, after the views.
    static let examples = """

        Examples
          The variants of a model, smallest first:
            SELECT tag, scheme, bits_per_weight, rel_rmse FROM artifact_summary WHERE name = 'tiny-llama' ORDER BY stored_bytes;
          Each result of a variant beside its parent's:
            SELECT l.child, c.task, c.metric, p.value AS parent, c.value AS variant
            FROM lineage AS l JOIN result_summary AS c ON c.digest = l.child_digest
            JOIN result_summary AS p ON p.digest = l.parent_digest AND p.metric = c.metric AND p.task IS c.task
            WHERE l.role = 'base';
          All that came from some bytes, directly or not:
            WITH RECURSIVE found (digest) AS (
              SELECT digest FROM artifact_summary WHERE name = 'tiny-llama' AND tag = 'latest'
              UNION SELECT l.child_digest FROM found AS f JOIN lineage AS l ON l.parent_digest = f.digest)
            SELECT DISTINCT name, tag FROM found JOIN artifact_summary USING (digest);
          Artifacts that a text is found in, best first:
            SELECT a.name, a.tag, snippet(artifact_search, 4, '', '', '...', 12) AS card
            FROM artifact_search AS s JOIN artifact_summary AS a ON a.digest = s.digest
            WHERE artifact_search MATCH 'story* OR tensor : q_proj' ORDER BY s.rank;
          Runs with a parameter in a range, best loss first:
            SELECT m.run, p.number AS lr, m.best, m.best_step
            FROM run_metric_summary AS m JOIN run_parameter_summary AS p ON p.run_id = m.run_id
            WHERE m.metric = 'eval_loss' AND p.parameter = 'learning_rate' AND p.number <= 1e-3
            ORDER BY m.best LIMIT 15;

        """
}
