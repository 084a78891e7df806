import Bytes
import Foundation
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

    /// A model with variants, shared tensors, results and a history.
    private static func populated() throws -> TestCatalog {
        let test = try TestCatalog()
        let (first, second) = (ArtifactDraft.sample(["a", "b"]), ArtifactDraft.sample(["a", "c"]))
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
                    measuredAt: .day(3))
            })
        let job = try test.catalog.beginJob("register", subject: "/data/big", at: .day(3))
        try test.catalog.pin([Digest(of: "unfinished")], for: job)
        return test
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
        let views = try SQLDoor(path: test.folder.catalogPath).relations().filter(\.isView)
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
            for match in view.matches(of: /([a-z_]+)\(/) where !["in", "exists"].contains(String(match.1)) {
                #expect(core.contains(String(match.1)), "\(match.1) in \(view.prefix(60))")
            }
        }
    }
}
