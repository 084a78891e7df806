import Bytes
import Foundation
import GRDB
import Testing

@testable import Catalog

/// Catalogs of `fixtures/catalogs`, as every earlier schema version left them.
@Suite("Catalogs of earlier versions") struct OldCatalogTests {
    static let versions = ["v1", "v2", "v3", "v4", "v5", "v6-keeping", "v9-search"]

    /// What a later version has come to count otherwise: a quantized tensor with its scales is one since v3.
    private static let recounted: [String: Set<String>] = [
        "v1": ["tensors"], "v2": ["tensors"], "v9-search": ["interface_version"],
    ]

    private static func make(_ version: String, in folder: TemporaryFolder) throws {
        let file = SchemaTests.repository.appendingPathComponent("fixtures/catalogs/\(version).sql")
        let queue = try DatabaseQueue(path: folder.catalogPath)
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF")
            try database.execute(sql: try String(contentsOf: file, encoding: .utf8))
        }
        try queue.close()
    }

    private static func views(_ database: Database) throws -> [(name: String, columns: [String])] {
        try String.fetchAll(database, sql: "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").map {
            (
                $0,
                try String.fetchAll(
                    database, sql: "SELECT name FROM pragma_table_info(?) ORDER BY cid", arguments: [$0])
            )
        }
    }

    private static func rows(
        _ database: Database, of view: String, _ columns: [String]
    ) throws -> [String] {
        let list = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        return try Row.fetchAll(database, sql: "SELECT \(list) FROM \(view)").map { row in
            row.map { "\($0)=\($1)" }.joined(separator: " ")
        }.sorted()
    }

    @Test("tell in every view what they told before", arguments: versions) func upgrade(version: String) throws {
        let folder = try TemporaryFolder()
        try Self.make(version, in: folder)
        let old = try DatabaseQueue(path: folder.catalogPath)
        let skipped = Self.recounted[version] ?? []
        let before = try old.read { database in
            try Self.views(database).map { view in
                let columns = view.columns.filter { !skipped.contains($0) }
                return (view.name, view.columns, columns, try Self.rows(database, of: view.name, columns))
            }
        }
        try old.close()
        #expect(before.count >= 11)
        let catalog = try CatalogDatabase(path: folder.catalogPath, access: .readWrite)
        try catalog.queue.read { database in
            let after = Dictionary(uniqueKeysWithValues: try Self.views(database).map { ($0.name, $0.columns) })
            for (name, all, columns, rows) in before {
                #expect(!rows.isEmpty, "\(name) is empty")
                // Columns are only ever added, at the end.
                #expect(after[name].map { Array($0.prefix(all.count)) } == all, "\(name)")
                #expect(try Self.rows(database, of: name, columns) == rows, "\(name)")
            }
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
            #expect(try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"])
        }
    }

    @Test("can be used and searched", arguments: versions) func use(version: String) throws {
        let folder = try TemporaryFolder()
        try Self.make(version, in: folder)
        let catalog = try CatalogDatabase(path: folder.catalogPath, access: .readWrite)
        let variant = try catalog.resolve(try name("tiny-llama:nf4"))
        #expect(variant.scheme == "bnb-nf4")
        #expect(try catalog.lineage(of: variant.digest, .ancestors).map(\.record.parentLabel) == ["tiny-llama"])
        #expect(try catalog.results(of: variant.digest).map(\.result.value) == [2.81])
        #expect(try catalog.search("layers.1.mlp").rows.map(\.summary.label) == ["tiny-llama"])
        #expect(Set(try catalog.search("apache-2.0").rows.map(\.summary.label)) == ["tiny-llama", "tiny-llama:nf4"])
        #expect(try catalog.artifactsWithUnreadCards(atMost: 9).count == 1)
        _ = try catalog.insert(.sample(["new"]), naming: Naming(try tag("new")))
        #expect(try catalog.summaries().map(\.label).contains("new"))
        // The manifests of what was there are written with the first act that writes.
        let manifests = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/manifests")
        #expect(manifests.contains("\(variant.digest.hex).jsonl"))
        let again = folder.path + "/again.sqlite"
        let restoration = try CatalogDatabase.restore(to: again) { _, _ in .raw }
        #expect(restoration.damaged.isEmpty)
        #expect(restoration.nameCount == 3)
    }

    @Test("are upgraded to the same schema as a new one has", arguments: versions) func schema(version: String) throws {
        let folder = try TemporaryFolder()
        try Self.make(version, in: folder)
        let upgraded = try CatalogDatabase(path: folder.catalogPath, access: .readWrite)
        let fresh = try TestCatalog().catalog
        func statements(_ catalog: CatalogDatabase) throws -> Set<String> {
            try catalog.queue.read {
                Set(
                    try String.fetchAll(
                        $0, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'grdb%'"))
            }
        }
        let (made, wanted) = (try statements(upgraded), try statements(fresh))
        #expect(made.subtracting(wanted) == [])
        #expect(wanted.subtracting(made) == [])
    }

    @Test("take settings and names with manifests still to be written", arguments: versions) func acts(version: String)
        throws
    {
        let folder = try TemporaryFolder()
        try Self.make(version, in: folder)
        let catalog = try CatalogDatabase(path: folder.catalogPath, access: .readWrite)
        // What a process that was killed left to do: the manifest of names, noted already.
        try catalog.queue.writeWithoutTransaction {
            try $0.execute(sql: "INSERT OR IGNORE INTO manifest_due VALUES ('names', '')")
        }
        try catalog.set(.greatestByteCount, to: "5000000000")
        try catalog.queue.writeWithoutTransaction {
            try $0.execute(sql: "INSERT OR IGNORE INTO manifest_due VALUES ('names', '')")
        }
        try catalog.set(.greatestByteCount, to: "6000000000")
        #expect(try catalog.value(of: .greatestByteCount) == "6000000000")
        let digests = Set(try catalog.summaries().map(\.artifact.digest)).sorted { $0.hex < $1.hex }
        for digest in digests.prefix(2) {
            try catalog.queue.writeWithoutTransaction {
                try $0.execute(sql: "INSERT OR IGNORE INTO manifest_due VALUES ('names', '')")
            }
            let naming = Naming(try TagName(model: "moving"), ifTaken: .move)
            _ = try catalog.tag(digest, as: naming)
        }
        #expect(try catalog.summaries(of: digests[1]).contains { $0.name == "moving" })
    }

    @Test("that are only read ask for a command that writes", arguments: versions) func readOnly(version: String) throws
    {
        let folder = try TemporaryFolder()
        try Self.make(version, in: folder)
        let error = try catalogError { _ = try CatalogDatabase(path: folder.catalogPath, access: .readOnly) }
        #expect(error?.code == .notWritable)
        #expect(error?.description.contains("earlier version") == true)
        #expect(error?.remedy.contains("ingot home --upgrade") == true)
    }

    /// v7 and v8 came together with v9; the last one is what the present version makes.
    @Test("every released version has a fixture") func complete() {
        let released = CatalogSchema.migrator.migrations.dropLast().filter { !["v7-results", "v8-runs"].contains($0) }
        #expect(released == Self.versions)
    }
}
