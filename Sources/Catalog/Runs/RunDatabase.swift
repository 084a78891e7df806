import Bytes
import GRDBSQLite
package import Measurements

/// A run in another program's database, before its values are read.
package struct ForeignRun: Equatable, Sendable {
    package let kind: RunLogKind
    /// What the database calls it: the key of its rows.
    package let key: String
    package let origin: String
    package let name: String
    package var experiment: String?
    package var state: RunDraft.State?
    /// Milliseconds since 1970.
    package var startedAt: Int64?
    /// Milliseconds since 1970.
    package var endedAt: Int64?
}

/// A database of MLflow or of Trackio, read as it lies: nothing in it is executed, and nothing is written beside it.
///
/// It is opened for reading only, with its schema untrusted and the door's rules: what it calls a table must be one, so
/// that no view or virtual table of its own answers.
package final class RunDatabase {
    private let path: String
    private let handle: SQLiteHandle
    /// The file's state, when it was opened by the promise that nobody writes.
    private let promised: FileIdentity?
    private let tables: any RunTables
    private let watch: DoorWatch

    private static let timeLimit = Duration.seconds(600)
    private static let longestValue = 16 << 20
    /// Settings longer than this are no settings.
    static let longestParameter = 100_000
    static let mostParameters = 100_000

    /// Nil when it is neither MLflow's nor Trackio's.
    /// - Throws: `FormatError` when it cannot be read.
    package init?(path: String) throws {
        let rests = ["-wal", "-journal"].contains { FileIdentity(path: path + $0)?.byteCount ?? 0 > 0 }
        let promised = rests ? nil : FileIdentity(path: path)
        let watch = DoorWatch(timeLimit: Self.timeLimit) { Task.isCancelled }
        let opened: (handle: SQLiteHandle, tables: (any RunTables)?)
        do { opened = try Self.open(path, promise: rests ? "mode=ro" : "immutable=1", watch) } catch {
            throw Self.fault(error, path)
        }
        guard let tables = opened.tables else { return nil }
        self.path = path
        self.promised = promised
        self.watch = watch
        self.tables = tables
        handle = opened.handle
    }

    private static func open(
        _ path: String, promise: String, _ watch: DoorWatch
    ) throws(SQLiteHandle.Failure) -> (handle: SQLiteHandle, tables: (any RunTables)?) {
        let encoded = CatalogLocation.percentEncoded(CatalogLocation(path: path).path)
        let handle = try SQLiteHandle(path: "file:\(encoded)?\(promise)")
        for setting in ["query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"] {
            _ = try handle.prepare("PRAGMA \(setting)").statement?.step()
        }
        // SQLite sets up such a table at its first use, by a statement that the rules would refuse.
        _ = try handle.prepare("SELECT 1 FROM pragma_table_info")
        handle.refuseDoubleQuotedText()
        handle.waitForWriters(milliseconds: 60_000)
        handle.limit(SQLITE_LIMIT_LENGTH, to: longestValue)
        handle.limit(SQLITE_LIMIT_ATTACHED, to: 0)
        handle.obey(watch)
        let names = try tableNames(handle)
        guard let kind = kinds.first(where: { $0.needs.isSubset(of: names) }) else { return (handle, nil) }
        return (handle, kind.init(path: path, columns: try columns(handle, of: kind.needs)))
    }

    private static var kinds: [any RunTables.Type] { [MLflowTables.self, TrackioTables.self] }

    /// The runs in it.
    package func runs() throws -> [ForeignRun] {
        var runs: [ForeignRun] = []
        try rows(tables.runs) { row in
            if let run = tables.run(row) { runs.append(run) }
        }
        return runs
    }

    /// Adds the values of a run, in the order of logging.
    package func read(_ run: ForeignRun, into values: inout RunValues) throws {
        try rows(tables.values(of: run)) { row in
            guard values.count < RunValues.mostValues else {
                throw FormatError(
                    .refused, "run '\(run.name)' has more than \(RunValues.mostValues) values", file: path,
                    remedy: "Log fewer values")
            }
            do { try tables.take(row, into: &values) } catch let error as FormatError { throw error.within(file: path) }
        }
    }

    /// A run's settings.
    package func parameters(of run: ForeignRun) throws -> [RunDraft.Parameter] {
        var found: [RunDraft.Parameter] = []
        for query in tables.parameters(of: run) {
            try rows(query) { row in
                do { found += try tables.parameters(row) } catch let error as FormatError {
                    throw error.within(file: path)
                }
            }
        }
        return found.filter { !$0.name.isEmpty && $0.value.utf8.count <= Self.longestParameter }
            .prefix(Self.mostParameters).map(\.self)
    }

    private func rows(_ query: RunTablesQuery, _ body: ([SQLValue]) throws -> Void) throws {
        do {
            guard let statement = try handle.prepare(query.text).statement else { return }
            for (index, value) in query.arguments.enumerated() { try statement.bind(.text(value), at: index) }
            while try watch.timing({ try statement.step() }) { try body(statement.row()) }
        } catch let failure as SQLiteHandle.Failure {
            if watch.stop == .cancelled { throw CancellationError() }
            throw Self.fault(failure, path)
        }
        guard promised == nil || FileIdentity(path: path) == promised else {
            throw FormatError(
                .refused, "the database was written to while it was read", file: path, remedy: "Run the command again")
        }
    }

    private static func tableNames(_ handle: SQLiteHandle) throws(SQLiteHandle.Failure) -> Set<String> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
        return Set(try texts(handle, sql))
    }

    private static func columns(
        _ handle: SQLiteHandle, of tables: Set<String>
    ) throws(SQLiteHandle.Failure) -> Set<String> {
        var columns: Set<String> = []
        for table in tables.sorted() {
            columns.formUnion(try texts(handle, "SELECT '\(table).' || name FROM pragma_table_info('\(table)')"))
        }
        return columns
    }

    private static func texts(_ handle: SQLiteHandle, _ sql: String) throws(SQLiteHandle.Failure) -> [String] {
        guard let statement = try handle.prepare(sql).statement else { return [] }
        var texts: [String] = []
        while try statement.step() {
            if case .text(let text)? = statement.row().first { texts.append(text) }
        }
        return texts
    }

    private static func fault(_ failure: SQLiteHandle.Failure, _ path: String) -> FormatError {
        FormatError(
            failure.code == SQLITE_CORRUPT || failure.code == SQLITE_NOTADB ? .corrupt : .unsupported,
            "SQLite cannot read it: \(failure.message)", file: path,
            remedy: "Check it with the program that wrote it, which also mends what it left unfinished")
    }
}

