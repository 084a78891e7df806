import Bytes
import Testing

@testable import CommandLine

/// The `--json` documents of the built command fit the published schemas.
@Suite("JSON output", .timeLimit(.minutes(5))) struct OutputSchemaTests {
    @Test("of every command fits its schema") func everyCommand() throws {
        let folder = try TemporaryFolder()
        let ingot = IngotProcess(home: folder("home"))
        let path = try folder.write(TinyWeights.file(), to: "weights.safetensors")
        let measured = try folder.write(Array(Self.harnessResults.utf8), to: "results.json")
        let commands: [(schema: String, arguments: [String])] = [
            ("version", ["version"]),
            ("register", ["register", path, "--as", "tiny"]), ("register", ["register", path, "--as", "tiny"]),
            ("convert", ["convert", "tiny", "--to", "nf4"]), ("convert", ["convert", "tiny", "--to", "nf4"]),
            ("register", ["register", path, "--as", "again", "--to", "fp4"]),
            ("results-add", ["results", "add", "tiny:nf4", "loss=2.81", "bad=nan", "--task", "heldout"]),
            ("results-import", ["results", "import", "tiny:nf4", measured]),
            ("results-list", ["results", "list"]), ("results-list", ["results", "tiny:nf4"]),
            ("ls", ["ls"]), ("ls", ["ls", "tin"]), ("show", ["show", "tiny"]), ("show", ["show", "tiny:nf4"]),
            ("tensors", ["tensors", "tiny"]), ("tensors", ["tensors", "tiny:nf4", "--like", "up_proj"]),
            ("lineage", ["lineage", "tiny:nf4"]), ("sql", ["sql", "SELECT * FROM artifact_summary"]),
            ("sql", ["sql", "SELECT 1 AS a, 'x' AS a, NULL, 1.5, x'00ff'"]),
            ("tag", ["tag", "tiny:nf4", "small"]), ("rename", ["rename", "again", "other"]),
            ("export", ["export", "tiny:nf4", folder("out")]), ("verify", ["verify"]), ("verify", ["verify", "tiny"]),
            ("rm", ["rm", "tiny:small"]), ("rm", ["rm", "tiny:nf4"]), ("rm", ["rm", "tiny", "other", "--force"]),
            ("ls", ["ls"]),
        ]
        for (schema, arguments) in commands {
            let outcome = try ingot.run(arguments + ["--json"])
            #expect(outcome.exitCode == 0, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors == "", "\(arguments)")
            let faults = try SchemaValidator(command: schema).faults(in: outcome.json())
            #expect(faults.isEmpty, "\(arguments)")
        }
    }

    @Test("is the same for the same store") func stability() throws {
        let folder = try TemporaryFolder()
        let ingot = IngotProcess(home: folder("home"))
        try ingot.succeeding("register", folder.write(TinyWeights.file(), to: "weights.safetensors"), "--to", "nf4")
        for arguments in [["ls"], ["show", "weights"], ["tensors", "weights:nf4"], ["lineage", "weights"]] {
            let outputs = try (0..<2).map { _ in try ingot.run(arguments + ["--json"]).output }
            #expect(outputs[0] == outputs[1])
        }
    }

    @Test("and CSV have the same fields") func csvFields() throws {
        let folder = try TemporaryFolder()
        let ingot = IngotProcess(home: folder("home"))
        try ingot.succeeding("register", folder.write(TinyWeights.file(), to: "weights.safetensors"))
        let heading = try ingot.succeeding("ls", "--output", "csv").output.split(separator: "\n").first
        let fields = heading?.split(separator: ",").map(String.init).sorted()
        let row = try ingot.succeeding("ls", "--json").json().arrayValue?.first
        #expect(fields == row?.objectValue?.members.map(\.key))
    }

    /// What lm-evaluation-harness 0.4 writes, as far as results go.
    private static let harnessResults = """
        {"results": {"hellaswag": {"alias": "hellaswag", "acc,none": 0.25, "acc_stderr,none": 0.01}},
         "n-samples": {"hellaswag": {"original": 100, "effective": 100}},
         "higher_is_better": {"hellaswag": {"acc": true}}, "date": 1746091800.0, "lm_eval_version": "0.4.9"}
        """
}
