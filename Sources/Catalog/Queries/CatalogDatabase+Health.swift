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
    /// What the check finds wrong, at most ten lines.
    package let problems: [String]
    /// Bytes of the file by what they hold; nil where SQLite does not tell.
    package let parts: Parts?
    /// Artifacts whose model card was not read into the search yet.
    package let unreadCardCount: Int
    /// Manifests that are still to be written.
    package let dueManifestCount: Int

    /// Bytes of tables with their indexes.
    package struct Parts: Sendable {
        package let tensors: Int
        package let search: Int
        package let runs: Int
    }

    /// How thoroughly the file is looked over.
    package enum Check: String, Sendable {
        /// Each page and row by itself.
        case quick
        /// Also whether indexes and tables tell the same, keys point to something, and the search knows each artifact.
        case deep
    }
}

extension CatalogDatabase {
    /// The version of the public views.
    package static var interfaceVersion: Int { CatalogSchema.interfaceVersion }

    /// Looks the file over; it is read from its first page to its last.
    package func health(_ check: CatalogHealth.Check = .quick) throws -> CatalogHealth {
        let path = path
        return try read { database in
            let migrations = try String.fetchAll(
                database, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid DESC LIMIT 1")
            func count(_ table: String) throws -> Int {
                try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
            }
            return CatalogHealth(
                byteCount: Int(FileIdentity(path: path)?.byteCount ?? 0),
                logByteCount: FileIdentity(path: path + "-wal").map { Int($0.byteCount) },
                journalMode: try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "unknown",
                schemaVersion: migrations.first ?? "none",
                sqliteVersion: try String.fetchOne(database, sql: "SELECT sqlite_version()") ?? "unknown",
                problems: try Self.problems(database, check), parts: try Self.parts(database),
                unreadCardCount: try count("card_due"), dueManifestCount: try count("manifest_due"))
        }
    }

    private static func problems(_ database: Database, _ check: CatalogHealth.Check) throws -> [String] {
        let pragma = check == .deep ? "integrity_check" : "quick_check"
        var problems = try String.fetchAll(database, sql: "PRAGMA \(pragma)(10)").filter { $0 != "ok" }
        guard check == .deep, problems.isEmpty else { return problems }
        let keys = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
        if let first = keys.first {
            problems.append("\(keys.count) rows, the first in \(try first.text("table")), point to nothing")
        }
        let unknown = try Int.fetchOne(
            database,
            sql: "SELECT count(*) FROM artifact WHERE id NOT IN (SELECT rowid FROM artifact_search)")
        if let unknown, unknown > 0 { problems.append("the search does not know \(unknown) artifacts") }
        return problems
    }

    /// - Returns: nil where SQLite was built without its table of pages.
    private static func parts(_ database: Database) throws -> CatalogHealth.Parts? {
        do {
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT s.tbl_name AS name, sum(d.pgsize) AS bytes
                    FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name
                    WHERE d.aggregate = TRUE GROUP BY s.tbl_name
                    """)
            func sum(_ isMeant: (String) -> Bool) throws -> Int {
                try rows.reduce(0) { try $0 + (isMeant($1.text("name")) ? $1.integer("bytes") : 0) }
            }
            let runs: Set = ["run", "metric", "metric_value", "series"]
            return CatalogHealth.Parts(
                tensors: try sum { $0.hasPrefix("tensor") }, search: try sum { $0.hasPrefix("artifact_search") },
                runs: try sum { runs.contains($0) || $0.hasPrefix("run_") })
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            return nil
        }
    }
}
