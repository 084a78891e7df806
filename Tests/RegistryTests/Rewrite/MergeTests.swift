import Bytes
import Foundation
import Registry
import Testing

@Suite("Merges") struct MergeTests {
    /// Llamas of two layers, 16 wide, that differ by their seeds.
    static func home(vocabulary: Int = 24, layers: Int = 2) async throws -> TemporaryHome {
        let home = try TemporaryHome()
        for (name, seed) in [("base", 1), ("a", 100), ("b", 200)] as [(String, UInt64)] {
            let model = model(seed: seed, vocabulary: name == "b" ? vocabulary : 24, layers: layers)
            try await home.register(try model.write(to: home.path(name)), as: name)
        }
        return home
    }

    static func model(seed: UInt64, vocabulary: Int = 24, layers: Int = 2) -> MadeModel {
        var model = MadeModel()
        model.config = """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": \(layers),
            "hidden_size": 16, "tie_word_embeddings": false}
            """
        model.add("model.embed_tokens.weight", [vocabulary, 16], seed: seed)
        model.add("lm_head.weight", [vocabulary, 16], seed: seed + 1)
        model.add("model.norm.weight", [16], seed: seed + 2)
        for layer in 0..<layers {
            let seed = seed + 10 * UInt64(layer + 1)
            model.add("model.layers.\(layer).self_attn.q_proj.weight", [16, 16], seed: seed)
            model.add("model.layers.\(layer).mlp.up_proj.weight", [32, 16], seed: seed + 1)
            model.add("model.layers.\(layer).input_layernorm.weight", [16], seed: seed + 2)
        }
        return model
    }

