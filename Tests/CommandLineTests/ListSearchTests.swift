import Bytes
import Foundation
import Testing

@testable import CommandLine

@Suite("Finding with ls", .timeLimit(.minutes(20))) struct ListSearchTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let card = """
        ---
        license: mit
        language: [en, fr]
        tags: [tiny]
        datasets: [roneneldan/TinyStories]
        pipeline_tag: text-generation
        ---
        # Tiny
        Trained on short stories for children.
        """

    private func ingot() throws -> IngotProcess {
        let ingot = IngotProcess(home: folder("home"))
        try FileManager.default.createDirectory(atPath: folder("model"), withIntermediateDirectories: false)
        _ = try folder.write(TinyWeights.file(), to: "model/model.safetensors")
        _ = try folder.write(Array(Self.card.utf8), to: "model/README.md")
        try ingot.succeeding("register", folder("model"), "--as", "tiny", "--to", "nf4")
        try ingot.succeeding("note", "tiny:nf4", "loses French")
        return ingot
    }

    private func matches(_ ingot: IngotProcess, _ arguments: String...) throws -> [String] {
        let rows = try ingot.run(["ls", "--json"] + arguments).json().arrayValue ?? []
        return rows.map { "\($0["tag"]?.stringValue ?? "") \($0["match"]?.stringValue ?? "-")" }
    }

    @Test("tells where a word stands, and nothing for a name") func reasons() throws {
        let ingot = try ingot()
        #expect(try matches(ingot) == ["latest -", "nf4 -"])
        #expect(try matches(ingot, "ny:n") == ["nf4 -"])
        #expect(try matches(ingot, "french") == ["nf4 note: loses French"])
        #expect(try matches(ingot, "child", "--kind", "checkpoint").first?.contains("stories for children") == true)
        #expect(try matches(ingot, "child", "--tag", "nf4").count == 1)
        #expect(try matches(ingot, "child", "french").count == 1)
        #expect(
            try matches(ingot, "up_proj", "--sort", "name", "--limit", "1").first?.hasPrefix("latest tensor: ") == true)
        #expect(try ingot.succeeding("ls", "french").output.contains("match"))
        #expect(try !ingot.succeeding("ls", "tiny").output.contains("match"))
    }

    @Test("that finds nothing says what to try") func advice() throws {
        let ingot = try ingot()
        func note(_ words: String...) throws -> String { try ingot.run(["ls"] + words).errors }
        #expect(try note("tny").contains("perhaps 'tiny' is meant"))
        #expect(try note("children", "nothing").contains("'children' alone finds 2 artifacts"))
        #expect(try note("children", "--scheme", "q4_0").contains("the schemes here are bf16, bnb-nf4"))
        let long = try ingot.run(["ls", String(repeating: "x", count: 300)])
        #expect(long.exitCode == 1 && long.errors.contains("at most 256 bytes"))
    }

    @Test("and what a card and people say is shown") func show() throws {
        let ingot = try ingot()
        let detail = try ingot.succeeding("show", "tiny:nf4", "--json").json()
        #expect(detail["pipeline"]?.stringValue == "text-generation")
        #expect(detail["languages"]?.arrayValue?.compactMap(\.stringValue) == ["en", "fr"])
        #expect(detail["datasets"]?.arrayValue?.compactMap(\.stringValue) == ["roneneldan/TinyStories"])
        #expect(detail["notes"]?.arrayValue?.first?["text"]?.stringValue == "loses French")
        let text = try ingot.succeeding("show", "tiny:nf4").output
        for words in ["text-generation", "en, fr", "roneneldan/TinyStories", "loses French", "tiny"] {
            #expect(text.contains(words), "\(words)")
        }
    }

    @Test("notes are listed, read from standard input, and taken back") func notes() throws {
        let ingot = try ingot()
        #expect(try ingot("note", "tiny:nf4", "-", input: "second\nof two lines\n").exitCode == 0)
        #expect(try ingot.succeeding("note", "tiny:nf4").output.contains("of two lines"))
        #expect(try ingot.run(["note", "tiny:nf4", "no such", "--remove"]).errors.contains("has no note 'no such'"))
        #expect(
            try ingot.succeeding("note", "tiny:nf4", "loses French", "--remove").output.contains("took back 1 note"))
        #expect(try ingot.succeeding("note", "tiny:nf4", "--remove").output.contains("it has 0 notes"))
        #expect(try ingot.run(["note", "tiny:nf4", "  "]).exitCode == 1)
        #expect(try ingot.run(["note", "tiny:nf4", String(repeating: "x", count: 20_000)]).errors.contains("16384"))
    }

    @Test("sql asks the full text, and helps with what FTS5 refuses") func sql() throws {
        let ingot = try ingot()
        #expect(try ingot.succeeding("sql", "@find", "text=child*", "--output", "csv").output.contains("tiny:nf4"))
        let error = try ingot.run(["sql", "SELECT 1 FROM artifact_search WHERE artifact_search MATCH 'a\"'"]).errors
        #expect(error.contains("between double quotes"))
        #expect(
            try ingot.run(["sql", "SELECT best FROM artifact_summary"]).errors.contains("column of run_metric_summary"))
    }
}
