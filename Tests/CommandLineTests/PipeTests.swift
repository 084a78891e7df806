import Bytes
import Testing

@testable import CommandLine

/// How the built command behaves between other programs.
@Suite("Pipes", .timeLimit(.minutes(20))) struct PipeTests {
    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    /// 100,000 rows: far more than a pipe holds.
    private static let manyRows =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 100000) SELECT x FROM c"

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
        try ingot.succeeding("register", folder.write(TinyWeights.file(), to: "weights.safetensors"))
    }

    @Test(
        "ends quietly when its reader has gone",
        arguments: ["", "trap '' PIPE; "], ["csv", "jsonl", "json", "table", "markdown"])
    func closedPipe(preparation: String, style: String) throws {
        let outcome = try ingot.shell(
            "\(preparation)\"$INGOT\" sql '\(Self.manyRows)' --max-rows 100000 --output \(style) | head -n 1")
        #expect(outcome.errors == "")
        #expect(outcome.output.split(separator: "\n").count == 1)
    }

    @Test("says nothing of progress when nobody watches") func noProgress() throws {
        let outcome = try ingot.succeeding("register", folder("weights.safetensors"), "--as", "again", "--to", "nf4")
        #expect(!outcome.errors.contains("\r") && !outcome.errors.contains("\u{1B}"))
        #expect(!outcome.output.contains("\u{1B}"))
    }

    @Test("reads a query from standard input, and from a file") func queryInput() throws {
        #expect(try ingot("sql", "--output", "csv", input: "SELECT 1 AS one\n").output == "one\n1\n")
        let path = try folder.write(Array("SELECT 2 AS two;\n".utf8), to: "query.sql")
        #expect(try ingot("sql", "--file", path, "--output", "jsonl").output == "{\"two\":2}\n")
        #expect(try ingot("sql", input: " \n").exitCode == 64)
    }

    @Test("stops after --max-rows and says so") func maxRows() throws {
        let outcome = try ingot("sql", Self.manyRows, "--max-rows", "3", "--output", "csv")
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == "x\n1\n2\n3\n")
        #expect(outcome.errors.contains("--max-rows"))
    }

    @Test("fails when its output cannot be written", .enabled(if: isLinux)) func fullOutput() throws {
        let outcome = try ingot.shell("\"$INGOT\" sql '\(Self.manyRows)' --output csv > /dev/full")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("standard output"))
    }

    @Test("prints the views that can be queried") func schema() throws {
        let text = try ingot.succeeding("sql", "--schema").output
        for view in ["artifact_summary", "tensor_summary", "lineage", "result_summary"] {
            #expect(text.contains(view))
        }
    }

    private static var isLinux: Bool {
        #if os(Linux)
            true
        #else
            false
        #endif
    }
}
