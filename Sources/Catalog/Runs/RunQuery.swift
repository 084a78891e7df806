import GRDB
import Measurements

/// The SQL of a list of runs.
///
/// SQLite cannot know how many runs have `lr = 0.001`. So the one condition on a parameter that fewest runs meet leads,
/// when they are few; else the metric's index leads, in which the runs stand in order, and the walk ends at the limit.
struct RunQuery {
    let text: String
    private(set) var arguments: [(any DatabaseValueConvertible)?] = []

    static let sourcePath =
        "(SELECT o.path FROM run_source AS o WHERE o.run_id = r.id ORDER BY o.path LIMIT 1) AS source_path"
    /// Runs fewer than this are looked at one by one and sorted: about a millisecond for a thousand.
    private static let few = 1_000

    /// Nil when a metric is asked for that no run has.
    init?(_ filter: RunFilter, _ database: Database) throws {
        var conditions = filter.conditions
        let leader = try Self.leader(of: conditions, database)
        let leading = leader.map { conditions.remove(at: $0) }
        var tables: [String] = []
        var clauses: [String] = []
        if let leading, let (table, clause, values) = Self.parameterTable(leading) {
            tables.append(table)
            clauses.append(clause)
            arguments += values
        }
        var joined = tables.isEmpty ? nil : "p.run_id"
        if let metric = filter.metric {
            guard let id = try Self.metricID(metric, database) else { return nil }
            tables.append("series AS s")
            clauses.append("s.metric_id = ?" + (joined.map { " AND s.run_id = \($0)" } ?? ""))
            arguments.append(id)
            joined = joined ?? "s.run_id"
        }
        tables.append("run AS r")
        if let joined { clauses.append("r.id = \(joined)") }
        if filter.metric != nil {
            tables.append("metric AS m")
            clauses.append("m.id = s.metric_id")
        }
        for condition in conditions {
            guard let (clause, values) = try Self.clause(condition, filter.metric, database) else { return nil }
            clauses.append(clause)
            arguments += values
        }
        if let text = filter.text {
            clauses.append("instr(lower(r.name), lower(?)) > 0")
            arguments.append(text)
        }
        if let experiment = filter.experiment {
            clauses.append("r.experiment = ?")
            arguments.append(experiment)
        }
        arguments.append(filter.limit ?? -1)
        text = """
            SELECT r.*, \(Self.sourcePath)\(filter.metric == nil ? "" : ", " + MetricRecord.columns)
            FROM \(tables.joined(separator: " CROSS JOIN "))
            \(clauses.isEmpty ? "" : "WHERE " + clauses.joined(separator: " AND "))
            ORDER BY \(Self.order(filter)) LIMIT ?
            """
    }

    private static func order(_ filter: RunFilter) -> String {
        let direction = filter.isDescending ? "DESC" : "ASC"
        return switch filter.order {
        case .imported: "r.id \(filter.isDescending ? "ASC" : "DESC")"
        case .name: "r.name \(direction), r.id"
        case .started: "r.started_ms \(direction) NULLS LAST, r.id"
        case .lastStep: "r.last_step \(direction) NULLS LAST, r.id"
        // The index's own order, ties included.
        case .metric: "s.last_value \(direction) NULLS LAST, s.id \(direction)"
        }
    }

    private static func metricID(_ name: String, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT id FROM metric WHERE name = ?", arguments: [name])
    }

    /// The place of the condition on a parameter that fewest runs meet, when they are few.
    private static func leader(of conditions: [RunFilter.Condition], _ database: Database) throws -> Int? {
        var best: (place: Int, count: Int)?
        for (place, condition) in conditions.enumerated() {
            guard let (table, clause, values) = parameterTable(condition) else { continue }
            let count =
                try Int.fetchOne(
                    database,
                    sql: "SELECT count(*) FROM (SELECT 1 FROM \(table) WHERE \(clause) LIMIT \(few + 1))",
                    arguments: StatementArguments(values)) ?? 0
            if count <= few, count < best?.count ?? .max { best = (place, count) }
        }
        return best?.place
    }

    private typealias Values = [(any DatabaseValueConvertible)?]

    /// The table of parameters with an index that finds the runs that meet `condition`; nil for other conditions.
    private static func parameterTable(
        _ condition: RunFilter.Condition
    ) -> (table: String, clause: String, values: Values)? {
        guard case .parameter(let name) = condition.subject, condition.relation != .notEqual else { return nil }
        let (clause, value) = comparison(condition, "p.")
        let index = clause.hasPrefix("p.number") ? "run_parameter_number" : "run_parameter_value"
        return ("run_parameter AS p INDEXED BY \(index)", "p.name = ? AND \(clause)", [name, value])
    }

    /// Compares as numbers where the value is one, so that `0.001` is `1e-3`.
    private static func comparison(
        _ condition: RunFilter.Condition, _ prefix: String
    ) -> (clause: String, value: any DatabaseValueConvertible) {
        let relation = condition.relation == .notEqual ? "IS NOT" : condition.relation.rawValue
        guard let number = NumberText.number(condition.value), number.isFinite else {
            return ("\(prefix)value \(relation) ?", condition.value)
        }
        return ("\(prefix)number \(relation) ?", number)
    }

    /// Nil when a condition is about a metric that no run has.
    private static func clause(
        _ condition: RunFilter.Condition, _ shown: String?, _ database: Database
    ) throws -> (clause: String, values: Values)? {
        switch condition.subject {
        case .parameter(let name):
            let (clause, value) = comparison(condition, "q.")
            return (
                "EXISTS (SELECT 1 FROM run_parameter AS q WHERE q.run_id = r.id AND q.name = ? AND \(clause))",
                [name, value]
            )
        case .metric(let name):
            guard let number = NumberText.number(condition.value) else { return nil }
            let relation = condition.relation.rawValue
            if name == shown { return ("s.last_value \(relation) ?", [number]) }
            guard let id = try metricID(name, database) else { return nil }
            return (
                """
                EXISTS (SELECT 1 FROM series AS t WHERE t.run_id = r.id AND t.metric_id = ? AND t.last_value \(relation) ?)
                """, [id, number]
            )
        }
    }
}
