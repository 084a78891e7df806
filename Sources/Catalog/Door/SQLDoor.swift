import GRDBSQLite

/// The door through which people ask the catalog in SQL: one statement at a time, which can only read.
///
/// It has a connection of its own, opened for reading only; an authorizer lets nothing pass but reading (`DoorRules`);
/// time, rows and memory are bounded. A door is used by one task at a time.
package final class SQLDoor {
    /// How much a query may use.
    package struct Limits: Sendable {
        /// How long SQLite may work on a query; what its reader does with the rows does not count.
        package var time: Duration = .seconds(60)
        /// How many rows are handed out; the answer says when there were more.
        package var rowCount = 100_000
        /// The longest text or blob that a query may make or read, in bytes.
        package var valueByteCount = 16 << 20
        /// What SQLite may take for a query beyond what this process has of it, in bytes; nil sets no bound. Sorts that
        /// need more use files.
        package var memoryByteCount: Int? = 256 << 20
        /// Called on another thread when SQLite does not come back from a function in `time` and two seconds, which
        /// cannot be stopped; the process may end itself.
        package var whenStuck: (@Sendable () -> Void)?
        /// The longest query, in bytes.
        static let queryByteCount = 1 << 20

        package init() {}
    }

    /// What came of a query.
    package struct Outcome: Equatable, Sendable {
        package let columns: [String]
        /// The rows handed out.
        package let rowCount: Int
        /// Whether there were more rows than the limit allows.
        package let isCut: Bool
    }

    private let handle: SQLiteHandle
    private let limits: Limits
    private let location: CatalogLocation
    private let reading: CatalogLocation.Reading

    /// - Parameter path: the catalog's file.
    /// - Throws: `CatalogError` when there is no catalog, or it cannot be read.
    package convenience init(path: String, limits: Limits = Limits()) throws {
        try self.init(CatalogLocation(path: path), limits: limits)
    }

    init(_ location: CatalogLocation, limits: Limits) throws {
        self.limits = limits
        self.location = location
        reading = try location.readable()
        do {
            let handle = try SQLiteHandle(path: reading.path)
            try Self.configure(handle, limits)
            self.handle = handle
        } catch {
            throw error.code == SQLITE_NOTADB
                ? CatalogError(.notACatalog, "\(location.path) is not an SQLite database", remedy: "Check --home")
                : CatalogError(
                    .failed, "\(location.path) cannot be read: \(error.message)",
                    remedy: "Check the permissions of the file and of its folder")
        }
        guard try handle.prepare("PRAGMA application_id").statement?.integer() == Int64(CatalogSchema.applicationID)
        else {
            throw CatalogError(
                .notACatalog, "\(location.path) is an SQLite database, but no catalog", remedy: "Check --home")
        }
    }

    private static func configure(_ handle: SQLiteHandle, _ limits: Limits) throws(SQLiteHandle.Failure) {
        // First of all: without a write-ahead log, the first statement may meet a commit.
        handle.waitForWriters(milliseconds: 60_000)
        let settings = [
            "query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "temp_store = FILE",
            "cache_size = -16384",
        ]
        for setting in settings { _ = try handle.prepare("PRAGMA \(setting)").statement?.step() }
        // SQLite sets up such a table at its first use, by a statement that the rules would refuse.
        for table in DoorRules.tableFunctions { _ = try handle.prepare("SELECT 1 FROM \(table)") }
        // The same holds for full text; catalogs of before version 9 have none.
        do throws(SQLiteHandle.Failure) { _ = try handle.prepare("SELECT 1 FROM \(searchTable)") } catch {
            guard error.code == SQLITE_ERROR else { throw error }
        }
        handle.refuseDoubleQuotedText()
        handle.addFunctions()
        handle.limit(SQLITE_LIMIT_LENGTH, to: limits.valueByteCount)
        handle.limit(SQLITE_LIMIT_SQL_LENGTH, to: Limits.queryByteCount)
        handle.limit(SQLITE_LIMIT_COLUMN, to: 512)
        handle.limit(SQLITE_LIMIT_LIKE_PATTERN_LENGTH, to: 1000)
        handle.limit(SQLITE_LIMIT_ATTACHED, to: 0)
        handle.limit(SQLITE_LIMIT_WORKER_THREADS, to: 0)
    }

    /// Runs one query and hands out its rows as SQLite finds them.
    ///
    /// - Parameters:
    ///   - parameters: what `:name`, `@name` and `$name` stand for in the query; it must name each of them, and no others.
    ///   - isCancelled: asked about every thousandth step of SQLite; by default, whether this task is cancelled.
    ///   - start: gets the columns' names, before the first row.
    ///   - row: gets each row; when it throws, the query ends with that error.
    /// - Throws: `SQLDoorError`, with the place in the query that is to blame.
    package func run(
        _ query: String, parameters: [String: SQLValue] = [:],
        isCancelled: @escaping @Sendable () -> Bool = { Task.isCancelled },
        start: ([String]) throws -> Void = { _ in }, row: ([SQLValue]) throws -> Void
    ) throws -> Outcome {
        try SQLiteHandle.limitingMemory(toByteCount: limits.memoryByteCount) {
            try answer(query, parameters, isCancelled: isCancelled, start: start, row: row)
        }
    }

    private func answer(
        _ query: String, _ parameters: [String: SQLValue], isCancelled: @escaping @Sendable () -> Bool,
        start: ([String]) throws -> Void, row: ([SQLValue]) throws -> Void
    ) throws -> Outcome {
        let watch = DoorWatch(timeLimit: limits.time, isCancelled: isCancelled)
        handle.obey(watch)
        let statement = try compile(query, watch)
        try bind(parameters, to: statement, of: query, watch)
        let columns = statement.columnNames
        try start(columns)
        let stuckWatch = limits.whenStuck.map { StuckWatch(limit: limits.time + .seconds(2), whenStuck: $0) }
        defer { stuckWatch?.end() }
        var rowCount = 0
        while try step(statement, of: query, watch, stuckWatch) {
            guard rowCount < limits.rowCount else {
                try reading.check(location)
                return Outcome(columns: columns, rowCount: rowCount, isCut: true)
            }
            rowCount += 1
            try row(statement.row())
        }
        try reading.check(location)
        return Outcome(columns: columns, rowCount: rowCount, isCut: false)
    }

    private func compile(_ query: String, _ watch: DoorWatch) throws -> SQLiteHandle.Statement {
        if let place = query.utf8.firstIndex(of: 0) {
            let offset = query.utf8.distance(from: query.startIndex, to: place)
            throw SQLDoorError(
                .query, "a zero byte stands in the query", at: .init(byteOffset: offset, in: query),
                remedy: "Give the query as text")
        }
        guard query.utf8.count <= Limits.queryByteCount else {
            throw SQLDoorError(
                .query, "the query has \(query.utf8.count) bytes, at most \(Limits.queryByteCount) are read",
                remedy: "Bind long values as parameters, or ask in several queries")
        }
        do {
            let (statement, end) = try handle.prepare(query)
            guard let statement else {
                throw SQLDoorError(.query, "there is no query", remedy: "Give one SELECT statement")
            }
            try refuseMore(than: query, from: end)
            guard statement.isReadOnly else {
                throw SQLDoorError(
                    .refused, "the statement writes, but this door is read-only", remedy: "Use the commands of ingot")
            }
            return statement
        } catch let failure as SQLiteHandle.Failure {
            throw error(failure, query, watch)
        }
    }

    private func bind(
        _ parameters: [String: SQLValue], to statement: SQLiteHandle.Statement, of query: String, _ watch: DoorWatch
    ) throws {
        let names = statement.parameterNames
        let known = Set(names.compactMap(\.self))
        if let other = parameters.keys.filter({ !known.contains($0) }).min() {
            let all = known.sorted().map { "'\($0)'" }.joined(separator: ", ")
            throw SQLDoorError(
                .query, "the query has no parameter '\(other)'",
                remedy: known.isEmpty ? "Write :\(other) where its value belongs" : "Its parameters are \(all)")
        }
        for (index, name) in names.enumerated() {
            guard let name else {
                throw SQLDoorError(
                    .query, "parameter \(index + 1) of the query has no name", remedy: "Write :name instead of ?")
            }
            guard let value = parameters[name] else {
                throw SQLDoorError(
                    .query, "parameter '\(name)' of the query has no value", remedy: "Add \(name)=VALUE after the query"
                )
            }
            do {
                try statement.bind(value, at: index)
            } catch {
                throw self.error(error, query, watch)
            }
        }
    }

    /// How SQLite would answer a query: which tables and indexes it reads, in which order.
    package func plan(
        of query: String, parameters: [String: SQLValue] = [:]
    ) throws -> [(depth: Int, step: String)] {
        // The query alone first: its errors have their places then.
        let watch = DoorWatch(timeLimit: limits.time, isCancelled: { Task.isCancelled })
        handle.obey(watch)
        try bind(parameters, to: try compile(query, watch), of: query, watch)
        var depths: [Int64: Int] = [:]
        var steps: [(depth: Int, step: String)] = []
        _ = try run("EXPLAIN QUERY PLAN " + query, parameters: parameters) { row in
            guard case .integer(let number) = row[0], case .integer(let parent) = row[1], case .text(let text) = row[3]
            else { return }
            depths[number] = depths[parent].map { $0 + 1 } ?? 0
            steps.append((depths[number] ?? 0, text))
        }
        return steps
    }

    /// What follows the first statement must be white space, comments and semicolons: even what SQLite does not
    /// understand is a second statement, so its reasons do not matter.
    private func refuseMore(than query: String, from end: Int) throws {
        var end = end
        while end < query.utf8.count {
            guard let (next, nextEnd) = try? handle.prepare(query, from: end), next == nil else {
                throw SQLDoorError(
                    .refused, "there is more than one statement", at: .init(byteOffset: end, in: query),
                    remedy: "Run them one at a time")
            }
            guard nextEnd > end else { return }
            end = nextEnd
        }
    }

    private func step(
        _ statement: SQLiteHandle.Statement, of query: String, _ watch: DoorWatch, _ stuckWatch: StuckWatch?
    ) throws -> Bool {
        stuckWatch?.stepBegins()
        defer { stuckWatch?.stepEnds() }
        do {
            return try watch.timing { try statement.step() }
        } catch let failure as SQLiteHandle.Failure {
            throw error(failure, query, watch)
        }
    }

    private func error(_ failure: SQLiteHandle.Failure, _ query: String, _ watch: DoorWatch) -> SQLDoorError {
        let place = SQLDoorError.Place(byteOffset: failure.byteOffset, in: query)
        if let refusal = watch.refusal {
            return SQLDoorError(
                .refused, "this door is read-only: \(refusal)", at: place,
                remedy: "Ask with SELECT; change things with the commands of ingot")
        }
        switch (failure.code, watch.stop) {
        case (SQLITE_INTERRUPT, .cancelled):
            return SQLDoorError(.cancelled, "the query was cancelled", remedy: "Run it again")
        case (SQLITE_INTERRUPT, _):
            return SQLDoorError(
                .timeLimit, "the query took longer than \(limits.time)",
                remedy: "Make it narrower, or raise --time-limit")
        case (SQLITE_NOMEM, _):
            return SQLDoorError(
                .memoryLimit, "the query needs more memory than it may use",
                remedy: "Ask for fewer columns or shorter texts")
        case (SQLITE_TOOBIG, _):
            return SQLDoorError(
                .memoryLimit, "a value is longer than \(limits.valueByteCount) bytes", at: place,
                remedy: "Ask for shorter texts")
        case (SQLITE_ERROR, _), (SQLITE_RANGE, _), (SQLITE_MISMATCH, _):
            return SQLDoorError(.query, failure.message, at: place, remedy: remedy(for: failure.message, query))
        default:
            return SQLDoorError(.failed, failure.message, at: place, remedy: "Try again, or run 'ingot verify'")
        }
    }
}

extension SQLiteHandle.Statement {
    /// The first value of the first row, if it is an integer.
    fileprivate func integer() throws(SQLiteHandle.Failure) -> Int64? {
        guard try step(), case .integer(let value)? = row().first else { return nil }
        return value
    }
}
