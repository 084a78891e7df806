import GRDB
import Measurements

/// Reads the values of series inside one read, through a statement that is prepared once.
struct SeriesReader {
    private let statement: SQLiteHandle.Statement
    private let start: Int64?
    private(set) var values = RunValues()

    /// - Parameter start: what times are counted from, in milliseconds since 1970; nil when no log of the run tells
    ///   moments.
    init(_ database: Database, start: Int64?) throws {
        guard let connection = unsafe database.sqliteConnection else {
            throw CatalogError(.failed, "the catalog is closed", remedy: "Run the command again")
        }
        statement = try unsafe SQLiteHandle(borrowing: connection).statement(
            "SELECT step, value, time_ms FROM metric_value WHERE series_id = ? ORDER BY step, sequence")
        self.start = start
    }

    mutating func read(_ series: Int64, named name: String) throws {
        let metric = try values.metric(named: name)
        statement.bind(series, at: 0)
        defer { statement.reset() }
        do {
            while try statement.step() {
                values.append(
                    series: metric, step: statement.integer(at: 0) ?? 0, time: time(statement.integer(at: 2)),
                    value: statement.real(at: 1) ?? .nan)
            }
        } catch { throw error.asDatabaseError }
    }

    private func time(_ since: Int64?) -> Int64 {
        guard let since else { return RunValues.noTime }
        guard let start else { return RunValues.elapsed(milliseconds: since) }
        let (time, isOver) = start.addingReportingOverflow(since)
        return isOver ? RunValues.noTime : time
    }
}