    static func merge(
        _ yaml: String, in home: TemporaryHome, as name: String = "mix", threads: Int? = nil
    ) async throws -> MergeReport {
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: home.path("mix.yaml")))
        var request = MergeRequest(.recipe(path: home.path("mix.yaml")))
        request.newName = name
        request.threadCount = threads
        return try await home.registry.merge(request)
    }

    private static let ties = """
        merge_method: ties
        base_model: base
        models:
          - {model: a, parameters: {weight: 1, density: 0.5}}
          - {model: b, parameters: {weight: 0.5, density: 0.5}}
        """

    @Test("keep lineage, kind and error, are no work again, and are derived again") func lineage() async throws {
        let home = try await Self.home()
        let report = try await Self.merge(Self.ties, in: home)
        #expect(report.outcome == "merged" && report.method == "ties" && report.scheme == "bf16")
        #expect(report.parents.map(\.name) == ["base", "a", "b"])
        #expect(report.relativeRmse.map { $0 > 0 } == true)
        let detail = try home.registry.show("mix")
        #expect(detail.artifact.kind == "merged" && detail.parents.count == 3)
        #expect(detail.layerCount == 2 && detail.tensorCount == 9)
        #expect(try await Self.merge(Self.ties, in: home, as: "again").outcome == "unchanged")
        #expect(try await home.registry.rederive("mix").outcome == "proven")
    }

    @Test("give the same bytes on any number of threads, and for one seed", arguments: ["dare_ties", "dare_linear"])
    func deterministic(method: String) async throws {
        var digests: [String] = []
        for (threads, seed) in [(1, 3), (4, 3), (1, 4)] {
            let home = try await Self.home()
            let yaml = Self.ties.replacing("ties", with: method) + "\nseed: \(seed)\n"
            digests.append(try await Self.merge(yaml, in: home, threads: threads).digest)
        }
        #expect(digests[0] == digests[1] && digests[0] != digests[2])
    }

    @Test("stack layers, renumbered, whose bytes are stored once") func stack() async throws {
        let home = try await Self.home()
        let report = try await Self.merge(
            """
            merge_method: passthrough
            slices:
              - sources: [{model: a, layer_range: [0, 2]}]
              - sources: [{model: b, layer_range: [1, 2]}]
              - sources: [{model: a, layer_range: [1, 2]}]
            """, in: home)
        let made = Dictionary(uniqueKeysWithValues: try home.registry.tensors(of: "mix").map { ($0.name, $0.digest) })
        let a = Dictionary(uniqueKeysWithValues: try home.registry.tensors(of: "a").map { ($0.name, $0.digest) })
        let b = Dictionary(uniqueKeysWithValues: try home.registry.tensors(of: "b").map { ($0.name, $0.digest) })
        #expect(made.count == 3 + 4 * 3)
        let up = "mlp.up_proj.weight"
        #expect(made["model.layers.1.\(up)"] == a["model.layers.1.\(up)"])
        #expect(made["model.layers.2.\(up)"] == b["model.layers.1.\(up)"])
        #expect(made["model.layers.3.\(up)"] == a["model.layers.1.\(up)"])
        #expect(made["lm_head.weight"] == a["lm_head.weight"])
        #expect(report.changedTensorCount == 0 && report.relativeRmse == nil)
        #expect(try home.registry.show("mix").layerCount == 4)
    }

    @Test("of equal models are the model itself", arguments: ["linear", "ties", "task_arithmetic"])
    func same(method: String) async throws {
        let home = try TemporaryHome()
        let folder = try Self.model(seed: 5).write(to: home.path("m"))
        try await home.register(folder, as: "a")
        try await home.register(folder, as: "b")
        let base = method == "linear" ? "" : "base_model: a\n"
        let report = try await Self.merge(
            "merge_method: \(method)\n\(base)models: [{model: a, parameters: {weight: 0.3}}, "
                + "{model: b, parameters: {weight: 0.9}}]\n", in: home)
        let made = try home.registry.tensors(of: "mix").map(\.digest)
        #expect(made == (try home.registry.tensors(of: "a").map(\.digest)) && report.changedTensorCount == 0)
    }

    @Test("are forecast to the byte, and write nothing then") func forecast() async throws {
        let home = try await Self.home()
        let stored = try home.storedFiles()
        try Data(Self.ties.utf8).write(to: URL(fileURLWithPath: home.path("mix.yaml")))
        var request = MergeRequest(.recipe(path: home.path("mix.yaml")))
        request.newName = "mix"
        let forecast = try home.registry.planMerge(request)
        #expect(try home.storedFiles() == stored)
        let report = try await home.registry.merge(request)
        #expect(forecast.bytes == report.logicalBytes && forecast.recipeDigest == report.recipeDigest)
    }

    @Test("refuse models that do not fit, naming tensor and remedy, and leave nothing behind") func refused()
        async throws
    {
        let home = try await Self.home(vocabulary: 25)
        let linear = "merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}, "
        let cases = [
            (
                linear + "{model: b, parameters: {weight: 1}}]", "the vocabulary has 24 entries in a and 25 in b",
                "one vocabulary"
            ),
            (
                linear + "{model: gone, parameters: {weight: 1}}]", "the recipe's model 'gone' is not in the store",
                "ingot register"
            ),
            (linear + "{model: base}]", "linear needs the parameter 'weight' of base", "filter"),
            (linear + "{model: base, parameters: {weight: -1}}]", "add up to 0", "normalize: false"),
            (
                "merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [1, 3]}]}]",
                "a has 2 layers, and a slice asks for layer 2", "layer_range"
            ),
            (
                "merge_method: ties\nbase_model: base\nmodels: [{model: a, parameters: {weight: 1, density: 1.5}}]",
                "the density of a is 1.5", "Correct"
            ),
        ]
        let stored = try home.storedFiles()
        for (yaml, problem, remedy) in cases {
            let error = try await #require(throws: (any Error).self) { try await Self.merge(yaml, in: home) }
            #expect("\(error)".contains(problem) && "\(error)".contains(remedy), "\(error)")
            #expect(try home.storedFiles() == stored)
        }
        #expect(try home.registry.list().count == 3)
    }

    @Test("refuse tokenizers that number tokens otherwise") func tokenizers() async throws {
        let home = try TemporaryHome()
        for (name, token) in [("a", "x"), ("b", "y")] {
            let folder = try Self.model(seed: 1).write(to: home.path(name))
            try Data(#"{"model": {"type": "BPE", "vocab": {"\#(token)": 0, "z": 1}, "merges": []}}"#.utf8).write(
                to: URL(fileURLWithPath: folder + "/tokenizer.json"))
            try await home.register(folder, as: name)
        }
        let error = try await #require(throws: FormatError.self) {
            try await Self.merge(
                "merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]",
                in: home)
        }
        #expect(error.tensor == "model.embed_tokens.weight" && error.problem.contains("different vocabularies"))
    }
}
