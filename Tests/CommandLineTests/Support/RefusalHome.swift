import Bytes
import Foundation
import Registry
import Testing

/// A store with models that transforms refuse to make something of, with the files that they are told by.
struct RefusalHome: Sendable {
    let folder: TemporaryFolder
    let ingot: IngotProcess
    /// What is there before anything is refused.
    let before: [String]

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
        let models: [(name: String, model: TinyModel)] = [
            ("m", .llama()), ("other", .llama()), ("tokens", .llama(tokens: 24)), ("wide", .llama(mlp: 32)),
            ("odd", .llama(mlp: 22)), ("twice", .llama(stores: true)), ("alien", .llama(family: "mamba")),
            ("mix", .mixtral()),
        ]
        var arguments = ["register"]
        for (seed, entry) in models.enumerated() {
            var model = entry.model
            model.seed = UInt64(seed) + 1
            arguments.append(try model.write(to: entry.name, in: folder))
        }
        try Self.succeed(try ingot.run(arguments))
        for scheme in ["nf4", "q4_0"] { try ingot.succeeding("convert", "mix", "--to", scheme) }
        try Self.writeAdapters(folder)
        try Self.writeRecipes(folder)
        try Self.writeStatistics(folder)
        before = try Self.listing(folder)
    }

    /// Everything in the folder: files with their sizes and digests, and what the catalog holds.
    func now() throws -> [String] { try Self.listing(folder) }

    private static func succeed(_ outcome: IngotProcess.Outcome) throws {
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
    }

    private static func listing(_ folder: TemporaryFolder) throws -> [String] {
        let home = folder("home")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            // The database's own files change with every reader; their content is compared below.
            .filter { !$0.hasPrefix("home/catalog.sqlite") }
            .map { name -> String in
                var isFolder: ObjCBool = false
                _ = FileManager.default.fileExists(atPath: folder(name), isDirectory: &isFolder)
                if isFolder.boolValue { return "\(name)/" }
                let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder(name))))
                return "\(name) \(bytes.count) \(Digest(of: bytes).hex)"
            }
        var rows: [String] = []
        let registry = try ModelRegistry(home: home, access: .readOnly)
        _ = try registry.query(
            """
            SELECT 'artifact ' || digest FROM artifact UNION ALL SELECT 'blob ' || digest || storage FROM blob
            UNION ALL SELECT 'tag ' || name || artifact_id || moved_at FROM tag
            UNION ALL SELECT 'moves ' || count(*) FROM tag_move UNION ALL SELECT 'versions ' || count(*) FROM version
            UNION ALL SELECT 'derivations ' || count(*) FROM derivation
            UNION ALL SELECT 'removals ' || count(*) FROM removal
            UNION ALL SELECT 'pins ' || count(*) FROM job_blob UNION ALL SELECT 'exports ' || count(*) FROM export
            UNION ALL SELECT 'running ' || count(*) FROM job WHERE state = 'running'
            """, columns: { _ in }, row: { rows.append("\($0)") })
        return (files + rows).sorted()
    }

    // MARK: Files

    private static func writeAdapters(_ folder: TemporaryFolder) throws {
        let query = "base_model.model.model.layers.0.self_attn.q_proj"
        func write(
            _ name: String, module: String = query, a: [Int]? = [2, 16], b: [Int]? = [16, 2], poison: UInt16? = nil,
            config: String = ""
        ) throws {
            let factors = [a.map { (module + ".lora_A.weight", $0) }, b.map { (module + ".lora_B.weight", $0) }]
            try folder.write(
                TinyWeights.file(factors.compactMap(\.self), poison: poison), to: name + "/adapter_model.safetensors")
            try folder.write(
                Array(#"{"peft_type": "LORA", "r": 2, "lora_alpha": 4\#(config)}"#.utf8),
                to: name + "/adapter_config.json")
        }
        try write("lora-wide", a: [2, 24])
        try write("lora-rank", a: [3, 16])
        try write(
            "lora-elsewhere", module: "base_model.model.transformer.h.0.attn.c_attn",
            config: #", "base_model_name_or_path": "org/elsewhere""#)
        try write("lora-nan", poison: 0x7FC0)
        try write("lora-half", b: nil)
        try write("lora-kind", config: #", "layer_replication": [[0, 2]]"#)
    }

    private static func writeStatistics(_ folder: TemporaryFolder) throws {
        let header = """
            {"__metadata__":{"format":"ingot-activation-statistics","tokens":"8"},
            "model.layers.0.mlp.down_proj.mean_square":{"dtype":"F32","shape":[7],"data_offsets":[0,28]}}
            """
        let ones = [[UInt8]](repeating: [0, 0, 0x80, 0x3F], count: 7).joined()
        try folder.write(TinyWeights.file(header: header, data: Array(ones)), to: "other.statistics")
    }

    private static func writeRecipes(_ folder: TemporaryFolder) throws {
        let merge = "merge_method: linear\nmodels:\n"
        func pair(_ one: String, _ other: String) -> String {
            merge + "- {model: \(one), parameters: {weight: 1}}\n- {model: \(other), parameters: {weight: 1}}\n"
        }
        let step = "- {id: a, transform: cast, parameters: {dtype: f32}"
        let documents = [
            "tokens.yaml": pair("m", "tokens"), "shapes.yaml": pair("m", "wide"), "nowhere.yaml": pair("m", "nobody"),
            "key.yaml": merge + "- {model: m, wieght: 1}\n",
            "method.yaml": "merge_method: breadcrumbs\nmodels: [{model: m}]\n",
            "bomb.yaml": "a: &a [x, x]\nb: &b [*a, *a]\nmerge_method: linear\nmodels: [*b, *b]\n",
            "deep.yaml": "merge_method: linear\nmodels: " + String(repeating: "[", count: 5000) + "\n",
            "stack.yaml": "merge_method: passthrough\nslices: [{sources: [{model: m, layer_range: [1, 9]}]}]\n",
            "circle.yaml": "steps:\n\(step), from: b}\n- {id: b, transform: cast, parameters: {dtype: f16}, from: a}\n",
            "from.yaml": "steps:\n\(step), from: quantised}\n",
            "gate.yaml": "steps:\n\(step), gates: {max_rmse: 0.1}}\n",
            "otherwise.yaml": "steps:\n\(step), gates: {min_saving: 0.5}, otherwise: smaller}\n",
            "list.yaml":
                "steps:\n- {transform: prune, parameters: {vocabulary_list: \(String(repeating: "0", count: 64))}}\n",
            "ids.txt": "[3, 99]", "blank.txt": "\n",
        ]
        for (name, text) in documents { try folder.write(Array(text.utf8), to: name) }
    }
}
