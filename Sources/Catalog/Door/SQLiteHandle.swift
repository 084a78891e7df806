import GRDBSQLite
import Synchronization

/// A connection to a database that can only be read, and, with its functions, the one place of this module
/// that touches SQLite's C API.
///
/// Every pointer is SQLite's and stays here. A connection lives until its last statement is gone; neither is
/// used by two threads at a time.
@safe final class SQLiteHandle {
    /// What SQLite said of a failed call.
    struct Failure: Error {
        /// SQLite's result code without its extension.
        let code: Int32
        let message: String
        /// Of the part of the query that is to blame, from the query's start.
        let byteOffset: Int?
    }

    let connection: OpaquePointer
    private let isOwned: Bool
    /// Kept alive for SQLite's callbacks, which hold it unretained.
    private var watch: DoorWatch?

    /// - Parameter path: a file, or a `file:` URI.
    init(path: String) throws(Failure) {
        var connection: OpaquePointer?
        // The path outlives the call, and SQLite keeps no pointer to it.
        let code = unsafe sqlite3_open_v2(
            path, &connection, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX, nil)
        guard let opened = unsafe connection, code == SQLITE_OK else {
            let failure = Failure(
                code: code & 0xFF, message: unsafe Self.message(connection), byteOffset: nil)
            unsafe sqlite3_close_v2(connection)
            throw failure
        }
        unsafe self.connection = opened
        isOwned = true
    }

    /// A connection that others keep open as long as this object lives, and close.
    init(borrowing connection: OpaquePointer) {
        unsafe self.connection = connection
        isOwned = false
    }

    deinit {
        guard isOwned else { return }
        // Statements keep this object, so none is left; the callbacks go before the watch that they use.
        unsafe sqlite3_set_authorizer(connection, nil, nil)
        unsafe sqlite3_progress_handler(connection, 0, nil, nil)
        unsafe sqlite3_close_v2(connection)
    }

    /// Sets one of SQLite's limits (`SQLITE_LIMIT_…`) for this connection.
    func limit(_ category: Int32, to value: Int) {
        _ = unsafe sqlite3_limit(connection, category, Int32(clamping: value))
    }

    func refuseDoubleQuotedText() { unsafe _disableDoubleQuotedStringLiterals(connection) }

    func waitForWriters(milliseconds: Int) {
        _ = unsafe sqlite3_busy_timeout(connection, Int32(clamping: milliseconds))
    }

    /// Bounds what SQLite may take beyond what it has, while `body` runs. There is no bound for one connection: others
    /// of this process are held to it meanwhile, and to none of Ingot's afterwards.
    static func limitingMemory<Value>(toByteCount byteCount: Int?, _ body: () throws -> Value) rethrows -> Value {
        guard let byteCount else { return try body() }
        memoryBounds.withLock { bounds in
            let limit = sqlite3_memory_used() + Int64(byteCount)
            if bounds.count == 0 { bounds.before = (sqlite3_hard_heap_limit64(-1), sqlite3_soft_heap_limit64(-1)) }
            let wanted = bounds.before.hard > 0 ? min(limit, bounds.before.hard) : limit
            if bounds.count == 0 || wanted > sqlite3_hard_heap_limit64(-1) { sqlite3_hard_heap_limit64(wanted) }
            bounds.count += 1
        }
        defer {
            memoryBounds.withLock { bounds in
                bounds.count -= 1
                guard bounds.count == 0 else { return }
                sqlite3_hard_heap_limit64(bounds.before.hard)
                sqlite3_soft_heap_limit64(bounds.before.soft)
            }
        }
        return try body()
    }

    /// How many queries are bounded now, and the process's own bounds, 0 for none, which come back after them: SQLite
    /// lowers the soft one along with the hard one.
    private static let memoryBounds = Mutex((count: 0, before: (hard: Int64(0), soft: Int64(0))))

    /// From now on, statements obey `DoorRules`, and `watch` says when they must stop.
    func obey(_ watch: DoorWatch) {
        self.watch = watch
        // `self.watch` keeps the object alive as long as the callbacks are set.
        let context = unsafe Unmanaged.passUnretained(watch).toOpaque()
        unsafe sqlite3_set_authorizer(
            connection,
            { context, action, first, second, _, _ in
                guard let context = unsafe context else { return SQLITE_DENY }
                let watch = unsafe Unmanaged<DoorWatch>.fromOpaque(context).takeUnretainedValue()
                let refusal = DoorRules.refusal(
                    of: action, unsafe first.map { unsafe String(cString: $0) },
                    unsafe second.map { unsafe String(cString: $0) })
                guard let refusal else { return SQLITE_OK }
                watch.refusal = watch.refusal ?? refusal
                return SQLITE_DENY
            }, context)
        unsafe sqlite3_progress_handler(
            connection, 1000,
            { context in
                guard let context = unsafe context else { return 1 }
                return unsafe Unmanaged<DoorWatch>.fromOpaque(context).takeUnretainedValue().mustStop() ? 1 : 0
            }, context)
    }

    /// Compiles the first statement of `query` from a byte on.
    /// - Returns: nil when only white space and comments were there, and where the rest begins.
    func prepare(_ query: String, from byteOffset: Int = 0) throws(Failure) -> (statement: Statement?, end: Int) {
        var statement: OpaquePointer?
        var end = 0
        var code = SQLITE_OK
        unsafe query.withCString { text in
            // `byteOffset` is 0 or an `end` that SQLite gave for the same query, so it lies within the text.
            var tail: UnsafePointer<CChar>?
            code = unsafe sqlite3_prepare_v2(connection, text + byteOffset, -1, &statement, &tail)
            if let tail = unsafe tail { end = unsafe tail - text }
        }
        guard code == SQLITE_OK else { throw failure(code, from: byteOffset) }
        guard let prepared = unsafe statement else { return (nil, end) }
        return (unsafe Statement(self, prepared), end)
    }

