package import Bytes
import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The catalog: what is in the store, where it came from, what it is called and how good it is.
///
/// One SQLite file in write-ahead mode. Several processes may hold it at once: each act is one transaction, readers
/// never wait, and writers take turns (`WriteTurn`), which `Waiting` says how long they wait for. On file systems of
/// several machines it keeps a rollback journal instead (`JournalMode`), and readers wait for a commit.
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
    /// How long it waits for other processes, and who is told.
    package let waiting: Waiting
    let queue: DatabaseQueue
    private let location: CatalogLocation
    /// How it is read, when it was opened for that alone.
    private let reading: CatalogLocation.Reading?

    /// What this task does, for other processes that wait for it: `register /data/llama`.
    @TaskLocal package static var act = "a change to the catalog"

    /// - Parameter path: the catalog's file; its folder exists.
    /// - Throws: `CatalogError` `missing`, `notACatalog`, `tooNew`, `notWritable` or `busy`.
    package convenience init(path: String, access: Access, waiting: Waiting = Waiting()) throws {
        try self.init(CatalogLocation(path: path), access: access, waiting: waiting)
    }

    init(_ location: CatalogLocation, access: Access, waiting: Waiting = Waiting()) throws {
        path = location.path
        self.location = location
        self.waiting = waiting
        switch access {
        case .readWrite:
            reading = nil
            queue = try Self.openForWriting(location, waiting)
        case .readOnly:
            let reading = try location.readable()
            self.reading = reading
            queue = try Self.openForReading(reading, location, waiting)
        }
    }

    private static func openForWriting(_ location: CatalogLocation, _ waiting: Waiting) throws -> DatabaseQueue {
        try translatingErrors(path: location.path) {
            var configuration = configuration(location, waiting)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384")
            }
            let settings = configuration
            return try WriteTurn(location: location, waiting: waiting).whileHeld { _ in
                try setUp(location, settings, waiting)
            }
        }
    }

    /// Opens the catalog with the turn held; makes it, or brings it up to date.
    private static func setUp(
        _ location: CatalogLocation, _ configuration: GRDB.Configuration, _ waiting: Waiting
    ) throws -> DatabaseQueue {
        let mode = JournalMode(for: location.fileSystem)
        let end = UncleanEnd(location: location)
        let isUnclean = end.isLeft
        let isChanged = try mode.settle(location, waiting: waiting)
        let queue = try DatabaseQueue(path: location.path, configuration: configuration)
        let isNew = try queue.writeWithoutTransaction { try prepare($0, location, mode) }
        if isUnclean, !isNew { try queue.read { try end.check($0, waiting.tell) } }
        try CatalogSchema.migrator.migrate(queue)
        if isNew || isChanged, mode == .rollback { waiting.tell?(sharedNote(location)) }
        return queue
    }

    /// Chooses the journal of a new catalog, and checks one that is there. Returns whether it is new.
    private static func prepare(
        _ database: Database, _ location: CatalogLocation, _ mode: JournalMode
    ) throws -> Bool {
        guard try CatalogSchema.isEmpty(database) else {
            try CatalogSchema.check(database, path: location.path)
            return false
        }
        let found = try String.fetchOne(database, sql: "PRAGMA journal_mode = \(mode.rawValue)") ?? ""
        guard found == mode.rawValue || mode == .log else { throw JournalMode.refused(found, location) }
        return true
    }

    private static func openForReading(
        _ reading: CatalogLocation.Reading, _ location: CatalogLocation, _ waiting: Waiting
    ) throws -> DatabaseQueue {
        try translatingErrors(path: location.path) {
            var configuration = configuration(location, waiting)
            configuration.readonly = true
            let queue = try DatabaseQueue(path: reading.path, configuration: configuration)
            try queue.read { database in
                try CatalogSchema.check(database, path: location.path)
                guard try CatalogSchema.migrator.hasCompletedMigrations(database) else {
                    throw CatalogError(
                        .notWritable, "\(location.path) was made by an earlier version of ingot",
                        remedy: "Bring it up to date with 'ingot home --upgrade'; earlier versions cannot use it then")
                }
            }
            return queue
        }
    }

    private static func configuration(_ location: CatalogLocation, _ waiting: Waiting) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        let wait = BusyWait(path: location.path, waiting: waiting)
        configuration.busyMode = .callback { wait.mayRetry($0) }
        return configuration
    }

    /// What is different on a file system of several machines.
    private static func sharedNote(_ location: CatalogLocation) -> String {
        "\(location.folder) lies on \(location.fileSystemName): the catalog keeps a rollback journal instead of a "
            + "write-ahead log, so readers and writers may wait for each other, and what a killed process held is free "
            + "again after a minute (docs/store-safety.md)"
    }

    /// Reads one state of the catalog, whatever others write meanwhile.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translatingErrors(path: path) {
            let value = try queue.read(body)
            try reading?.check(location)
            return value
        }
    }

    /// One transaction, when it is this process's turn; it is on disk when this returns, and so are
    /// the manifests of what it changed.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let value = try writeAlone(body)
        keepManifests()
        return value
    }

    /// One transaction, when it is this process's turn, that makes no manifest due.
    func writeAlone<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translatingErrors(path: path) { try queue.writeWithoutTransaction { try transaction($0, body) } }
    }

    /// Like `write`, but a power failure may undo it: for what only explains files that are on disk anyway.
    func writeQuickly(_ body: (Database) throws -> Void) throws {
        try Self.translatingErrors(path: path) {
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                let outcome = Result { try transaction(database, body) }
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try outcome.get()
            }
        }
    }

    private func transaction<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value {
        guard reading == nil else {
            throw CatalogError(.notWritable, "\(path) was opened for reading only", remedy: "Report it")
        }
        let turn = WriteTurn(location: location, waiting: waiting)
        return try turn.whileHeld { claim in
            try database.beginTransaction(.immediate)
            do {
                let value = try body(database)
                try turn.check(claim)
                try failInTests()
                try database.commit()
                return value
            } catch {
                // SQLite has rolled back by itself after some errors; the first error is what counts.
                if database.isInsideTransaction { try? database.rollback() }
                throw error
            }
        }
    }

    /// What SQLite would say of a disk that fails at the commit.
    private func failInTests() throws(DatabaseError) {
        guard case .fail(let number) = CallSeam.verdict(.commit, path) else { return }
        throw DatabaseError(resultCode: number == ENOSPC ? .SQLITE_FULL : .SQLITE_IOERR)
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
