import Bytes
import GRDB

/// What SQLite tells of a catalog's file.
package struct CatalogHealth: Sendable {
    /// Of the database file, without its log.
    package let byteCount: Int
    /// Of the write-ahead log beside it; nil: there is none.
    package let logByteCount: Int?
    /// SQLite's word, such as `wal`.
    package let journalMode: String
    /// The last migration that the catalog went through.
    package let schemaVersion: String
    package let sqliteVersion: String
    /// What SQLite's quick check finds wrong, at most ten lines.
    package let problems: [String]
}

extension CatalogDatabase {
    /// Looks the file over; it is read from its first page to its last.
    package func health() throws -> CatalogHealth {
        let path = path
        return try read { database in
            let check = try String.fetchAll(database, sql: "PRAGMA quick_check(10)")
            let migrations = try String.fetchAll(
                database, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid DESC LIMIT 1")
            return CatalogHealth(
                byteCount: Int(FileIdentity(path: path)?.byteCount ?? 0),
                logByteCount: FileIdentity(path: path + "-wal").map { Int($0.byteCount) },
                journalMode: try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "unknown",
                schemaVersion: migrations.first ?? "none",
                sqliteVersion: try String.fetchOne(database, sql: "SELECT sqlite_version()") ?? "unknown",
                problems: check == ["ok"] ? [] : check)
        }
    }
}