    fileprivate func failure(_ code: Int32, from byteOffset: Int = 0) -> Failure {
        let offset = unsafe Int(sqlite3_error_offset(connection))
        return Failure(
            code: code & 0xFF, message: unsafe Self.message(connection),
            byteOffset: offset >= 0 ? offset + byteOffset : nil)
    }

    private static func message(_ connection: OpaquePointer?) -> String {
        guard let text = unsafe sqlite3_errmsg(connection) else { return "out of memory" }
        return unsafe String(cString: text)
    }
}

extension SQLiteHandle {
    /// A compiled statement of one connection, which it keeps open.
    @safe final class Statement {
        private let handle: SQLiteHandle
        private let statement: OpaquePointer

        fileprivate init(_ handle: SQLiteHandle, _ statement: OpaquePointer) {
            self.handle = handle
            unsafe self.statement = statement
        }

        deinit { unsafe sqlite3_finalize(statement) }

        var isReadOnly: Bool { unsafe sqlite3_stmt_readonly(statement) != 0 }

        /// The names of the query's parameters without their marks; nil for a `?`, which has none.
        var parameterNames: [String?] {
            let count = unsafe sqlite3_bind_parameter_count(statement)
            return (0..<count).map { index in
                guard let name = unsafe sqlite3_bind_parameter_name(statement, index + 1) else { return nil }
                let text = unsafe String(cString: name)
                return text.hasPrefix("?") ? nil : String(text.dropFirst())
            }
        }

        /// Gives a parameter its value.
        /// - Parameter index: from 0 on, as in `parameterNames`.
        func bind(_ value: SQLValue, at index: Int) throws(Failure) {
            let place = Int32(clamping: index + 1)
            // SQLite copies text and bytes.
            let copy = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            let code =
                switch value {
                case .null: unsafe sqlite3_bind_null(statement, place)
                case .integer(let number): unsafe sqlite3_bind_int64(statement, place, number)
                case .real(let number): unsafe sqlite3_bind_double(statement, place, number)
                case .text(let text):
                    unsafe sqlite3_bind_text64(
                        statement, place, text, UInt64(text.utf8.count), copy, UInt8(SQLITE_UTF8))
                case .blob(let bytes):
                    unsafe sqlite3_bind_blob64(statement, place, bytes, UInt64(bytes.count), copy)
                }
            guard code == SQLITE_OK else { throw handle.failure(code) }
        }

        func bind(_ number: Int64, at index: Int) { _ = unsafe sqlite3_bind_int64(statement, Int32(index + 1), number) }

        func bind(_ number: Double, at index: Int) {
            _ = unsafe sqlite3_bind_double(statement, Int32(index + 1), number)
        }

        func bindNull(at index: Int) { _ = unsafe sqlite3_bind_null(statement, Int32(index + 1)) }

        /// Runs a statement that gives no rows, and makes it ready to run again.
        func run() throws(Failure) {
            _ = try step()
            reset()
        }

        /// Makes the statement ready to run again. `step` has told of a failure already.
        func reset() { _ = unsafe sqlite3_reset(statement) }

        /// A number of the row that `step` went to; nil for NULL.
        func integer(at index: Int32) -> Int64? {
            guard unsafe sqlite3_column_type(statement, index) != SQLITE_NULL else { return nil }
            return unsafe sqlite3_column_int64(statement, index)
        }

        /// A number of the row that `step` went to; nil for NULL.
        func real(at index: Int32) -> Double? {
            guard unsafe sqlite3_column_type(statement, index) != SQLITE_NULL else { return nil }
            return unsafe sqlite3_column_double(statement, index)
        }

        var columnNames: [String] {
            let count = unsafe sqlite3_column_count(statement)
            return (0..<count).map { index in
                guard let name = unsafe sqlite3_column_name(statement, index) else { return "" }
                return unsafe String(cString: name)
            }
        }

        /// Goes to the next row. Returns whether there is one.
        func step() throws(Failure) -> Bool {
            switch unsafe sqlite3_step(statement) {
            case SQLITE_ROW: return true
            case SQLITE_DONE: return false
            case let code: throw handle.failure(code)
            }
        }

        /// The values of the row that `step` went to.
        func row() -> [SQLValue] {
            let count = unsafe sqlite3_data_count(statement)
            return (0..<count).map { value(at: $0) }
        }

        private func value(at index: Int32) -> SQLValue {
            switch unsafe sqlite3_column_type(statement, index) {
            case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(statement, index))
            case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(statement, index))
            case SQLITE_TEXT: return .text(String(decoding: bytes(at: index), as: UTF8.self))
            case SQLITE_BLOB: return .blob(bytes(at: index))
            default: return .null
            }
        }

        /// SQLite's pointer holds `sqlite3_column_bytes` bytes until the next step; they are copied here.
        private func bytes(at index: Int32) -> [UInt8] {
            let pointer = unsafe sqlite3_column_blob(statement, index)
            let count = unsafe Int(sqlite3_column_bytes(statement, index))
            return unsafe Array(UnsafeRawBufferPointer(start: pointer, count: pointer == nil ? 0 : count))
        }
    }
}
