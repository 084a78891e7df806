import Bytes
import Foundation
import Measurements

/// Trackio's database of one project.
///
/// `metrics` (`run_id`, `timestamp`, `run_name`, `step`, `metrics`: a JSON object as text or bytes) and `configs`
/// (`run_id`, `run_name`, `config`: JSON too). Databases of the first versions have no `run_id`; then the name tells
/// runs apart. Source: trackio, `sqlite_storage.py`.
struct TrackioTables: RunTables {
    static let needs: Set = ["metrics", "configs"]

    private let project: String
    private let hasIDs: Bool
    private let hasConfigIDs: Bool

    init(path: String, columns: Set<String>) {
        project = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        hasIDs = columns.contains("metrics.run_id")
        hasConfigIDs = hasIDs && columns.contains("configs.run_id")
    }

    private var key: String { hasIDs ? "coalesce(m.run_id, m.run_name)" : "m.run_name" }

    var runs: RunTablesQuery {
        RunTablesQuery(
            text: "SELECT \(key), max(m.run_name), min(m.timestamp) FROM metrics AS m GROUP BY 1 ORDER BY min(m.id), 1")
    }

    func run(_ row: [SQLValue]) -> ForeignRun? {
        guard row.count == 3, let key = row[0].asText, !key.isEmpty, key.utf8.count <= 256 else { return nil }
        let name = row[1].asText.flatMap { $0.isEmpty ? nil : $0 } ?? key
        return ForeignRun(
            kind: .trackio, key: key, origin: "trackio:\(project)/\(key)", name: name, experiment: project,
            startedAt: row[2].asText.flatMap(MomentText.milliseconds))
    }

    func values(of run: ForeignRun) -> RunTablesQuery {
        RunTablesQuery(
            text: "SELECT m.step, m.timestamp, m.metrics FROM metrics AS m WHERE \(key) = ? ORDER BY m.id",
            arguments: [run.key])
    }

    func take(_ row: [SQLValue], into values: inout RunValues) throws {
        guard row.count == 3, let json = row[2].asText else { return }
        try TrackioRecord.take(
            Array(json.utf8), step: row[0].asInteger ?? 0,
            time: row[1].asText.flatMap(MomentText.milliseconds) ?? RunValues.noTime, into: &values)
    }

    func parameters(of run: ForeignRun) -> [RunTablesQuery] {
        let key = hasConfigIDs ? "coalesce(c.run_id, c.run_name)" : "c.run_name"
        let wanted = hasConfigIDs ? run.key : run.name
        return [
            RunTablesQuery(
                text: "SELECT c.config FROM configs AS c WHERE \(key) = ? ORDER BY c.id DESC LIMIT 1",
                arguments: [wanted])
        ]
    }

    func parameters(_ row: [SQLValue]) throws -> [RunDraft.Parameter] {
        guard let json = row.first?.asText else { return [] }
        return try TrackioRecord.parameters(Array(json.utf8)).map { .init($0.name, $0.value) }
    }
}
