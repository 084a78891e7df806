import Bytes
import Foundation
import Testing

@testable import CommandLine

/// Results from files and checks of them, through the built command.
@Suite("Results", .timeLimit(.minutes(20))) struct ResultsTests {
    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
        try ingot.succeeding("register", folder.write(TinyWeights.file(), to: "weights.safetensors"), "--as", "m")
        try ingot.succeeding("convert", "m", "--to", "nf4")
    }

    private func file(_ text: String, _ name: String) throws -> String { try folder.write(Array(text.utf8), to: name) }

    private func check(_ arguments: String...) throws -> IngotProcess.Outcome {
        try ingot.run(["results", "check", "m:nf4", "--against", "m"] + arguments)
    }

    @Test("of real tools are imported, once, and listed with their machine") func imports() throws {
        let fixture = Project.folder.appendingPathComponent("fixtures/results").path
        let paths = [
            fixture + "/llama-bench/bench.json", fixture + "/lm-eval/results.json",
            fixture + "/llama-perplexity/kl-divergence.log",
        ]
        let first = try ingot.run(["results", "import"] + paths + ["--for", "m"])
        #expect(first.exitCode == 0, "\(first.errors)")
        #expect(first.output.contains("recorded 48 results of m"), "\(first.output)")
        let again = try ingot.run(["results", "import", paths[1], "--for", "m"])
        #expect(again.output.contains("recorded 0 results of m, 8 results there already"))
        let rows = try ingot.succeeding("results", "m", "--json").json().arrayValue ?? []
        #expect(rows.count == 48)
        #expect(rows.allSatisfy { $0["source_digest"]?.stringValue?.count == 64 })
        let speed = try #require(rows.first { $0["metric"]?.stringValue == "tokens_per_second" })
        #expect(speed["cpu"]?.stringValue == "AMD EPYC")
        let table = try ingot.succeeding("results", "m").output
        #expect(table.contains("AMD EPYC") && table.contains("pp32 @ d64"))
    }

    @Test("pass and fail a check by exit code, and say what was found") func checks() throws {
        try ingot.succeeding(
            "results", "import", file("task,metric,value,stderr\nq,acc,0.7,0.001\nq,ppl,7,0.01\n", "a.csv"), "--for",
            "m")
        try ingot.succeeding(
            "results", "import", file("task,metric,value,stderr\nq,acc,0.68,0.001\nq,ppl,7.005,0.01\n", "b.csv"),
            "--for",
            "m:nf4")
        let passed = try check("--max-drop", "acc=3", "--max-drop", "ppl=0")
        #expect(passed.exitCode == 0, "\(passed.errors)")
        #expect(passed.output.contains("no difference"))
        #expect(passed.output.contains("passed: 1 of 2 comparisons beyond the limit, which may be chance"))
        #expect(try check("--max-drop", "acc=3").output.contains("passed: m:nf4 is within the limits of m"))
        let failed = try check("--max-drop", "acc=1")
        #expect(failed.exitCode == 1)
        #expect(failed.output.contains("FAILED") && failed.output.contains("q acc: beyond the limit"))
        #expect(failed.output.contains("failed: 1 of 1 comparison"))
        #expect(failed.errors == "")
        let strict = try check("--max-drop", "ppl=0", "--strict")
        #expect(strict.exitCode == 1)
        let missing = try check("--max-drop", "f1=1", "--json")
        #expect(missing.exitCode == 1)
        #expect(try missing.json()["passed"] == .bool(false))
        #expect(try SchemaValidator(command: "results-check").faults(in: missing.json()) == [])
        #expect(missing.output.contains("ingot results import FILE --for NAME"))
    }

    @Test("are refused with the file, the place and the remedy, and none is recorded") func refusals() throws {
        let bad = try file("metric,value\nacc,0.5\nacc,high\n", "bad.csv")
        let outcome = try ingot.run(["results", "import", bad, "--for", "m"])
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("bad.csv, byte 21: line 3: the value 'high' is no number"), "\(outcome.errors)")
        let good = try file("metric,value\nacc,0.5\n", "good.csv")
        let unknown = try ingot.run(["results", "import", good, "--for", "mm"])
        #expect(unknown.exitCode == 1 && unknown.errors.contains("'mm'"), "\(unknown.errors)")
        let map = try ingot.run(["results", "import", bad, "--for", "m", "--map", "value"])
        #expect(map.exitCode == 1 && map.errors.contains("--map: 'value' is no FIELD=COLUMN"), "\(map.errors)")
        #expect(try ingot.succeeding("results", "--json").output == "[]\n")
        // The spelling of versions before names no artifact.
        #expect(try ingot.run(["results", "import", "m", bad]).exitCode == 64)
    }

    @Test("against the same bytes are no check") func same() throws {
        let outcome = try ingot.run(["results", "check", "m", "--against", "m", "--max-drop", "acc=1"])
        #expect(outcome.exitCode == 1 && outcome.errors.contains("are the same bytes"))
    }
}
