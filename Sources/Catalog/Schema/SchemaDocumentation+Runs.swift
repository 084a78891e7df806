extension SchemaDocumentation {
    /// The views of training runs.
    static let runViews = [runSummary, runMetricSummary, runParameterSummary, metricHistory, runCheckpoint]

    private static let runName = "name of the run"
    private static let runKey = "key of the run in this file"

    private static let runSummary = View(
        "run_summary", "one row for each training run", since: 8,
        [
            "run": runName,
            "kind": "what kept its log: trainer-state, tensorboard, trackio, mlflow, csv or jsonl",
            "experiment": "what it belonged to, as its log says",
            "state": "running, finished, failed or killed; NULL when its log does not tell",
            "started_at": "when it began, UTC; NULL when its log tells no moment",
            "seconds": "how long it took",
            "metrics": "number of metrics it logged",
            "value_count": "number of values it logged",
            "last_step": "greatest step it logged",
            "imported_at": "when its log was last read, UTC",
            "source_path": "the log, or the first of several",
            "started_ms": "when it began, in milliseconds since 1970",
            "run_id": runKey,
        ])

    private static let runMetricSummary = View(
        "run_metric_summary", "one row for each metric of each run", since: 8,
        [
            "run": runName,
            "metric": "name of the metric",
            "last": "last value; NULL for NaN",
            "minimum": "least finite value",
            "maximum": "greatest finite value",
            "best": "best finite value; NULL where the metric's name does not tell what is better",
            "best_step": "step of the best value",
            "first_step": "least step",
            "last_step": "greatest step",
            "value_count": "number of values",
            "nonfinite_count": "number of values that are NaN or infinite",
            "higher_is_better": "1 or 0; NULL when unknown",
            "run_id": runKey,
            "last_text": "nan, inf or -inf where the last value is no finite number; else NULL",
        ])

    private static let runParameterSummary = View(
        "run_parameter_summary", "one row for each parameter of each run", since: 8,
        [
            "run": runName,
            "parameter": "name of the parameter",
            "value": "value, as text",
            "number": "value, where it is a finite number",
            "run_id": runKey,
        ])

    private static let metricHistory = View(
        "metric_history", "one row for each logged value", since: 8,
        [
            "run": runName,
            "metric": "name of the metric",
            "step": "step it was logged at",
            "sequence": "0 for the first value at this step, 1 for the next, as after a resume",
            "value": "the number; NULL for NaN",
            "seconds": "since the run began; NULL when the log does not tell",
            "run_id": runKey,
            "value_text": "nan, inf or -inf where the value is no finite number; else NULL",
        ])

    private static let runCheckpoint = View(
        "run_checkpoint", "one row for each checkpoint that a run wrote", since: 8,
        [
            "run": runName,
            "artifact": "shortest name that finds the artifact, or the beginning of its digest",
            "digest": "digest of the artifact: join it with artifact_summary.digest",
            "step": "step at which it was written; NULL when unknown",
            "known_by": "linked: a person said so; log: the run's log is one of the artifact's files",
            "run_id": runKey,
        ])
}
