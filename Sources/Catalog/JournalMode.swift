import Bytes
import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How SQLite keeps a catalog whole while it is written to: with a write-ahead log, where readers never wait, or with a
/// rollback journal, which needs no memory that processes share and so works across machines.
enum JournalMode: String, Sendable {
    case log = "wal"
    case rollback = "delete"

    /// What fits a file system.
    init(for fileSystem: FileSystemKind) { self = fileSystem == .local ? .log : .rollback }

    /// What stands in the file at `path`: bytes 18 and 19 of an SQLite database are 2 with a log and 1 without (SQLite
    /// file format, section 1.3.3). Nil for what is no database, or empty.
    init?(ofDatabaseAt path: String) throws {
        guard FileIdentity(path: path) != nil else { return nil }
        let file = try OpenFile(path)
        guard file.byteCount >= 100 else { return nil }
        let header = try file.bytes(0..<100)
        guard header.starts(with: "SQLite format 3\0".utf8) else { return nil }
        self = header[18] == 2 || header[19] == 2 ? .log : .rollback
    }

    /// Brings a catalog into this mode, with the turn held and before any other connection of this process.
    /// - Returns: whether it was changed.
    /// - Throws: `CatalogError` `busy` when others use it in a mode that does not work here, `failed` when SQLite takes
    ///   another mode than it was told.
    func settle(_ location: CatalogLocation, waiting: Waiting) throws -> Bool {
        guard let current = try JournalMode(ofDatabaseAt: location.path), current != self else { return false }
        let found: String
        do {
            found = try change(location, waiting: waiting)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && self == .log {
            // Others read it just now. Without a log all is right, only slower: the next writer tries again.
            return false
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw CatalogError(
                .busy,
                "\(location.path) has a write-ahead log, which does not work on \(location.fileSystemName), "
                    + "and another process uses it", remedy: "End the processes that use it, then try again")
        }
        guard found == rawValue || self == .log else { throw Self.refused(found, location) }
        return found == rawValue
    }

    static func refused(_ found: String, _ location: CatalogLocation) -> CatalogError {
        CatalogError(
            .failed,
            "SQLite keeps \(location.path) in journal mode '\(found)', which is not safe on "
                + location.fileSystemName, remedy: "Copy the home to a disk of this machine")
    }

    /// What SQLite has after the change.
    private func change(_ location: CatalogLocation, waiting: Waiting) throws -> String {
        var configuration = GRDB.Configuration()
        let wait = BusyWait(path: location.path, waiting: Waiting(patience: .seconds(5), tell: waiting.tell))
        configuration.busyMode = self == .log ? .immediateError : .callback { wait.mayRetry($0) }
        if self == .rollback {
            // Held alone, the log's index lies in this process's memory, not in a file that others map.
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
        }
        let queue = try DatabaseQueue(path: location.path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { database in
            // Another program's database is refused later, and stays as it is.
            if try !CatalogSchema.isEmpty(database) { try CatalogSchema.check(database, path: location.path) }
            return try String.fetchOne(database, sql: "PRAGMA journal_mode = \(rawValue)") ?? ""
        }
    }
}
