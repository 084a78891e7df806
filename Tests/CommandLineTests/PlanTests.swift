import Bytes
import Foundation
import Testing

@testable import CommandLine

/// What the built command plans.
@Suite("Plans", .timeLimit(.minutes(20))) struct PlanTests {
    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
    }

    private func config(layers: Int, hidden: Int, heads: Int, keyValueHeads: Int, width: Int) throws -> String {
        let text = """
            {"model_type":"llama","architectures":["LlamaForCausalLM"],"num_hidden_layers":\(layers),
             "hidden_size":\(hidden),"num_attention_heads":\(heads),"num_key_value_heads":\(keyValueHeads),
             "intermediate_size":\(width),"vocab_size":32000,"max_position_embeddings":4096,"rms_norm_eps":1e-5,
             "tie_word_embeddings":false,"hidden_act":"silu"}
            """
        return try folder.write(Array(text.utf8), to: "\(hidden).json")
    }

    private func llama70B() throws -> String {
        try config(layers: 80, hidden: 8192, heads: 64, keyValueHeads: 8, width: 28_672)
    }

    private static func figure(_ name: String, of row: JSONValue?) -> Int? {
        row?["figures"]?.arrayValue?.first { $0["name"]?.stringValue == name }?["bytes"]?.intValue
    }

    /// The question that a plan must answer: 70 B parameters in 24 GB.
    @Test("say why 70 B parameters do not fit into 24 GB, and what would") func seventy() throws {
        let arguments = ["plan", "variants", try llama70B(), "--memory", "24GB", "--max-error", "0.1"]
        let outcome = try ingot.run(arguments)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        for words in [
            "worth making: nothing within the limits", "the weights alone take 36.4 GB of 24.0 GB",
            "the weights alone take 38.9 GB of 24.0 GB", "2.78 bits per weight", "fits on 2 devices of 24.0 GB",
            "a smaller model", "would fit after a cut, quality unknown until measured:", "--mlp 0.5 --multiple-of 256",
            "a cut model: gguf-iq4_xs after 'ingot prune ", "unknown until it is measured",
        ] { #expect(outcome.output.contains(words), "\(words)") }
        // A table of 20 rows each, and what stands around them.
        #expect(outcome.output.split(separator: "\n").count < 90)
        let schemes = ["q4_0", "nf4-dq", "tq1_0"].flatMap { ["--scheme", $0] }
        let report = try ingot.run(arguments + schemes + ["--json"]).json()
        func candidate(_ scheme: String) -> JSONValue? {
            report["candidates"]?.arrayValue?.first {
                $0["scheme"]?.stringValue == scheme && $0["pruning"] == .null
            }
        }
        let cuts = (report["candidates"]?.arrayValue ?? []).filter { $0["pruning"] != .null }
        #expect(cuts.allSatisfy { $0["rel_rmse"] == .null && $0["outcome"]?.stringValue != "front" })
        // Half of three matrices of 28,672 channels in each of 80 layers: a cut that fits.
        let half = cuts.first {
            $0["pruning"]?["options"]?.stringValue == "--mlp 0.5 --multiple-of 256"
                && $0["outcome"]?.stringValue == "quality unknown" && $0["scheme"]?.stringValue == "bnb-nf4-dq"
        }
        #expect(half?["pruning"]?["parameters"]?.intValue == 68_976_648_192 - 80 * 3 * 8192 * 14_336)
        #expect(half?["verdict"]?.stringValue == "tight" || half?["verdict"]?.stringValue == "fits")
        // Q4_0 but for a Q6_K head and F32 norms.
        #expect(Self.figure("weights", of: candidate("gguf-q4_0")) == 38_871_482_368)
        // Nested NF4 and the rest in BF16, and the tables of 560 matrices: 16 and 256 F32 numbers each.
        #expect(Self.figure("weights", of: candidate("bnb-nf4-dq")) == 36_362_993_664 + 560 * (64 + 1024))
        #expect(candidate("bnb-nf4-dq")?["outcome"]?.stringValue == "too large")
        #expect(candidate("bnb-nf4-dq")?["devices"]?.intValue == 2)
        #expect(candidate("gguf-tq1_0")?["outcome"]?.stringValue == "too much error")
    }

    @Test("need no store for a config.json") func noStore() throws {
        let outcome = try IngotProcess(home: "/nonexistent").run([
            "plan", "infer", try config(layers: 32, hidden: 4096, heads: 32, keyValueHeads: 32, width: 11_008),
            "--memory", "14GB", "--json",
        ])
        let report = try outcome.json()
        #expect(report["model"]?["parameters"]?.intValue == 6_738_415_616)
        let rows = report["rows"]?.arrayValue
        #expect(rows?.map { $0["name"]?.stringValue } == ["f32", "bf16"])
        #expect(Self.figure("weights", of: rows?[1]) == 13_476_831_232)
        #expect(Self.figure("cache", of: rows?[1]) == 2 << 30)
        #expect(rows?[1]["verdict"]?.stringValue == "does not fit")
    }

    /// The plan of a model in the store, that of its config.json alone, and the conversion's own forecast agree.
    @Test(
        "have the bytes of the conversion, with and without the weights",
        arguments: ["q4_0", "q4_k_m", "nf4", "affine4", "gptq-4-g128", "ct-int4-g128", "bnb-int8"])
    func conversionBytes(scheme: String) throws {
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny")
        let forecast = try ingot.run(["convert", "tiny", "--to", scheme, "--dry-run", "--json"]).json()
        var planned: [Int?] = []
        for model in ["tiny", Project.tinyLlama] {
            let report = try ingot.run(["plan", "infer", model, "--weights", scheme, "--json"]).json()
            planned.append(Self.figure("weights", of: report["rows"]?.arrayValue?.first))
        }
        var bytes = 0
        for tensor in forecast["tensors"]?.arrayValue ?? [] { bytes += tensor["bytes"]?.intValue ?? 0 }
        if scheme == "nf4" {
            // The forecast has the text of each matrix's state, which is no part of the memory.
            #expect(planned[0] == planned[1])
            #expect((planned[0] ?? 0) < bytes && (planned[0] ?? 0) > bytes - 28 * 200)
        } else {
            #expect(planned == [bytes, bytes])
        }
    }

    @Test("take errors and results from the catalog, where it has them") func measured() throws {
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny", "--to", "nf4")
        try ingot.succeeding("results", "add", "tiny:nf4", "loss=2.5", "--task", "heldout")
        let report = try ingot.run(["plan", "variants", "tiny", "--memory", "1GB", "--json"]).json()
        let rows = report["candidates"]?.arrayValue ?? []
        func whole(_ scheme: String, _ rows: [JSONValue]) -> JSONValue? {
            rows.first { $0["scheme"]?.stringValue == scheme && $0["pruning"] == .null }
        }
        let variant = whole("bnb-nf4", rows)
        let shown = try ingot.run(["ls", "--json"]).json().arrayValue?.first { $0["tag"]?.stringValue == "nf4" }
        #expect(variant?["rel_rmse"]?.doubleValue == shown?["rel_rmse"]?.doubleValue)
        #expect(variant?["rel_rmse_evidence"]?.stringValue == "measured")
        #expect(variant?["variant"]?.stringValue == "tiny:nf4")
        #expect(variant?["results"]?.arrayValue?.first?["value"]?.doubleValue == 2.5)
        let other = whole("bnb-fp4", rows)
        #expect(other?["rel_rmse_evidence"]?.stringValue == "estimate")
        // What normal numbers lose is near what this model's weights lose.
        try ingot.succeeding("convert", "tiny", "--to", "fp4")
        let again = try ingot.run(["plan", "variants", "tiny", "--memory", "1GB", "--scheme", "fp4", "--json"]).json()
        let true4 = whole("bnb-fp4", again["candidates"]?.arrayValue ?? [])
        let ratio = (other?["rel_rmse"]?.doubleValue ?? 0) / (true4?["rel_rmse"]?.doubleValue ?? 1)
        #expect(ratio > 0.8 && ratio < 1.25)
        #expect(rows.first?["outcome"]?.stringValue == "front")
        #expect(rows.first?["scheme"]?.stringValue == "as stored")
    }

    @Test("of an unknown architecture leave out what no formula gives") func unknown() throws {
        try ingot.succeeding("register", folder.write(TinyWeights.file(), to: "weights.safetensors"))
        let report = try ingot.run(["plan", "train", "weights", "--recipe", "fp32", "--json"]).json()
        #expect(report["model"]?["has_formulas"]?.boolValue == false)
        let row = report["rows"]?.arrayValue?.first
        #expect(Self.figure("weights", of: row) == 4 * 2 * 64 * 64)
        #expect(Self.figure("total", of: row) == 16 * 2 * 64 * 64)
        let activations = row?["figures"]?.arrayValue?.first { $0["name"]?.stringValue == "activations" }
        #expect(activations?["bytes"] == .null)
        #expect(activations?["formula"]?.stringValue?.contains("unknown") == true)
        let text = try ingot.run(["plan", "train", "weights"]).output
        #expect(text.contains("unknown"))
    }

    @Test("tell what a measured speed is of the devices' peak, and what buckets take") func speed() throws {
        let report = try ingot.run(
            [
                "plan", "train", try llama70B(), "--data", "8", "--zero", "2", "--recipe", "mixed", "--buckets", "500M",
                "--peak-flops", "989T", "--tokens-per-second", "7000", "--recompute", "full", "--json",
            ]
        ).json()
        func value(_ name: String) -> Double? {
            report["figures"]?.arrayValue?.first { $0["name"]?.stringValue == name }?["value"]?.doubleValue
        }
        let needed = value("operations per token") ?? 0
        #expect(abs((value("MFU") ?? 0) / (7000 * needed / (8 * 989e12)) - 1) < 1e-12)
        #expect(abs((value("HFU") ?? 0) / (value("MFU") ?? 1) - 4.0 / 3) < 1e-12)
        let row = report["rows"]?.arrayValue?.first { $0["offload"]?.stringValue == "none" }
        #expect(Self.figure("buckets", of: row) == 2_000_000_000)
    }

    @Test("print both units and every mark") func text() throws {
        let text = try ingot.succeeding("plan", "train", llama70B(), "--data", "8", "--memory", "80GB").output
        for words in ["GB", "GiB", "[X]", "[M]", "[P]", "[E]", "ZeRO-3", "host", "does not fit"] {
            #expect(text.contains(words), "\(words)")
        }
        let latency = try ingot.succeeding(
            "plan", "infer", llama70B(), "--weights", "bf16", "--bandwidth", "3.35TB/s", "--memory", "80GB",
            "--tensor", "2", "--memory-utilization", "0.9"
        ).output
        for words in [
            "MLPerf's limits", "within reach", "0.2 s [P] = MLPerf inference", "≥ 20.71 ms [E]",
            "0.9 of it for the engine", "72.0 GB",
        ] { #expect(latency.contains(words), "\(words) in \(latency)") }
    }

    @Test(
        "refuse what contradicts itself, naming the fields and their values",
        arguments: [
            (["infer", "--tensor", "3"], ["tensor (3)", "heads (64)"]),
            (["infer", "--batch", "0"], ["batch is 0"]),
            (["infer", "--context=-5"], ["context is -5"]),
            (["infer", "--batch", "99999999999"], ["batch is 99999999999", "2147483648"]),
            (["train", "--pipeline", "4", "--accumulate", "\(Int.max)"], ["micro-batches is"]),
            (["infer", "--cache", "int3"], ["'int3'", "q8_0"]),
            (["infer", "--weights", "nf5"], ["nf5"]),
            (["train", "--data", "2", "--tensor", "2", "--world", "8"], ["world (8)", "2 · 2 · 1 = 4"]),
            (["train", "--pipeline", "3", "--accumulate", "3"], ["pipeline (3)", "layers (80)"]),
            (["train", "--pipeline", "4", "--accumulate", "2"], ["2 micro-batches", "4 pipeline"]),
            (["train", "--pipeline", "4", "--accumulate", "6", "--chunks", "2"], ["6 micro-batches", "chunks is 2"]),
            (["train", "--zero", "4"], ["stage 4"]),
            (["train", "--zero", "2", "--offload", "all"], ["stage 2", "stage 3"]),
            (["train", "--zero", "3", "--offload", "all", "--recipe", "fp32"], ["'fp32'", "mixed"]),
            (["train", "--tensor", "8", "--machines", "2"], ["tensor (8)", "4 devices", "--tensor-across-machines"]),
            (["train", "--kernels", "most"], ["'most'", "fused"]),
            (["train", "--loss-chunk", "0"], ["loss-chunk is 0"]),
            (["train", "--recompute", "most"], ["'most'", "projections"]),
            (["variants", "--memory", "24GB", "--prune", "mlp"], ["'mlp' is no cut", "mlp=0.25"]),
            (["variants", "--memory", "24GB", "--prune", "experts=0.5"], ["no experts"]),
            (["train", "--recipe", "fp64"], ["'fp64'", "megatron-bf16"]),
            (["variants", "--memory", "24GB", "--max-error=-1"], ["max-error is -1"]),
            (["variants", "--memory", "24GB", "--scheme", "mxfp4"], ["mxfp4", "mlx-mxfp4"]),
        ])
    func refusal(arguments: [String], words: [String]) throws {
        let outcome = try ingot.run(["plan", arguments[0], try llama70B()] + arguments.dropFirst())
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    }

    @Test(
        "refuse limits that are none as misuse",
        arguments: [
            ["infer", "--memory", "0"], ["infer", "--memory", "-3GB"], ["infer", "--bandwidth", "0"],
            ["infer", "--bandwidth", "nan"], ["infer", "--peak-flops", "-1T"], ["variants"],
            ["variants", "--memory", "inf"], ["train", "--tokens", "2T"], ["train", "--mfu", "2"],
            ["infer", "--memory-utilization", "0.9"], ["infer", "--memory", "1GB", "--memory-utilization", "1.5"],
            ["variants", "--memory", "1GB", "--context", "1,,2"], ["train", "--tokens-per-second", "9"],
            ["variants", "--memory", "1GB", "--prune", "none", "--prune", "mlp=0.5"],
        ])
    func misuse(arguments: [String]) throws {
        let outcome = try ingot.run(["plan", arguments[0], try llama70B()] + arguments.dropFirst())
        #expect(outcome.exitCode == 64, "\(outcome.errors)")
        #expect(outcome.output == "")
    }

    @Test("name the file of a config.json that cannot be read") func badConfig() throws {
        let cases: [(text: String, words: [String])] = [
            (#"{"model_type":"llama","hidden_size":64}"#, ["bad.json", "num_attention_heads"]),
            (#"{"model_type":"mamba2"}"#, ["bad.json", "mamba2", "llama"]), ("{}", ["bad.json", "model_type"]),
            ("{", ["bad.json"]),
        ]
        for (text, words) in cases {
            let path = try folder.write(Array(text.utf8), to: "bad.json")
            let outcome = try ingot.run(["plan", "infer", path])
            #expect(outcome.exitCode == 1)
            for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
        }
        #expect(try ingot.run(["plan", "infer", folder("missing.json")]).errors.contains("missing.json"))
        #expect(try ingot.run(["plan", "infer", "nothing"]).errors.contains("nothing"))
    }

    @Test(
        "read rates as people write them",
        arguments: [
            ("989T", 989e12), ("989TFLOP/s", 989e12), ("989 TFLOPS", 989e12), ("3.35TB/s", 3.35e12), ("2e12", 2e12),
            ("450G", 450e9), ("1", 1), ("T", nil), ("-1T", nil), ("0", nil), ("nan", nil), ("1X", nil),
        ] as [(String, Double?)])
    func rates(text: String, value: Double?) { #expect(Rate(argument: text)?.value == value) }
}
