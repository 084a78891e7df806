package import Bytes
import GRDB
package import Measurements

extension CatalogDatabase {
    /// The runs that pass a filter, in its order.
    package func runs(_ filter: RunFilter = RunFilter()) throws -> [RunRecord] {
        try read { database in
            guard let query = try RunQuery(filter, database) else { return [] }
            return try RunRecord.fetchAll(
                database, sql: query.text, arguments: StatementArguments(query.arguments))
        }
    }

    /// - Throws: `CatalogError` `unknownName`, with the nearest names.
    package func run(named name: String) throws -> RunRecord {
        try read { database in
            let record = try RunRecord.fetchOne(
                database, sql: "SELECT r.*, \(RunQuery.sourcePath) FROM run AS r WHERE r.name = ?", arguments: [name])
            if let record { return record }
            let names = try String.fetchAll(database, sql: "SELECT name FROM run ORDER BY id DESC LIMIT 10000")
            throw CatalogError(
                .unknownName, "there is no run '\(name)'",
                remedy: Suggestions.remedy(for: name, among: names)
                    ?? (names.isEmpty
                        ? "Import its log first with 'ingot runs import PATH'" : "See the runs with 'ingot runs ls'"))
        }
    }

    /// The origin of the run with this name; nil when there is none.
    package func origin(ofRunNamed name: String) throws -> String? {
        try read { try String.fetchOne($0, sql: "SELECT origin FROM run WHERE name = ?", arguments: [name]) }
    }

    /// What a run logged, metric by metric, in the order of their first appearance in the catalog.
    package func metrics(ofRun runID: Int64) throws -> [MetricRecord] {
        try read { database in
            try MetricRecord.fetchAll(
                database,
                sql: """
                    SELECT \(MetricRecord.columns) FROM series AS s JOIN metric AS m ON m.id = s.metric_id
                    WHERE s.run_id = ? ORDER BY s.id
                    """, arguments: [runID])
        }
    }

    /// A run's parameters, by name.
    package func parameters(ofRun runID: Int64) throws -> [RunDraft.Parameter] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT name, value FROM run_parameter WHERE run_id = ? ORDER BY name",
                arguments: [runID]
            ).map { .init(try $0.text("name"), try $0.text("value")) }
        }
    }

    /// The files that a run was read from, each in its latest state, by path.
    package func sources(ofRun runID: Int64) throws -> [RunDraft.Source] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM run_source AS s WHERE s.run_id = ?1 AND s.id = (
                        SELECT max(o.id) FROM run_source AS o WHERE o.run_id = ?1 AND o.path = s.path)
                    ORDER BY s.path
                    """, arguments: [runID]
            ).map(RunDraft.Source.init)
        }
    }

    /// The values of a run's metrics, or of one: by step, and in the order of logging where a step has several.
    package func history(ofRun runID: Int64, metric: String? = nil) throws -> RunValues {
        try read { database in
            let start =
                try Int64?.fetchOne(
                    database, sql: "SELECT started_ms FROM run WHERE id = ?", arguments: [runID]) ?? nil
            let series = try Row.fetchAll(
                database,
                sql: """
                    SELECT s.id, m.name FROM series AS s JOIN metric AS m ON m.id = s.metric_id
                    WHERE s.run_id = ?1 AND (?2 IS NULL OR m.name = ?2) ORDER BY s.id
                    """, arguments: [runID, metric])
            var reader = try SeriesReader(database, start: start)
            for row in series { try reader.read(Int64(row.integer("id")), named: row.text("name")) }
            return reader.values
        }
    }

    /// The checkpoints that a run wrote, by step.
    package func checkpoints(ofRun runID: Int64) throws -> [RunCheckpoint] {
        try checkpoints("c.run_id = ?", runID)
    }

    /// The runs that wrote an artifact.
    package func runs(writing artifact: Digest) throws -> [RunCheckpoint] {
        try checkpoints("c.digest = ?", artifact.hex)
    }

    private func checkpoints(
        _ condition: String, _ value: any DatabaseValueConvertible
    ) throws -> [RunCheckpoint] {
        try read { database in
            try RunCheckpoint.fetchAll(
                database,
                sql: "SELECT * FROM run_checkpoint AS c WHERE \(condition) ORDER BY c.step, c.run, c.digest",
                arguments: [value])
        }
    }

    /// Names of metrics and parameters, and experiments, for what to try when a filter lets nothing pass.
    package func runVocabulary() throws -> (metrics: [String], parameters: [String], experiments: [String]) {
        try read { database in
            // Each name is found by one seek, however many runs have it.
            let parameters = """
                WITH RECURSIVE p (name) AS (
                    SELECT min(name) FROM run_parameter
                    UNION ALL
                    SELECT (SELECT min(o.name) FROM run_parameter AS o WHERE o.name > p.name) FROM p
                    WHERE p.name IS NOT NULL)
                SELECT name FROM p WHERE name IS NOT NULL LIMIT 1000
                """
            return (
                try String.fetchAll(database, sql: "SELECT name FROM metric ORDER BY name LIMIT 1000"),
                try String.fetchAll(database, sql: parameters),
                try String.fetchAll(
                    database,
                    sql: "SELECT DISTINCT experiment FROM run WHERE experiment IS NOT NULL ORDER BY 1 LIMIT 1000")
            )
        }
    }
}
