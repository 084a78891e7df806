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
          artifact_summary has a row for each name: count DISTINCT digest to count artifacts; its column artifact is that
          row's name as it is typed. In the other views artifact, child and parent are one name to read, the shortest: to
          choose an artifact by any of its names, choose its digest from artifact_summary.
          A name moves, a version stays: WHERE name = 'tiny-llama' AND tag = 'latest', or AND version = 1.
          Runs wrote checkpoints; for a variant go up first: lineage (role 'base'), run_checkpoint, run_summary.

        Names of others
          Metrics and parameters of runs are called as their logs call them (loss, train_loss; eval_loss, val_loss; lr), and
          a learning rate is often logged as a metric: SELECT DISTINCT metric FROM run_metric_summary shows what there is.
          artifact_search finds words by their letters, case and accents aside: 'stor*' finds story and stories.

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
          Each result of a variant beside its parent's, and whether they differ by more than two standard errors (what was
          measured twice has two rows: choose by time, tool or samples):
            SELECT l.child, c.task, c.metric, p.value AS parent, c.value AS variant,
              abs(c.value - p.value) > 2 * sqrt(c.stderr * c.stderr + p.stderr * p.stderr) AS is_beyond_error
            FROM lineage AS l JOIN result_summary AS c ON c.digest = l.child_digest
            JOIN result_summary AS p ON p.digest = l.parent_digest AND p.metric = c.metric AND p.task IS c.task
              AND p.dataset IS c.dataset
            WHERE l.role = 'base';
          All that came from some bytes, directly or not:
            WITH RECURSIVE found (digest) AS (
              SELECT digest FROM artifact_summary WHERE name = 'tiny-llama' AND tag = 'latest'
              UNION SELECT l.child_digest FROM found AS f JOIN lineage AS l ON l.parent_digest = f.digest)
            SELECT DISTINCT name, tag FROM found JOIN artifact_summary USING (digest);
          Artifacts that a text is found in, best first:
            SELECT a.artifact, snippet(artifact_search, -1, '[', ']', '...', 12) AS found
            FROM artifact_search AS s JOIN artifact_label AS a ON a.digest = s.digest
            WHERE artifact_search MATCH '{note card} : stor* OR tensor : q_proj' ORDER BY s.rank;
          Runs with a parameter in a range, best loss first:
            SELECT m.run, p.number AS lr, m.best, m.best_step
            FROM run_metric_summary AS m JOIN run_parameter_summary AS p ON p.run_id = m.run_id
            WHERE m.metric IN ('eval_loss', 'val_loss') AND p.parameter IN ('learning_rate', 'lr') AND p.number <= 1e-3
            ORDER BY m.best LIMIT 15;
          Which bytes two artifacts share:
            SELECT b.digest, b.bytes FROM blob_summary AS b JOIN tensor_summary AS x ON x.digest = b.digest
            JOIN tensor_summary AS y ON y.digest = b.digest
            WHERE x.artifact = 'tiny-llama' AND y.artifact = 'tiny-llama:nf4';

        """
}
