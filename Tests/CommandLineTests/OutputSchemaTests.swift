import ArgumentParser
import Bytes
import Foundation
import Testing

@testable import CommandLine

/// The `--json` documents of the built command fit the published schemas.
@Suite("JSON output", .timeLimit(.minutes(20))) struct OutputSchemaTests {
    @Test("of every command fits its schema") func everyCommand() throws {
        let folder = try TemporaryFolder()
        let ingot = IngotProcess(home: folder("home"))
        let path = try folder.write(TinyWeights.file(), to: "weights.safetensors")
        let measured = try folder.write(Array(Self.harnessResults.utf8), to: "results.json")
        let mix = try folder.write(
            Array("merge_method: linear\nmodels: [{model: tiny, parameters: {weight: 2}}]\n".utf8), to: "mix.yaml")
        let log = try folder.write(Array("step,loss,acc\n1,2.5,0.5\n2,nan,0.75\n".utf8), to: "run.csv")
        let recipe = "steps:\n- {id: half, transform: cast, parameters: {dtype: f16}}\n"
        let steps = try folder.write(Array(recipe.utf8), to: "steps.yaml")
        let commands: [(schema: String, arguments: [String])] = [
            ("version", ["version"]),
            ("register", ["register", path, "--as", "tiny"]), ("register", ["register", path, "--as", "tiny"]),
            ("convert", ["convert", "tiny", "--to", "nf4"]), ("convert", ["convert", "tiny", "--to", "nf4"]),
            ("convert-dry-run", ["convert", "tiny", "--to", "affine4", "--dry-run"]),
            ("register", ["register", Project.tinyLlama, "--as", "whole"]),
            ("prune-dry-run", ["prune", "whole", "--mlp", "0.25", "--layers", "1", "--dry-run"]),
            ("prune", ["prune", "whole", "--layers", "1"]), ("prune", ["prune", "whole", "--layers", "1"]),
            ("sparsify-dry-run", ["sparsify", "whole", "--sparsity", "0.5", "--dry-run"]),
            ("sparsify", ["sparsify", "whole", "--pattern", "2:4"]),
            ("distill-init", ["distill", "init", "whole", "--layers", "0", "--dry-run"]),
            ("distill-init", ["distill", "init", "whole", "--layers", "0"]),
            ("rm", ["rm", "whole", "whole:without1", "whole:sparse2of4", "whole:student-layers0", "--force"]),
            ("convert", ["convert", "tiny", "--to", "f16"]), ("merge", ["merge", mix, "--as", "mix"]),
            ("merge-dry-run", ["merge", mix, "--as", "mix", "--dry-run"]), ("rm", ["rm", "mix", "tiny:f16"]),
            ("run", ["run", steps, "tiny", "--dry-run"]), ("run", ["run", steps, "tiny"]),
            ("run", ["run", steps, "tiny"]),
            ("rm", ["rm", "tiny:steps"]), ("register", ["register", path, "--as", "piped", "--recipe", steps]),
            ("rm", ["rm", "piped", "piped:steps", "--force"]),
            ("register", ["register", path, "--as", "again", "--to", "fp4"]),
            ("results-add", ["results", "add", "tiny:nf4", "loss=2.81", "bad=nan", "--task", "heldout"]),
            ("results-import", ["results", "import", measured, "--for", "tiny:nf4"]),
            ("results-import", ["results", "import", measured, "--for", "tiny"]),
            ("results-check", ["results", "check", "tiny:nf4", "--against", "tiny", "--max-drop", "acc=1"]),
            ("results-list", ["results", "list"]), ("results-list", ["results", "tiny:nf4"]),
            ("runs-import", ["runs", "import", log, "--for", "tiny", "--experiment", "e"]),
            ("runs-import", ["runs", "import", log]), ("runs-watch", ["runs", "watch", log, "--until-idle", "0"]),
            ("runs-ls", ["runs"]), ("runs-ls", ["runs", "ls", "--metric", "loss", "--where", "metrics.acc>0"]),
            ("runs-show", ["runs", "show", "run"]), ("runs-analyze", ["runs", "analyze", "run"]),
            ("runs-plot", ["runs", "plot", "run"]), ("runs-plot", ["runs", "plot", "run", "-o", folder("run.svg")]),
            ("runs-link", ["runs", "link", "run", "tiny:nf4", "--step", "2"]),
            ("register", ["register", path, "--as", "tiny", "--run", "run", "--step", "1"]),
            ("show", ["show", "tiny"]), ("runs-link", ["runs", "link", "run", "tiny:nf4", "--undo"]),
            ("runs-rm", ["runs", "rm", "run"]),
            ("note", ["note", "tiny:nf4", "loses French"]), ("note", ["note", "tiny:nf4"]),
            ("ls", ["ls"]), ("ls", ["ls", "tin"]), ("ls", ["ls", "french"]), ("show", ["show", "tiny"]),
            ("show", ["show", "tiny:nf4"]),
            ("tensors", ["tensors", "tiny"]), ("tensors", ["tensors", "tiny:nf4", "--like", "up_proj"]),
            ("tensors", ["tensors", "tiny:nf4", "--sort", "rel_rmse", "--top", "1"]),
            ("compare", ["compare", "tiny", "tiny:nf4"]), ("compare", ["compare", "tiny:nf4", "again:fp4", "tiny"]),
            ("compare", ["compare", "tiny:nf4", "tiny", "--by", "tensor"]),
            ("compare", ["compare", "tiny", "tiny:nf4", "--metric", "loss"]),
            ("compare", ["compare", "tiny", "--pareto", "x=bits_per_weight,y=rel_rmse", "-o", folder("front.svg")]),
            ("plan-infer", ["plan", "infer", "tiny", "--memory", "1MB", "--memory-utilization", "0.9"]),
            ("plan-infer", ["plan", "infer", Project.tinyLlama, "--bandwidth", "1TB/s", "--peak-flops", "1T"]),
            ("plan-train", ["plan", "train", "tiny", "--kernels", "fused", "--loss-chunk", "8"]),
            ("plan-train", ["plan", "train", Project.tinyLlama, "--data", "2", "--memory", "1GB"]),
            ("plan-variants", ["plan", "variants", "tiny", "--memory", "1GB"]),
            ("plan-variants", ["plan", "variants", Project.tinyLlama, "--memory", "9MB", "--scheme", "q8_0"]),
            ("plan-variants", ["plan", "variants", Project.tinyLlama, "--memory", "1MB", "--max-error", "0.1"]),
            ("lineage", ["lineage", "tiny:nf4"]), ("report", ["report", "tiny:nf4", "-o", folder("report.html")]),
            ("report", ["report", "tiny:nf4", "--format", "md"]), ("sql", ["sql", "SELECT * FROM artifact_summary"]),
            ("diff", ["diff", "tiny", "tiny:nf4"]), ("diff", ["diff", "tiny", "again:fp4", "--digests-only"]),
            ("diff", ["diff", "tiny", "tiny", "--tensors"]),
            ("sql", ["sql", "SELECT 1 AS a, 'x' AS a, NULL, 1.5, x'00ff'"]),
            ("note", ["note", "tiny:nf4", "--remove"]),
            ("tag", ["tag", "tiny:nf4", "small"]), ("rename", ["rename", "again", "other"]),
            ("compress", ["compress", "tiny"]), ("compress", ["compress", "tiny", "--undo"]),
            ("register", ["register", path, "--as", "tiny", "--compress", "auto"]),
            ("export", ["export", "tiny:nf4", folder("out")]), ("verify", ["verify"]), ("verify", ["verify", "tiny"]),
            ("verify", ["verify", "--sample", "50%", "--seed", "3"]), ("verify", ["verify", "--all", "--since", "1d"]),
            ("verify-rederive", ["verify", "--rederive", "tiny:nf4"]), ("repair", ["repair", "--all"]),
            ("home", ["home"]), ("doctor", ["doctor"]), ("doctor", ["doctor", "--deep"]),
            ("home", ["home", "--max-size", "1GB"]),
            ("home", ["home", "--max-size", "none"]),
            ("evict", ["evict", "tiny:nf4"]), ("ls", ["ls"]), ("verify", ["verify"]),
            ("evict", ["evict", "--undo", "tiny:nf4"]), ("evict", ["evict", "tiny:nf4", "--unproven"]),
            ("gc", ["gc", "--dry-run"]), ("gc", ["gc", "--drop-where", "tag = 'nothing'"]),
            ("backup", ["backup", folder("backup"), "--with-blobs", folder("copy")]),
            ("backup", ["backup", "--restore", folder("backup"), "--force"]),
            ("repair-catalog", ["repair", "--catalog", "--force"]),
            ("rm", ["rm", "tiny:small"]), ("rm", ["rm", "tiny:nf4"]), ("rm", ["rm", "tiny", "other", "--force"]),
            ("ls", ["ls"]),
        ]
        let looks = Set(Self.looks.map(\.schema))
        #expect(Set(commands.map(\.schema)).union(looks) == Set(try Self.schemaNames()))
        for (schema, arguments) in commands {
            let outcome = try ingot.run(arguments + ["--json"])
            #expect(outcome.exitCode == 0, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors == "", "\(arguments)")
            let faults = try SchemaValidator(command: schema).faults(in: outcome.json())
            #expect(faults.isEmpty, "\(arguments)")
        }
    }

    /// Looking at a file needs no store, so these commands are checked apart.
    static let looks: [(schema: String, arguments: [String], exitCode: Int32)] = [
        ("formats", [], 0), ("recipe-ls", ["recipe", "ls", "--schemes"], 0),
        ("recipe-show", ["recipe", "show", "q4_k_m"], 0),
        ("inspect", ["models/tiny-llama"], 0), ("inspect", ["models/tiny-llama", "--tensors"], 0),
        ("inspect", ["safetensors/all_dtypes.safetensors"], 0), ("inspect", ["safetensors/tiny-llama-sharded"], 0),
        ("inspect", ["gguf/all_kv_types.gguf", "--tensors"], 0), ("inspect", ["gguf/split-00001-of-00003.gguf"], 0),
        ("inspect", ["imatrix/mixtral.gguf", "--tensors"], 0), ("inspect", ["imatrix/gpt2.dat", "--tensors"], 0),
        ("inspect", ["torch/state_dict_zip.pt"], 0),
        ("inspect", ["torch/training.pt", "--skip-unknown", "--strip-prefix", "--state-path", "model"], 0),
        ("inspect", ["npz/deflated.npz"], 0), ("inspect", ["npz/bf16_as_void.npy", "--void-dtype", "bf16"], 0),
        ("inspect", ["onnx/inline.onnx"], 0), ("inspect", ["bitsandbytes-models/tiny-llama-bnb-nf4-dq"], 0),
        ("inspect", ["quantized/gptq-w4g128", "--tensors"], 0), ("inspect", ["quantized/ct-nvfp4"], 0),
        ("inspect", ["quantized/ct-mxfp4", "--scale-rules"], 0),
        ("inspect", ["quantized/gpt-oss-mxfp4", "--scale-rules"], 0),
        ("inspect", ["quantized/ct-nvfp4", "--scale-rules"], 0),
        ("inspect-globals", ["torch/training_plain.pt", "--globals"], 0),
        ("inspect-globals", ["torch/training.pt", "--globals"], 1),
        ("inspect-globals", ["torch/whole_module.pt", "--globals"], 1),
        ("inspect-globals", ["torch/arrays_protocol4.pkl", "--globals"], 0),
    ]

    @Test("of a look at a file fits its schema", arguments: looks)
    func everyLook(schema: String, arguments: [String], exitCode: Int32) throws {
        let ingot = IngotProcess(home: "/nonexistent")
        let command = schema.split(separator: "-").first.map(String.init) ?? schema
        let paths = arguments.prefix(1).map { Project.folder.appendingPathComponent("fixtures/\($0)").path }
        let words = arguments.first == command ? arguments : [command] + paths + arguments.dropFirst()
        let outcome = try ingot.run(words + ["--json"])
        #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
        #expect(outcome.errors == "")
        let document = try outcome.json()
        #expect(try SchemaValidator(command: schema).faults(in: document) == [])
        // A document in which nothing is found would fit as well.
        let found = document.arrayValue ?? document["tensors"]?.arrayValue ?? document["globals"]?.arrayValue
        #expect(found?.isEmpty == false || document["recipe"]?.stringValue?.isEmpty == false)
    }

    /// A refused file prints no half of a document.
    @Test("is empty for a file that is refused") func refusal() throws {
        let path = Project.folder.appendingPathComponent("fixtures/torch/training.pt").path
        let outcome = try IngotProcess(home: "/nonexistent").run(["inspect", path, "--json"])
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("argparse.Namespace"))
    }

    @Test("of an export in another format fits its schema") func exports() throws {
        let folder = try TemporaryFolder()
        let ingot = IngotProcess(home: folder("home"))
        let quantized = Project.folder.appendingPathComponent("fixtures/quantized/gptq-w4g128").path
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny", "--to", "nf4")
        try ingot.succeeding("register", quantized, "--as", "gptq")
        try ingot.succeeding("register", folder.write(TinyWeights.file(poison: 0x7F7F), to: "w.safetensors"))
        let exports: [(options: [String], format: String, outcomes: Set<String>)] = [
            (["tiny", "--format", "gguf"], "gguf", ["cast"]),
            (["tiny", "--format", "gguf", "--dtype", "q8_0"], "gguf", ["cast"]),
            (["tiny", "--format", "gguf", "--dtype", "f16", "--max-shard", "1MB"], "gguf", ["cast"]),
            (["tiny", "--format", "npz"], "npz", []), (["tiny", "--format", "npz", "--dtype", "f32"], "npz", ["cast"]),
            (["tiny", "--dtype", "f16", "--max-shard", "2MB"], "safetensors", ["cast"]),
            (["tiny:nf4", "--format", "gguf", "--dtype", "bf16"], "gguf", ["cast"]),
            (["tiny:nf4", "--dequantize", "f16"], "safetensors", ["cast"]),
            (["gptq", "--dtype", "f32"], "safetensors", ["cast"]),
            (["w", "--dtype", "f16", "--overflow", "widen"], "safetensors", ["cast", "widened"]),
            (["w", "--dtype", "f16", "--overflow", "saturate"], "safetensors", ["cast"]),
        ]
        for (index, export) in exports.enumerated() {
            let name = export.options[0]
            let outcome = try ingot.run(["export", name, folder("out\(index)"), "--json"] + export.options.dropFirst())
            #expect(outcome.exitCode == 0, "\(export.options): \(outcome.errors)")
            let document = try outcome.json()
            #expect(try SchemaValidator(command: "export").faults(in: document) == [], "\(export.options)")
            #expect(document["format"]?.stringValue == export.format)
            let outcomes = document["changes"]?.arrayValue?.compactMap { $0["outcome"]?.stringValue }
            #expect(outcomes.map { Set($0) } == export.outcomes, "\(export.options)")
        }
    }

    @Test("has a schema for every command, and a command for every schema") func everySchema() throws {
        let names = try Self.schemaNames()
        // Of a command with a schema of its own.
        let modes: Set = [
            "convert-dry-run", "prune-dry-run", "sparsify-dry-run", "merge-dry-run", "inspect-globals",
            "repair-catalog",
            "verify-rederive",
        ]
        #expect(Set(names) == Set(Self.commandsWithJSON(IngotCommand.self)).union(modes))
        let page = try String(contentsOf: Project.folder.appendingPathComponent("docs/commands.md"), encoding: .utf8)
        for name in names { #expect(page.contains("`\(name).schema.json`"), "\(name) is not in docs/commands.md") }
    }

    private static func schemaNames() throws -> [String] {
        let folder = Project.folder.appendingPathComponent("schemas/output").path
        return try FileManager.default.contentsOfDirectory(atPath: folder).map {
            $0.replacingOccurrences(of: ".schema.json", with: "")
        }
    }

    /// The commands below `command` that take `--json`, as their schemas are called: `results-add`.
    private static func commandsWithJSON(_ command: any ParsableCommand.Type, _ path: [String] = []) -> [String] {
        let below = command.configuration.subcommands
        guard below.isEmpty else {
            return below.flatMap { commandsWithJSON($0, path + [$0.configuration.commandName ?? ""]) }
        }
        return command.helpMessage(columns: 200).contains("--json") ? [path.joined(separator: "-")] : []
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
