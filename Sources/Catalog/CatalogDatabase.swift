import GRDB

/// The catalog: what is in the store, where it came from, what it is called and how good it is.
///
/// One SQLite file in write-ahead mode. Several processes may hold it at once: each act is one transaction, readers
/// never wait, and a writer waits up to five seconds for another before it gives up with `CatalogError` `busy`.
/// Artifacts are on disk when the call that inserts them returns.
///
/// ## How bytes and rows stay together
///
/// The catalog never names bytes that are not there, and every stored byte is explained by a row, at any instant at
/// which a process may be killed (a power cut may lose the latest pins, and so leave bytes that nothing explains):
///
/// 1. A writer begins a job (`beginJob`) and writes bytes to files of its own until their digests are known.
/// 2. It pins the digests (`pin`), and only after that looks whether the store has them already; then it renames its
///    own files into the store. Bytes that were there count as its own from now on: nothing that is pinned is removed.
/// 3. When everything is in the store and synced, `insert` names it all in one transaction and ends the job.
/// 4. `forget` moves the digests that no artifact needs any more to `removal`; `sweepRemovals` unlinks their files,
///    each inside a write transaction that has seen neither a blob row nor a pin. So a pin that commits first keeps the
///    file, and one that commits later finds it gone and stores the bytes again.
///
/// A job that was killed keeps its pins, which explain its files, until `adoptPins` passes them on to a later job with
/// the same task, or `expireJobs` drops them.
package final class CatalogDatabase: Sendable {
    package enum Access: Sendable {
        /// Creates the catalog where there is none, and brings an older one up to date.
        case readWrite
        /// Changes nothing; works where nothing can be written.
        case readOnly
    }

    /// The catalog's file.
    package let path: String
    let queue: DatabaseQueue

    /// How long a writer waits for another, in seconds.
    static let busyTimeout = 5.0

    /// - Parameter path: the catalog's file; its folder exists.
    /// - Throws: `CatalogError` `missing`, `notACatalog`, `tooNew`, `notWritable` or `busy`.
    package convenience init(path: String, access: Access) throws {
        try self.init(CatalogLocation(path: path), access: access)
    }

    init(_ location: CatalogLocation, access: Access) throws {
        path = location.path
        queue =
            switch access {
            case .readWrite: try Self.openForWriting(location)
            case .readOnly: try Self.openForReading(location)
            }
    }

    private static func openForWriting(_ location: CatalogLocation) throws -> DatabaseQueue {
        try translatingErrors(path: location.path) {
            var configuration = GRDB.Configuration()
            configuration.busyMode = .timeout(busyTimeout)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384")
            }
            return try location.whileLocked {
                let queue = try DatabaseQueue(path: location.path, configuration: configuration)
                try queue.writeWithoutTransaction { database in
                    if try CatalogSchema.isEmpty(database) {
                        try database.execute(sql: "PRAGMA journal_mode = WAL")
                    } else {
                        try CatalogSchema.check(database, path: location.path)
                    }
                }
                try CatalogSchema.migrator.migrate(queue)
                return queue
            }
        }
    }

    private static func openForReading(_ location: CatalogLocation) throws -> DatabaseQueue {
        try translatingErrors(path: location.path) {
            var configuration = GRDB.Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(busyTimeout)
            let queue = try DatabaseQueue(path: try location.readable(), configuration: configuration)
            try queue.read { database in
                try CatalogSchema.check(database, path: location.path)
                guard try CatalogSchema.migrator.hasCompletedMigrations(database) else {
                    throw CatalogError(
                        .notWritable, "\(location.path) was made by an earlier version of ingot",
                        remedy: "Run a command that writes, such as 'ingot tag', once to bring it up to date")
                }
            }
            return queue
        }
    }

    /// Reads one state of the catalog, whatever others write meanwhile.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translatingErrors(path: path) { try queue.read(body) }
    }

    /// One transaction that holds the write lock from its beginning; it is on disk when this returns, and so are the
    /// manifests of what it changed.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let value = try Self.translatingErrors(path: path) { try queue.write(body) }
        keepManifests()
        return value
    }

    /// Like `write`, but a power failure may undo it: for what only explains files that are on disk anyway.
    func writeQuickly(_ body: (Database) throws -> Void) throws {
        try Self.translatingErrors(path: path) {
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                let outcome = Result {
                    try database.inTransaction(.immediate) {
                        try body(database)
                        return .commit
                    }
                }
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try outcome.get()
            }
        }
    }

    private static func translatingErrors<Value>(path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw CatalogError(error, path: path)
        } catch let error as RowDecodingError {
            throw CatalogError(
                .failed, "\(path) holds a value of another type than its schema says: \(error)",
                remedy: "Restore the catalog from a backup")
        }
    }
}
