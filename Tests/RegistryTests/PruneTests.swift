import Bytes
import Foundation
import Numbers
import Registry
import Testing

@Suite("Prune") struct PruneTests {
    private func request(_ name: String, _ change: (inout PruneRequest) -> Void) -> PruneRequest {
        var request = PruneRequest(name: name)
        change(&request)
        return request
    }

    @Test("cuts a channel's rows and columns from every matrix that has it") func mlp() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let report = try await home.registry.prune(request("m") { $0.mlp = 0.5 })
        #expect(report.name == "m:mlp50" && report.outcome == "pruned")
        let config = try await home.document("m:mlp50", "config.json")
        #expect(config["intermediate_size"] == .number(12) && config["hidden_size"] == .number(16))
        let record = try await home.document("m:mlp50", "pruning.json")
        let group = try #require(record["groups"]?.arrayValue?.first { $0["layer"] == .number(1) })
        let kept = Self.indices(group["kept"]?.stringValue ?? "")
        let scores = (group["scores"]?.arrayValue ?? []).compactMap(\.doubleValue)
        #expect(kept.count == 12 && scores.count == 24)
        let lowest = kept.map { scores[$0] }.min() ?? 0
        #expect((0..<24).allSatisfy { kept.contains($0) || scores[$0] <= lowest })
        // The numbers themselves: column k of the down matrix is the parent's column kept[k].
        let source = try PruneFiles(home.path("source-m/model.safetensors"))
        let made = try await PruneFiles(of: "m:mlp50", home)
        let down = "model.layers.1.mlp.down_proj.weight", up = "model.layers.1.mlp.up_proj.weight"
        #expect(try made.matrix(down) == source.matrix(down).map { row in kept.map { row[$0] } })
        #expect(try made.matrix(up) == kept.map { try source.matrix(up)[$0] })
        #expect(try made.matrix("model.embed_tokens.weight") == source.matrix("model.embed_tokens.weight"))
    }

    @Test("counts parameters as the formula does, in every direction at once") func counts() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(ties: false), as: "m")
        let report = try await home.registry.prune(
            request("m") {
                $0.mlp = 0.5
                $0.hidden = 0.5
                $0.keyValueGroups = 0.5
                $0.layers = "1"
            })
        let layer = 8 * (8 + 4 + 4 + 8) + 3 * 8 * 12 + 2 * 8
        #expect(report.parameterCount == 2 * layer + 2 * 20 * 8 + 8)
        #expect(report.sizes?.parameters == report.parameterCount)
        let config = try await home.document(report.name, "config.json")
        let expected = [
            "hidden_size": 8, "intermediate_size": 12, "num_attention_heads": 2, "num_key_value_heads": 1,
            "head_dim": 4,
            "num_hidden_layers": 2,
        ]
        for (key, value) in expected { #expect(config[key] == .number(value), "\(key)") }
        #expect(config["rms_norm_eps"]?.doubleValue == 2e-06)
    }

    @Test("scales norms for the channels that are missing") func norms() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let report = try await home.registry.prune(request("m") { $0.hidden = 0.75 })
        let record = try await home.document(report.name, "pruning.json")
        let kept = Self.indices(record["groups"]?.arrayValue?.first?["kept"]?.stringValue ?? "")
        let source = try PruneFiles(home.path("source-m/model.safetensors"))
        let made = try await PruneFiles(of: report.name, home)
        // √(16/4) is 2, so that BF16 holds the result exactly.
        let norm = try source.matrix("model.norm.weight").joined().map { $0 * 2 }
        #expect(try Array(made.matrix("model.norm.weight").joined()) == kept.map { norm[$0] })
    }

    @Test("renumbers layers and takes their tensors over as they are stored") func layers() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let report = try await home.registry.prune(request("m") { $0.keptLayers = "0,2" })
        let digests = Dictionary(try home.registry.tensors(of: "m").map { ($0.name, $0.digest) }) { first, _ in first }
        for tensor in try home.registry.tensors(of: report.name) {
            let old = tensor.name.replacing("layers.1.", with: "layers.2.")
            #expect(tensor.digest == digests[old], "\(tensor.name)")
        }
        #expect(try home.registry.tensors(of: report.name).count == 20)
    }

    @Test("gives the same bytes on any number of threads") func threads() async throws {
        var digests: Set<String> = []
        for threads in [1, 2, 5] {
            let home = try TemporaryHome()
            try await home.register(PrunableModel.llama(), as: "m")
            let report = try await home.registry.prune(
                request("m") {
                    $0.mlp = 0.4
                    $0.hidden = 0.25
                    $0.threadCount = threads
                })
            digests.insert(report.digest)
        }
        #expect(digests.count == 1)
    }

    @Test("does nothing when the same recipe meets the same bytes, and derives them again") func again() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let first = try await home.registry.prune(request("m") { $0.mlp = 0.5 })
        let second = try await home.registry.prune(
            request("m") {
                $0.mlp = 0.5
                $0.newName = "other"
            })
        #expect(second.outcome == "unchanged" && second.digest == first.digest && second.name == "other")
        let proof = try await home.registry.rederive("m:mlp50")
        #expect(proof.outcome == "proven")
    }

    @Test("says before the work what it would write, and writes nothing") func forecast() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let before = try home.storedFiles()
        let order = request("m") {
            $0.mlp = 0.5
            $0.layers = "0"
        }
        let forecast = try await home.registry.planPruning(order)
        #expect(try home.storedFiles() == before)
        let report = try await home.registry.prune(order)
        #expect(forecast.sizes.parameters == report.parameterCount)
        #expect(forecast.sizes.bytes == report.logicalBytes)
        #expect(forecast.sizes.groups.map(\.layer) == [1, 2])
        #expect(forecast.sizes.groups.allSatisfy { $0.kept > 0.5 && $0.kept < 1 && $0.lowestKept >= $0.highestCut })
        let flops = try #require(forecast.sizes.flopsPerToken), whole = try #require(forecast.sizes.flopsPerTokenBefore)
        let attention: Int = 16 * 48, head: Int = 20 * 16
        let layer: Int = attention + 3 * 16 * 24, small: Int = attention + 3 * 16 * 12
        let wanted: (whole: Int, cut: Int) = (2 * (3 * layer + head), 2 * (2 * small + head))
        #expect(whole == Double(wanted.whole))
        #expect(flops == Double(wanted.cut))
    }

    @Test("rewrites the tokenizer with new ids, and every id that configurations name") func vocabulary() async throws {
        let home = try TemporaryHome()
        var model = PrunableModel.llama()
        model.config = model.config?.replacing("\"eos_token_id\": 2", with: "\"eos_token_id\": 19")
        try await home.register(model, as: "m", tokenizer: PrunableModel.tokenizer)
        let list = home.path("tokens.txt")
        try Data("abcd\nij\n".utf8).write(to: URL(fileURLWithPath: list))
        let report = try await home.registry.prune(request("m") { $0.vocabulary = list })
        // Special tokens, letters, and what 'abcd' is made of.
        let old = Array(0...14) + [18, 19]
        let tokenizer = try await home.document(report.name, "tokenizer.json")
        let vocabulary = try #require(tokenizer["model"]?["vocab"]?.objectValue)
        #expect(vocabulary.members.map { $0.value.intValue } == Array(0..<17))
        #expect(vocabulary["ij"] == .number(15) && vocabulary["ef"] == nil)
        #expect(tokenizer["model"]?["merges"]?.arrayValue?.count == 4)
        #expect(tokenizer["added_tokens"]?.arrayValue?.last?["id"] == .number(16))
        let template = tokenizer["post_processor"]?["special_tokens"]?["</s>"]
        #expect(template?["ids"] == .array([.number(16)]))
        let config = try await home.document(report.name, "config.json")
        #expect(config["vocab_size"] == .number(17) && config["eos_token_id"] == .number(16))
        let generation = try await home.document(report.name, "generation_config.json")
        #expect(generation["eos_token_id"] == .array([.number(16), .number(1)]))
        #expect(generation["suppress_tokens"] == .array([.number(14), .number(3)]))
        let source = try PruneFiles(home.path("source-m/model.safetensors"))
        let made = try await PruneFiles(of: report.name, home)
        let name = "model.embed_tokens.weight"
        #expect(try made.matrix(name) == old.map { try source.matrix(name)[$0] })
    }

    @Test("keeps the lowest ids and all special ones when tokens are counted") func countedVocabulary() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m", tokenizer: PrunableModel.tokenizer)
        let report = try await home.registry.prune(request("m") { $0.vocabulary = "15" })
        let record = try await home.document(report.name, "pruning.json")
        #expect(record["vocabulary"] == .string("0-13,19"))
    }

    @Test("drops experts with their rows of the router") func experts() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.mixtral(), as: "m")
        let report = try await home.registry.prune(request("m") { $0.experts = 0.25 })
        let config = try await home.document(report.name, "config.json")
        #expect(config["num_local_experts"] == .number(3) && config["num_experts_per_tok"] == .number(2))
        let record = try await home.document(report.name, "pruning.json")
        let kept = Self.indices(record["groups"]?.arrayValue?.last?["kept"]?.stringValue ?? "")
        let source = try PruneFiles(home.path("source-m/model.safetensors"))
        let made = try await PruneFiles(of: report.name, home)
        let stem = "model.layers.1.block_sparse_moe."
        #expect(try made.matrix(stem + "gate.weight") == kept.map { try source.matrix(stem + "gate.weight")[$0] })
        for (new, old) in kept.enumerated() {
            #expect(
                try made.matrix(stem + "experts.\(new).w2.weight") == source.matrix(stem + "experts.\(old).w2.weight"))
        }
        #expect(made.names.contains { $0.contains("experts.3.") } == false)
    }

    @Test("cuts layers and experts of blocks as they are stored", arguments: ["q8_0", "nf4", "mlx-affine8"])
    func quantized(scheme: String) async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.mixtral(), as: "m")
        let quantized = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme)).name
        let report = try await home.registry.prune(
            request(quantized) {
                $0.experts = 0.25
                $0.layers = "0"
                $0.newName = "small"
            })
        let before = try home.registry.tensors(of: quantized), after = try home.registry.tensors(of: "small")
        #expect(Set(after.map(\.dtype)) == Set(before.map(\.dtype)))
        #expect(report.sizes?.layers == [1])
        // Converting what was pruned before gives the same blocks, so none was made anew.
        let plain = try await home.registry.prune(
            request("m") {
                $0.experts = 0.25
                $0.layers = "0"
                $0.newName = "plain"
            })
        let again = try await home.registry.convert(ConvertRequest(name: "plain", scheme: scheme)).name
        let other = try home.registry.tensors(of: again)
        #expect(plain.sizes?.layers == [1])
        let digests = Dictionary(other.map { ($0.name, $0.digest) }) { first, _ in first }
        for tensor in after { #expect(tensor.digest == digests[tensor.name], "\(tensor.name)") }
    }

    @Test("says when llama.cpp would scale attention otherwise with fewer layers") func attentionScale() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.gemma2(layers: 46, head: 8), as: "g")
        let cut = request("g") { $0.layers = "44,45" }
        let forecast = try await home.registry.planPruning(cut), report = try await home.registry.prune(cut)
        for notes in [forecast.notes, report.notes] {
            let note = try #require(notes.first { $0.contains("query_pre_attn_scalar is 16") })
            #expect(note.contains("takes 8 with 44") && note.contains("not written as GGUF"), "\(note)")
        }
        let error = await #expect(throws: (any Error).self) { try await home.export(report.name, to: "no.gguf", .gguf) }
        #expect(error.map { "\($0)" }?.contains("query_pre_attn_scalar") == true)
        // In GGUF nothing keeps the number.
        try await home.export("g", to: "g.gguf", .gguf)
        try await home.register(home.path("g.gguf"), as: "file")
        let made = try await home.registry.prune(request("file") { $0.layers = "44,45" })
        #expect(made.notes.contains { $0.contains("takes 8 with 44") && $0.contains("in another way") })
        let small = try await home.registry.prune(request("g") { $0.mlp = 0.5 })
        #expect(!small.notes.contains { $0.contains("query_pre_attn_scalar") })
    }

    static func indices(_ text: String) -> [Int] {
        text.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            return Array(ends[0]...ends[ends.count - 1])
        }
    }
}
