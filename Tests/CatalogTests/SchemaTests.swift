import Foundation
import GRDB
import Testing

@testable import Catalog

@Suite("Catalog schema") struct SchemaTests {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let isRewriting = ProcessInfo.processInfo.environment["INGOT_REWRITE"] == "1"

    @Test("is what schemas/catalog.sql says") func file() throws {
        let test = try TestCatalog()
        let text = try test.catalog.queue.read { try CatalogSchema.text($0) }
        let file = Self.repository.appendingPathComponent("schemas/catalog.sql")
        if Self.isRewriting { try text.write(to: file, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test("comes out of schemas/catalog.sql as it went in") func roundTrip() throws {
        let folder = try TemporaryFolder()
        let file = Self.repository.appendingPathComponent("schemas/catalog.sql")
        let script = try String(contentsOf: file, encoding: .utf8)
        let made = try DatabaseQueue(path: folder.catalogPath)
        try made.writeWithoutTransaction { try $0.execute(sql: script) }
        #expect(try made.read { try CatalogSchema.text($0) } == script)
        _ = try CatalogDatabase(path: folder.catalogPath, access: .readWrite)
    }

    @Test("has only strict tables") func strict() throws {
        let test = try TestCatalog()
        let loose = try test.text(
            """
            SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0
            AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%'
            """)
        #expect(loose == [])
    }

    @Test("has an index for every foreign key") func keys() throws {
        let test = try TestCatalog()
        let missing = try test.text(
            """
            SELECT t.name || '.' || k."from" FROM pragma_table_list AS t, pragma_foreign_key_list(t.name) AS k
            WHERE t.schema = 'main' AND NOT EXISTS (
                SELECT 1 FROM pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c
                WHERE c.seqno = 0 AND c.name = k."from")
            AND NOT EXISTS (  -- a table is an index over its own row number
                SELECT 1 FROM pragma_table_info(t.name) AS p
                WHERE p.name = k."from" AND p.pk = 1 AND p.type = 'INTEGER'
                AND (SELECT max(pk) FROM pragma_table_info(t.name)) = 1)
            """)
        #expect(missing == [])
    }

    @Test(
        "refuses bad rows",
        arguments: [
            "INSERT INTO blob VALUES (NULL, 'abc', 1, 'raw', 1)",
            "INSERT INTO blob VALUES (NULL, upper('\(hex)'), 1, 'raw', 1)",
            "INSERT INTO blob VALUES (NULL, '\(hex)', -1, 'raw', 1)",
            "INSERT INTO blob VALUES (NULL, '\(hex)', 1, 'zip', 1)",
            "INSERT INTO blob VALUES (NULL, '\(hex)', 1, 'reference', 1)",
            "INSERT INTO blob VALUES (NULL, '\(hex)', 'many', 'raw', 1)",
            "INSERT INTO blob_reference VALUES (1, 'relative/path', 0, 0, 0, 0)",
            "INSERT INTO blob_reference VALUES (99, '/a', 0, 0, 0, 0)",
            "UPDATE artifact SET kind = 'shrunk'",
            "UPDATE artifact SET origin = 'found'",
            "UPDATE artifact SET created_at = 'yesterday'",
            "UPDATE artifact SET parameter_count = -1",
            "UPDATE artifact SET digest = '\(hex)'",
            "UPDATE file SET path = '/etc/passwd'",
            "UPDATE file SET path = 'a/../b'",
            "UPDATE file SET path = '..'",
            "UPDATE file SET path = ''",
            "UPDATE segment SET byte_count = 0",
            "UPDATE segment SET blob_offset = -1",
            "UPDATE tensor SET shape = '8,8'",
            "UPDATE tensor SET shape = '[8,'",
            "UPDATE tensor SET scheme = 'bnb-nf4'",
            "UPDATE tensor SET part_role = 'absmax'",
            "UPDATE tensor SET zero_fraction = 1.5",
            "UPDATE derivation_parent SET role = 'friend'",
            "UPDATE derivation SET recipe = '{'",
            "UPDATE derivation SET recipe_digest = NULL",
            "UPDATE tensor_error SET squared_error = -1",
            "UPDATE tensor_error SET zero_count = 65",
            "UPDATE tensor_error SET clipped_count = -1",
            "UPDATE tensor_error SET weighted_squared_error = -1",
            "UPDATE model SET name = 'a b'",
            "UPDATE model SET name = 'a/b/c'",
            "UPDATE tag SET name = '-x'",
            "UPDATE version SET number = 7",
            "DELETE FROM tag_move",
            "UPDATE tag_move SET tag = 'other'",
            "DELETE FROM artifact",
            "DELETE FROM blob",
            "UPDATE job SET state = 'resting'",
            "UPDATE job SET state = 'done'",
            "UPDATE result SET value = NULL",
            "UPDATE result SET value_text = 'nan'",
            "UPDATE result SET extra = 'x'",
            "INSERT INTO removal VALUES ('abc')",
        ])
    func checks(statement: String) throws {
        let test = try TestCatalog()
        let base = ArtifactDraft.sample(["a"])
        _ = try test.catalog.insert(base, naming: Naming(try tag("m")))
        _ = try test.catalog.insert(.quantizedSample(["a"]), naming: Naming(try tag("m:nf4")))
        _ = try test.catalog.beginJob("register", subject: "x")
        _ = try test.catalog.add([ResultDraft(artifact: base.digest, metric: "loss", value: 1, measuredAt: .day(0))])
        #expect(throws: DatabaseError.self) { try test.execute(statement) }
    }

    static let hex = String(repeating: "0a", count: 32)
}
