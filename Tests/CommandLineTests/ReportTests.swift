import Bytes
import Foundation
import Testing

@testable import CommandLine

@Suite("Report command", .timeLimit(.minutes(20))) struct ReportTests {
    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
        try ingot.succeeding("register", folder.write(TinyWeights.file(), to: "weights.safetensors"), "--as", "tiny")
        try ingot.succeeding("convert", "tiny", "--to", "nf4")
        try ingot.succeeding("results", "add", "tiny:nf4", "loss=2.81", "--task", "heldout")
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }

    @Test("writes a page under the artifact's name, once, or again with --force") func page() throws {
        let line = "cd '\(folder.path)' && \"$INGOT\" report tiny:nf4"
        let written = try ingot.shell(line)
        #expect(written.exitCode == 0, "\(written.errors)")
        #expect(written.output.contains("tiny-nf4.html"))
        let page = try text(folder("tiny-nf4.html"))
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
        let refused = try ingot.shell(line)
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("exists already") && refused.errors.contains("--force"))
        #expect(try ingot.shell(line + " --force").exitCode == 0)
        #expect(try text(folder("tiny-nf4.html")) == page)
    }

    @Test("prints a model card, with notes aside") func card() throws {
        let card = try ingot.succeeding("report", "tiny:nf4", "--format", "md")
        #expect(card.output.hasPrefix("---\n") && card.output.contains("\n# tiny:nf4\n"))
        #expect(card.errors.contains("base_model is left out"))
        try ingot.succeeding("report", "tiny:nf4", "--format", "md", "-o", folder("README.md"))
        #expect(try text(folder("README.md")) == card.output)
    }

    @Test("prints a page where that is asked for, and says what it wrote as JSON") func outputs() throws {
        let page = try ingot.succeeding("report", "tiny", "-o", "-").output
        #expect(page.contains("<h1>tiny</h1>"))
        let report = try ingot.succeeding("report", "tiny", "-o", "-", "--json").json()
        #expect(report["text"]?.stringValue == page)
        let written = try ingot.succeeding("report", "tiny", "-o", folder("t.html"), "--json").json()
        #expect(written["destination"]?.stringValue == folder("t.html"))
        #expect(written["bytes"]?.intValue == page.utf8.count)
        #expect(written["text"]?.stringValue == nil)
    }

    @Test(
        "refuses what makes no sense, and writes nothing",
        arguments: [
            (["tiny", "--format", "pdf"], Int32(64), "no format of a report"),
            (["tiny", "--date", "today"], 64, "--date must be a day like"),
            (["tiny", "-o", ""], 64, "must not be empty"),
            (["tyni", "-o", "x.html"], 1, "unknown"), (["tiny", "-o", "nowhere/x/"], 1, "names no file"),
        ])
    func refusals(arguments: [String], exitCode: Int32, words: String) throws {
        let outcome = try ingot.run(["report"] + arguments)
        #expect(outcome.exitCode == exitCode)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(outcome.output == "")
        #expect(!Folder.exists("nowhere"))
    }
}
