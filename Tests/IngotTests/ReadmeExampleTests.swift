import Foundation
import Ingot
import Testing

@Suite("The README's example") struct ReadmeExampleTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func readme() throws -> String {
        try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    }

    @Test("is the code that the next test runs") func text() throws {
        let readme = try Self.readme()
        let code = try String(
            contentsOf: Self.root.appending(path: "Tests/IngotTests/ReadmeExample.swift"), encoding: .utf8)
        #expect(readme.contains("```swift\n\(code)```\n"))
    }

    @Test("registers, converts and lists the smallest first, and the README's queries run") func run() async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "ingot-readme-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: home) }
        let model = Self.root.appending(path: "fixtures/models/tiny-llama").path
        let rows = try await compress(model, as: "tiny-llama", home: home)
        let tags = rows.compactMap { row in
            if case .text(let tag) = row[1] { tag } else { nil }
        }
        #expect(tags == ["nf4", "latest"])

        let registry = try ModelRegistry(home: home, access: .readOnly)
        let block = try #require(try Self.readme().firstMatch(of: #/(?s)```sql\n(.*?)```/#)).1
        let queries = block.split(separator: ";").filter { $0.contains("SELECT") }
        #expect(queries.count == 3)
        for query in queries {
            let end = try registry.query(String(query), columns: { _ in }, row: { _ in })
            #expect(!end.isCut, "\(query)")
        }
    }
}
