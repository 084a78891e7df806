import Bytes
import Foundation
import Numbers
import Registry
import Testing

/// What pruning refuses: with the tensor or the option, and what to do; and the store stays as it was.
@Suite("Prune refuses") struct PruneRefusalTests {
    private func expectRefusal(
        _ home: TemporaryHome, _ name: String = "m", saying words: String...,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ change: (inout PruneRequest) -> Void
    ) async throws {
        var request = PruneRequest(name: name)
        change(&request)
        let before = try home.storedFiles()
        let prepared = request
        let error = await #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
            _ = try await home.registry.prune(prepared)
        }
        let text = error.map { "\($0)" } ?? ""
        for word in words { #expect(text.contains(word), "\(text)", sourceLocation: sourceLocation) }
        #expect(try home.storedFiles() == before, sourceLocation: sourceLocation)
        #expect(try home.registry.list().allSatisfy { $0.kind != "pruned" }, sourceLocation: sourceLocation)
    }

    @Test("shares, multiples, layers, heads and experts that leave no model") func options() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        try await expectRefusal(home, saying: "--mlp is 1.0", "0.25") { $0.mlp = 1 }
        try await expectRefusal(home, saying: "--hidden is -0.5") { $0.hidden = -0.5 }
        try await expectRefusal(home, saying: "multiple 64", "--multiple-of") {
            $0.mlp = 0.5
            $0.multiple = 64
        }
        try await expectRefusal(home, saying: "--multiple-of is 0") {
            $0.mlp = 0.5
            $0.multiple = 0
        }
        try await expectRefusal(home, saying: "no layer 7", "0 to 2") { $0.layers = "7" }
        try await expectRefusal(home, saying: "'1-'", "3,7") { $0.layers = "1-" }
        try await expectRefusal(home, saying: "--keep-layers") {
            $0.layers = "1"
            $0.keptLayers = "0"
        }
        try await expectRefusal(home, saying: "2 groups", "--kv-groups") { $0.heads = 0.25 }
        try await expectRefusal(home, saying: "--experts", "no experts") { $0.experts = 0.5 }
        try await expectRefusal(home, saying: "nothing is to be cut") { _ in }
        try await expectRefusal(home, saying: "--statistics") {
            $0.mlp = 0.5
            $0.repairs = true
        }
    }

    @Test("fewer experts than a token goes through") func experts() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.mixtral(), as: "m")
        try await expectRefusal(home, saying: "1 of 4 experts", "goes through 2") { $0.experts = 0.75 }
    }

    @Test("a family that it does not know, and a model without config.json") func family() async throws {
        let home = try TemporaryHome()
        var model = PrunableModel.llama()
        model.config = model.config?.replacing("\"model_type\": \"llama\"", with: "\"model_type\": \"mamba\"")
        try await home.register(model, as: "m")
        try await expectRefusal(home, saying: "mamba", "llama") { $0.mlp = 0.5 }
        model.config = nil
        try await home.register(model, as: "bare")
        try await expectRefusal(home, "bare", saying: "config.json") { $0.mlp = 0.5 }
    }

    @Test("a tensor that it would leave uncut, or that contradicts config.json") func tensors() async throws {
        let home = try TemporaryHome()
        var model = PrunableModel.llama()
        model.add("model.layers.0.mlp.gate_proj.lora_A", [4, 16], seed: 9)
        try await home.register(model, as: "m")
        try await expectRefusal(home, saying: "gate_proj.lora_A", "Remove it") { $0.mlp = 0.5 }
        model = PrunableModel.llama()
        model.config = model.config?.replacing("\"intermediate_size\": 24", with: "\"intermediate_size\": 25")
        try await home.register(model, as: "other")
        try await expectRefusal(home, "other", saying: "proj.weight", "[16, 25]", "config.json") { $0.mlp = 0.5 }
    }

    @Test("tied embeddings of which one would be cut by the other's scores") func tied() async throws {
        let home = try TemporaryHome()
        var model = PrunableModel.llama(ties: false)
        model.config = model.config?.replacing("\"tie_word_embeddings\": false", with: "\"tie_word_embeddings\": true")
        try await home.register(model, as: "m")
        try await expectRefusal(home, saying: "lm_head.weight", "tie_word_embeddings") { $0.hidden = 0.5 }
    }

    @Test("a cut through blocks") func quantized() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.mixtral(), as: "m")
        for scheme in ["nf4", "q8_0"] {
            _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
            try await expectRefusal(home, "m:\(scheme)", saying: "quantized", "--mlp", "convert the result") {
                $0.mlp = 0.5
            }
            try await expectRefusal(home, "m:\(scheme)", saying: "--vocabulary") { $0.vocabulary = "20" }
        }
    }

    @Test("layers of GGUF that would attend otherwise, as it has no key for it") func kindsOfLayers() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.gemma2(), as: "g")
        try await home.export("g", to: "m.gguf", .gguf)
        try await home.register(home.path("m.gguf"), as: "m")
        try await expectRefusal(home, saying: "layer 1 would become layer 0", "whole periods") { $0.layers = "0" }
        var request = PruneRequest(name: "m")
        request.layers = "0,1"
        let report = try await home.registry.prune(request)
        #expect(report.sizes?.layers == [2, 3])
    }

    @Test("weights without a rank, and where they are") func notFinite() async throws {
        let home = try TemporaryHome()
        var model = PrunableModel.llama()
        let place = try #require(model.tensors.firstIndex { $0.name == "model.layers.2.mlp.up_proj.weight" })
        model.tensors[place].bytes[1] = 0x7F
        model.tensors[place].bytes[0] = 0xC0
        try await home.register(model, as: "m")
        try await expectRefusal(home, saying: "layer 2", "not finite") { $0.mlp = 0.5 }
    }

    @Test("tokens that are none, and special ones that would go") func vocabulary() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m", tokenizer: PrunableModel.tokenizer)
        func list(_ text: String) throws -> String {
            let path = home.path("list-\(UUID().uuidString)")
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return path
        }
        let unknown = try list("abcd\nxyz\n"), beyond = try list("[3, 20]"), empty = try list(""),
            odd = try list("[1.5]")
        try await expectRefusal(home, saying: "'xyz'", "tokenizer.json") { $0.vocabulary = unknown }
        try await expectRefusal(home, saying: "the id 20") { $0.vocabulary = beyond }
        try await expectRefusal(home, saying: "no tokens") { $0.vocabulary = empty }
        try await expectRefusal(home, saying: "1.5") { $0.vocabulary = odd }
        try await expectRefusal(home, saying: "cut nothing") { $0.vocabulary = "20" }
        try await expectRefusal(home, saying: "13 tokens cannot go") { $0.vocabulary = "5" }
        try await expectRefusal(home, saying: "missing.txt") { $0.vocabulary = home.path("missing.txt") }
    }

    @Test("ids of configurations that no row of the embedding belongs to", arguments: ["20", "9223372036854775807"])
    func idsBeyondTheRows(id: String) async throws {
        let home = try TemporaryHome()
        var model = PrunableModel.llama()
        model.config = model.config?.replacing("\"eos_token_id\": 2", with: "\"eos_token_id\": \(id)")
        try await home.register(model, as: "m", tokenizer: PrunableModel.tokenizer)
        try await expectRefusal(home, saying: "config.json", "eos_token_id", "20 rows") { $0.vocabulary = "15" }
    }

    @Test("statistics of another model, and files that are none") func statistics() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let path = home.path("statistics.safetensors")
        try StatisticsFile([("model.layers.0.mlp.down_proj.mean_square", [23])]).write(to: path)
        try await expectRefusal(home, saying: "23 inputs", "24") {
            $0.mlp = 0.5
            $0.statisticsPath = path
        }
        try StatisticsFile([("model.layers.0.mlp.down_proj.mean_square", [24])]).write(to: path)
        try await expectRefusal(home, saying: "model.layers.1.mlp", "Measure") {
            $0.mlp = 0.5
            $0.statisticsPath = path
        }
        try StatisticsFile([("x.second_moment", [3, 4])]).write(to: path)
        try await expectRefusal(home, saying: "x.second_moment", "[3, 4]") {
            $0.mlp = 0.5
            $0.statisticsPath = path
        }
        try StatisticsFile([("model.layers.0.mlp.down_proj.mean_square", [24])]).write(to: path)
        try await expectRefusal(home, saying: "--statistics", "none are to be cut") {
            $0.layers = "1"
            $0.statisticsPath = path
        }
        let weights = home.path("source-m/model.safetensors")
        try await expectRefusal(home, saying: "ingot-activation-statistics") {
            $0.mlp = 0.5
            $0.statisticsPath = weights
        }
    }
}