/// A query with its arguments.
struct RunTablesQuery {
    var text: String
    var arguments: [String] = []
}

/// The tables of one program's database of runs.
protocol RunTables: Sendable {
    /// The tables that it must have.
    static var needs: Set<String> { get }
    /// - Parameter columns: `table.column` of the tables in `needs`.
    init(path: String, columns: Set<String>)
    /// Asks for the runs, in a total order; `run` understands its rows.
    var runs: RunTablesQuery { get }
    func run(_ row: [SQLValue]) -> ForeignRun?
    /// Asks for a run's values, in the order of logging; `take` understands its rows.
    func values(of run: ForeignRun) -> RunTablesQuery
    func take(_ row: [SQLValue], into values: inout RunValues) throws
    /// Asks for a run's settings; `parameters(_:)` understands the rows.
    func parameters(of run: ForeignRun) -> [RunTablesQuery]
    func parameters(_ row: [SQLValue]) throws -> [RunDraft.Parameter]
}

extension SQLValue {
    /// The text, also of a number.
    var asText: String? {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .blob(let bytes): String(decoding: bytes, as: UTF8.self)
        case .null: nil
        }
    }

    var asInteger: Int64? {
        switch self {
        case .integer(let number): number
        case .real(let number): Int64(exactly: number)
        default: nil
        }
    }

    var asReal: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .real(let number): number
        default: nil
        }
    }
}
