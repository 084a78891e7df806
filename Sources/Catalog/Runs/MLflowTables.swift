import Measurements

/// MLflow's tracking database.
///
/// `runs` (`run_uuid`, `name`, `status`, `start_time` in milliseconds …), `experiments`, `metrics` (`key`, `value`,
/// `timestamp`, `run_uuid`, `step`, `is_nan`), `params` and `tags`. NaN is 0 with `is_nan`, infinities are the greatest
/// finite numbers. Source: MLflow, `mlflow/store/tracking/dbmodels/models.py` and `sqlalchemy_store.py`.
struct MLflowTables: RunTables {
    static let needs: Set = ["runs", "experiments", "metrics", "params", "tags"]

    init(path: String, columns: Set<String>) {}

    let runs = RunTablesQuery(
        text: """
            SELECT r.run_uuid, r.name, e.name, r.status, r.start_time, r.end_time FROM runs AS r
            LEFT JOIN experiments AS e ON e.experiment_id = r.experiment_id
            WHERE r.lifecycle_stage IS NOT 'deleted' ORDER BY r.start_time, r.run_uuid
            """)

    func run(_ row: [SQLValue]) -> ForeignRun? {
        guard row.count == 6, let key = row[0].asText, !key.isEmpty, key.utf8.count <= 256 else { return nil }
        let name = row[1].asText.flatMap { $0.isEmpty ? nil : $0 } ?? key
        let experiment = row[2].asText.flatMap { $0.isEmpty ? nil : $0 }
        return ForeignRun(
            kind: .mlflow, key: key, origin: "mlflow:\(key)", name: name, experiment: experiment,
            state: row[3].asText.flatMap { RunDraft.State(mlflow: $0) },
            startedAt: row[4].asReal.flatMap(LogField.milliseconds),
            endedAt: row[5].asReal.flatMap(LogField.milliseconds))
    }

    func values(of run: ForeignRun) -> RunTablesQuery {
        RunTablesQuery(
            text: """
                SELECT m.key, m.value, m.is_nan, m.step, m.timestamp FROM metrics AS m WHERE m.run_uuid = ?
                ORDER BY m.rowid
                """, arguments: [run.key])
    }

    func take(_ row: [SQLValue], into values: inout RunValues) throws {
        guard row.count == 5, let name = row[0].asText, !name.isEmpty, var value = row[1].asReal else { return }
        if abs(value) == .greatestFiniteMagnitude { value = value < 0 ? -.infinity : .infinity }
        let isNaN = row[2].asInteger == 1 || row[2] == .text("1")
        let metric = try values.metric(named: name)
        values.append(
            series: metric, step: row[3].asInteger ?? 0,
            time: row[4].asReal.flatMap(LogField.milliseconds) ?? RunValues.noTime, value: isNaN ? .nan : value)
    }

    func parameters(of run: ForeignRun) -> [RunTablesQuery] {
        [
            RunTablesQuery(
                text: "SELECT p.key, p.value FROM params AS p WHERE p.run_uuid = ? ORDER BY p.key",
                arguments: [run.key]),
            RunTablesQuery(
                text: """
                    SELECT 'tags.' || t.key, t.value FROM tags AS t
                    WHERE t.run_uuid = ? AND t.key NOT LIKE 'mlflow.%' ORDER BY t.key
                    """, arguments: [run.key]),
        ]
    }

    func parameters(_ row: [SQLValue]) -> [RunDraft.Parameter] {
        guard row.count == 2, let name = row[0].asText, let value = row[1].asText else { return [] }
        return [.init(name, value)]
    }
}

extension RunDraft.State {
    /// - Parameter mlflow: MLflow's word; nil for one that it has not.
    package init?(mlflow: String) {
        switch mlflow {
        case "RUNNING", "SCHEDULED": self = .running
        case "FINISHED": self = .finished
        case "FAILED": self = .failed
        case "KILLED": self = .killed
        default: return nil
        }
    }
}
