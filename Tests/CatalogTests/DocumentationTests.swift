import Bytes
import Foundation
import GRDB
import Testing

@testable import Catalog

@Suite("Documentation of the catalog") struct DocumentationTests {
    private static let page = SchemaTests.repository.appendingPathComponent("docs/catalog.md")

    /// What stands in fences marked `language` on the page.
    private static func blocks(_ language: String) throws -> [String] {
        let text = try String(contentsOf: page, encoding: .utf8)
        return text.components(separatedBy: "```\(language)\n").dropFirst().map { rest in
            rest.components(separatedBy: "\n```").first ?? ""
        }
    }

    /// A model with variants, shared tensors, results, a history, a card, a note and runs.
    private static func populated() throws -> TestCatalog {
        let test = try TestCatalog()
        var (first, second) = (ArtifactDraft.sample(["a", "b"]), ArtifactDraft.sample(["a", "c"]))
        first.card = CardDraft(
            pipeline: "text-generation", languages: ["en"], tags: ["tiny"], text: "Trained on stories for children.")
        let nf4 = ArtifactDraft.quantizedSample(["a", "b"], loss: 0.01)
        let fp4 = ArtifactDraft.quantizedSample(["a", "b"], scheme: "bnb-fp4", loss: 0.02)
        _ = try test.catalog.insert(first, naming: Naming(try tag("tiny-llama")), at: .day(0))
        _ = try test.catalog.insert(nf4, naming: Naming(try tag("tiny-llama:nf4")), at: .day(1))
        _ = try test.catalog.insert(fp4, naming: Naming(try tag("tiny-llama:fp4")), at: .day(1))
        _ = try test.catalog.insert(second, naming: Naming(try tag("tiny-llama"), ifTaken: .move), at: .day(2))
        _ = try test.catalog.add(
            zip([first, nf4, fp4], [2.80, 2.81, 2.95]).map { draft, value in
                ResultDraft(
                    artifact: draft.digest, task: "heldout", metric: "loss", value: value, higherIsBetter: false,
                    standardError: 0.01, measuredAt: .day(3))
            })
        _ = try test.catalog.addNote("loses French", to: nf4.digest, at: .day(3))
        _ = try test.catalog.addNote("the first", to: first.digest, at: .day(3))
        try addRuns(to: test, checkpoint: first.digest)
        let job = try test.catalog.beginJob("register", subject: "/data/big", at: .day(3))
        try test.catalog.pin([Digest(of: "unfinished")], for: job)
        return test
    }

    /// Two runs, of which the first wrote `checkpoint`.
    private static func addRuns(to test: TestCatalog, checkpoint: Digest) throws {
        try test.execute(
            """
            INSERT INTO run (id, name, origin, kind, state, started_ms, ended_ms, series_count, value_count, last_step,
                imported_at)
            VALUES (1, 'tiny-1', 'a', 'jsonl', 'finished', 0, 9000, 2, 4, 200, '2026-01-01T00:00:00Z'),
                (2, 'tiny-2', 'b', 'jsonl', 'finished', 0, 9000, 2, 4, 200, '2026-01-01T00:00:00Z');
            INSERT INTO run_parameter VALUES (1, 'learning_rate', '0.001', 0.001), (2, 'learning_rate', '0.01', 0.01);
            INSERT INTO metric VALUES (1, 'loss', 0), (2, 'eval_loss', 0);
            INSERT INTO series (id, run_id, metric_id, value_count, nonfinite_count, first_step, last_step, last_value,
                minimum, maximum, best_value, best_step)
            VALUES (1, 1, 1, 2, 0, 100, 200, 2, 2, 3, 2, 200), (2, 1, 2, 2, 0, 100, 200, 2.2, 2.2, 3.1, 2.2, 200),
                (3, 2, 1, 2, 0, 100, 200, 4, 3, 4, 3, 100), (4, 2, 2, 2, 0, 100, 200, 4.1, 3.1, 4.1, 3.1, 100);
            INSERT INTO metric_value SELECT s.id, st.value, 0, s.id + st.value / 1000.0, st.value * 10
                FROM series AS s, json_each('[100,200]') AS st;
            INSERT INTO run_artifact VALUES (1, '\(checkpoint.hex)', 200);
            """)
    }

    @Test("has ten queries or more, and each finds something") func queries() throws {
        let test = try Self.populated()
        let door = try SQLDoor(path: test.folder.catalogPath)
        let queries = try Self.blocks("sql")
        #expect(queries.count >= 10)
        for query in queries {
            var rows: [[SQLValue]] = []
            _ = try door.run(query) { rows.append($0) }
            #expect(!rows.isEmpty, "no row: \(query)")
            let empty = rows[0].indices.filter { column in rows.allSatisfy { $0[column] == .null } }
            #expect(empty == [], "columns without any value in: \(query)")
        }
    }

    @Test("lists every view as 'ingot sql --schema' does") func schema() throws {
        let test = try TestCatalog()
        let text = try SQLDoor(path: test.folder.catalogPath).schemaText()
        if SchemaTests.isRewriting {
            let page = try String(contentsOf: Self.page, encoding: .utf8)
            let start = try #require(page.range(of: "```text\n"))
            let end = try #require(page.range(of: "```", range: start.upperBound..<page.endIndex))
            try page.replacingCharacters(in: start.upperBound..<end.lowerBound, with: text)
                .write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(try Self.blocks("text").map { $0 + "\n" } == [text])
    }

    @Test("tells the meaning of every view and column, and of no other") func meanings() throws {
        let test = try TestCatalog()
        let views = try SQLDoor(path: test.folder.catalogPath).relations().filter(\.isPublic)
        #expect(Set(views.map(\.name)) == Set(SchemaDocumentation.views.map(\.name)))
        for view in SchemaDocumentation.views {
            #expect(view.columns.map(\.name) == views.first { $0.name == view.name }?.columns)
        }
    }

    /// What other SQLite programs lack: our functions, or math functions that not every build has.
    @Test("views call only functions that every SQLite has") func functions() throws {
        let test = try TestCatalog()
        let views = try test.text("SELECT lower(sql) FROM sqlite_schema WHERE type = 'view'")
        let core: Set = ["coalesce", "nullif", "sum", "count", "min", "max", "substr", "strftime"]
        for view in views {
            let code = view.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
            for match in code.matches(of: /([a-z_]+)\(/) where !["in", "exists"].contains(String(match.1)) {
                #expect(core.contains(String(match.1)), "\(match.1) in \(view.prefix(60))")
            }
        }
    }

    @Test("stands in every view as comments, for programs that show the schema") func comments() throws {
        let test = try TestCatalog()
        let found = try test.catalog.queue.read { database in
            try Row.fetchAll(database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'view'").map { row in
                (try row.text("name"), try row.text("sql"))
            }
        }
        for (name, sql) in found {
            let view = try #require(SchemaDocumentation.views.first { $0.name == name })
            #expect(sql.contains("-- \(name): \(view.meaning)."))
            for column in view.columns {
                #expect(
                    sql.contains("\n--   \(column.name) ") && sql.contains(column.meaning), "\(name).\(column.name)")
            }
            // Described again, it says the same.
            #expect(CatalogSchema.documented(sql, by: view) == sql)
        }
        let listed = try test.text("SELECT name || ' ' || since FROM catalog_view")
        #expect(Set(listed) == Set(SchemaDocumentation.views.map { "\($0.name) \($0.since)" }))
        #expect(
            try test.text("SELECT DISTINCT interface_version FROM catalog_view") == [
                "\(CatalogSchema.interfaceVersion)"
            ])
    }
}
