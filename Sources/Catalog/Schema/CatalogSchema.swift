import GRDB

/// The catalog's schema: its migrations, and how a file is known to be a catalog.
enum CatalogSchema {
    /// SQLite's `application_id` of a catalog: the bytes "Ingt".
    static let applicationID = 0x496E_6774

    /// All migrations, oldest first. One that was released is never edited: a change is a new one.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1", foreignKeyChecks: .immediate) { database in
            for script in version1 { try database.execute(sql: script) }
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
        migrator.registerMigration("v2") { database in
            for script in version2 { try database.execute(sql: script) }
        }
        migrator.registerMigration("v3") { database in
            for script in version3 { try database.execute(sql: script) }
        }
        migrator.registerMigration("v4") { database in
            for script in version4 { try database.execute(sql: script) }
        }
        migrator.registerMigration("v5") { database in
            for script in version5 { try database.execute(sql: script) }
        }
        migrator.registerMigration("v6-keeping") { database in
            for script in version6Keeping { try database.execute(sql: script) }
        }
        migrator.registerMigration("v7-results") { database in
            for script in [Version7Results.results, Version7Results.resultSummary] { try database.execute(sql: script) }
        }
        migrator.registerMigration("v8-runs") { database in
            for script in [Version8Runs.runs, Version8Runs.views] { try database.execute(sql: script) }
        }
        migrator.registerMigration("v9-search") { database in
            for script in version9Search { try database.execute(sql: script) }
            try SearchWriter(database: database).noteAllTensors()
            try describeViews(database)
        }
        migrator.registerMigration("v10") { database in
            for script in [Version10.evicted, Version10.artifactSummary, Version10.runCheckpoint] {
                try database.execute(sql: script)
            }
            try describeViews(database)
        }
        return migrator
    }

    private static let version1 = [
        Version1Tables.blobs, Version1Tables.artifacts, Version1Tables.derivations, Version1Acts.names,
        Version1Acts.results, Version1Acts.jobs, Version1Views.label, Version1Views.name, Version1Views.artifact,
        Version1Views.tensor, Version1Views.file, Version1Views.history,
    ]

    private static let version2 = [Version2.tensors, Version2.exports, Version2.artifactSummary]
    private static let version3 = [
        Version3.tensors, Version3.artifacts, Version3.artifactSummary, Version3.tensorSummary,
    ]
    private static let version4 = [Version4.errors, Version4.artifactSummary, Version4.tensorSummary]
    private static let version5 = [Version5.blobs, Version5.home, Version5.artifactSummary]
    private static let version6Keeping = [
        Version6Keeping.manifests, Version6Keeping.proofs, Version6Keeping.lineage, Version6Keeping.triggers,
    ]
    private static let version9Search = [
        Version9Search.notes, Version9Search.cards, Version9Search.search, Version9Search.fill, Version9Search.triggers,
        Version9Search.views,
    ]

    /// Whether the database has just been created, or its creator died before the first migration: GRDB's own table
    /// comes in a transaction before it.
    static func isEmpty(_ database: Database) throws -> Bool {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations')"
        return try Bool.fetchOne(database, sql: sql) ?? false
    }

    /// - Throws: `CatalogError` when `database` is another program's, or a later Ingot's.
    static func check(_ database: Database, path: String) throws {
        guard try !isEmpty(database) else {
            throw CatalogError(
                .missing, "there is nothing in \(path) yet", remedy: "Register something first with 'ingot register'")
        }
        guard try Int.fetchOne(database, sql: "PRAGMA application_id") == applicationID else {
            throw CatalogError(.notACatalog, "\(path) is an SQLite database, but no catalog", remedy: "Check --home")
        }
        guard try !migrator.hasBeenSuperseded(database) else {
            throw CatalogError(
                .tooNew, "\(path) was changed by a later version of ingot", remedy: "Update ingot, then try again")
        }
    }

    /// The schema as SQL: what `schemas/catalog.sql` holds.
    static func text(_ database: Database) throws -> String {
        let statements = try String.fetchAll(
            database,
            sql: """
                SELECT sql FROM sqlite_schema
                WHERE sql IS NOT NULL AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
                ORDER BY rowid
                """)
        let applied = try String.fetchAll(
            database, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
        let heading = """
            -- An empty catalog after all migrations, which Sources/Catalog/Schema holds; a test compares them.
            -- Written by: INGOT_REWRITE=1 swift test --filter CatalogTests
            PRAGMA application_id = \(applicationID);


            """
        return heading + statements.map { $0 + ";\n\n" }.joined()
            + applied.map { "INSERT INTO grdb_migrations VALUES ('\($0)');\n" }.joined()
    }
}
