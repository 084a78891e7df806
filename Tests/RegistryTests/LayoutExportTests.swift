import Bytes
import Formats
import Foundation
import Numbers
import Registry
import Tensors
import Testing

/// Shards, NumPy archives, and quantized tensors that another layout cannot hold.
@Suite("Export in another layout") struct LayoutExportTests {
    private static let llama = fixtures + "/models/tiny-llama"

    /// Expects a refusal whose text contains `words`, and nothing new beside the home.
    private static func refuses(
        _ name: String, _ format: ExportFormat, in home: TemporaryHome, _ words: [String], maxShardBytes: Int? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try Folder.entries(of: home.folder).sorted()
        let error = await #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
            try await home.export(name, to: "refused", format, maxShardBytes: maxShardBytes)
        }
        for word in words {
            #expect("\(error.map { "\($0)" } ?? "")".contains(word), sourceLocation: sourceLocation)
        }
        #expect(try Folder.entries(of: home.folder).sorted() == before, sourceLocation: sourceLocation)
    }

    // MARK: Shards

    @Test("cuts safetensors into shards, and their index says where tensors are") func safetensorsShards() async throws
    {
        let home = try TemporaryHome()
        try await home.register(Self.llama, as: "m")
        let limit = 2_000_000
        let report = try await home.export("m", to: "out", .safetensors, maxShardBytes: limit)
        let shards = report.files.map(\.path).filter { $0.hasSuffix(".safetensors") }
        #expect(shards == (1...4).map { "model-0000\($0)-of-00004.safetensors" })
        let whole = try ConvertTests.tensors(Self.llama + "/model.safetensors")
        let bytes = try ConvertTests.bytes(home.path("out/model.safetensors.index.json"))
        let index = try SafetensorsIndex(parsing: bytes)
        #expect(index.shardsByTensor.map(\.tensor) == whole.keys.sorted())
        var found: [String: String] = [:]
        for shard in shards {
            let tensors = try ConvertTests.tensors(home.path("out/" + shard))
            #expect(index.shardsByTensor.filter { $0.shard == shard }.map(\.tensor) == tensors.keys.sorted())
            let header = try SafetensorsHeader(reading: OpenFile(home.path("out/" + shard)))
            #expect(header.tensors.reduce(0) { $0 + $1.byteRange.count } <= limit)
            found.merge(tensors) { first, _ in first }
        }
        #expect(found == whole)
        let total = try JSONValue(parsing: bytes)["metadata"]?["total_size"]?.intValue
        let header = try SafetensorsHeader(reading: OpenFile(Self.llama + "/model.safetensors"))
        #expect(total == header.tensors.reduce(0) { $0 + $1.byteRange.count })
        #expect(try ModelRegistry.inspect(home.path("out")).tensorCount == whole.count)
    }

    @Test("cuts GGUF into parts that are read as one model") func ggufParts() async throws {
        let home = try TemporaryHome()
        try await home.register(Self.llama, as: "m")
        let limit = 2_500_000
        let report = try await home.export("m", to: "parts", .gguf, maxShardBytes: limit)
        let count = report.files.count
        #expect(count > 2)
        #expect(report.files.map(\.path) == (1...count).map { "model-0000\($0)-of-0000\(count).gguf" })
        #expect(report.files.allSatisfy { $0.bytes <= limit })
        try await home.register(home.path("parts"), as: "g")
        try await home.export("g", to: "back", .safetensors)
        let back = try ConvertTests.tensors(home.path("back/model.safetensors"))
        #expect(try back == ConvertTests.tensors(Self.llama + "/model.safetensors"))
        // One file again has the bytes that it would have had at once.
        let one = try await home.export("m", to: "one.gguf", .gguf)
        let joined = try await home.export("g", to: "joined.gguf", .gguf)
        #expect(one.files.map(\.digest) == joined.files.map(\.digest))
    }

    @Test("does not cut a NumPy archive") func npzShards() async throws {
        let home = try await ConvertTests.homeWithModel()
        let refusal = ["an npz archive is one file", "--max-shard"]
        try await Self.refuses("m", .npz, in: home, refusal, maxShardBytes: 1_000)
    }

    @Test("refuses shards of no bytes", arguments: [0, -1]) func emptyShards(byteCount: Int) async throws {
        let home = try await ConvertTests.homeWithModel()
        try await Self.refuses("m", .safetensors, in: home, ["holds nothing"], maxShardBytes: byteCount)
    }

    // MARK: NumPy

    @Test("brings every dtype back from a NumPy archive, bit for bit") func npz() async throws {
        let home = try TemporaryHome()
        let path = fixtures + "/safetensors/all_dtypes.safetensors"
        try await home.register(path, as: "all")
        let report = try await home.export("all", to: "all.npz", .npz)
        #expect(report.changes.isEmpty)
        try await home.register(home.path("all.npz"), as: "n")
        try await home.export("n", to: "back", .safetensors)
        let back = try ConvertTests.tensors(home.path("back/model.safetensors"))
        #expect(try back == ConvertTests.tensors(path))
        #expect(back["bf16"]?.hasPrefix("BF16 ") == true)
        // The archive holds the very arrays again.
        let again = try await home.export("n", to: "again.npz", .npz)
        #expect(again.files.map(\.digest) == report.files.map(\.digest))
    }

    @Test("casts into a NumPy archive") func npzCast() async throws {
        let home = try await ConvertTests.homeWithModel()
        let report = try await home.export("m", to: "out", .npz, dtype: "f32")
        #expect(report.files.map(\.path) == ["config.json", "model.npz"])
        #expect(Set(report.changes.map(\.toType)) == ["F32"])
        #expect(report.changes.count == 5)
        let types = try ModelRegistry.inspect(home.path("out/model.npz")).types.map(\.type)
        #expect(types == ["F32"])
    }

    // MARK: Quantized tensors

    @Test("refuses NF4 in GGUF, and writes its numbers when they are asked for") func fourBit() async throws {
        let home = try TemporaryHome()
        try await home.register(Self.llama, as: "m")
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        try await Self.refuses("m:nf4", .gguf, in: home, ["bnb-nf4, which gguf cannot hold", "--dtype", "tensor '"])
        let report = try await home.export("m:nf4", to: "q.gguf", .gguf, dtype: "f32")
        let quantized = report.changes.filter { $0.fromType == "bnb-nf4" }
        #expect(quantized.count == 28)
        #expect(quantized.allSatisfy { $0.outcome == "cast" && $0.toType == "F32" && $0.nan == 0 })
        // The same numbers as by the other way.
        try await home.register(home.path("q.gguf"), as: "g")
        try await home.export("g", to: "through", .safetensors, dtype: "f32")
        try await home.export("m:nf4", to: "straight", .safetensors, dtype: "f32")
        let straight = try ConvertTests.tensors(home.path("straight/model.safetensors"))
        #expect(try ConvertTests.tensors(home.path("through/model.safetensors")) == straight)
    }

    /// A Llama of one layer whose `up_proj` is the fixture's, quantized by GPTQ.
    private static func gptqLlama() throws -> MadeModel {
        let folder = fixtures + "/quantized/gptq-w4g128"
        var model = MadeModel()
        for (name, shape) in [
            ("model.embed_tokens", [96, 256]), ("model.layers.0.self_attn.q_proj", [256, 256]),
            ("model.layers.0.self_attn.k_proj", [256, 256]), ("model.layers.0.self_attn.v_proj", [256, 256]),
            ("model.layers.0.self_attn.o_proj", [256, 256]), ("model.layers.0.mlp.gate_proj", [64, 256]),
            ("model.layers.0.mlp.down_proj", [256, 64]), ("model.layers.0.input_layernorm", [256]),
            ("model.layers.0.post_attention_layernorm", [256]), ("model.norm", [256]),
        ] {
            model.add(name + ".weight", shape, seed: UInt64(model.tensors.count))
        }
        model.add("model.layers.0.self_attn.rotary_emb.inv_freq", [16], seed: 99)
        let file = try OpenFile(folder + "/model.safetensors")
        for tensor in try SafetensorsHeader(reading: file).tensors {
            model.tensors.append(
                (tensor.name, try #require(tensor.dtype), tensor.shape.dimensions, try file.bytes(tensor.byteRange)))
        }
        let scheme = String(decoding: try ConvertTests.bytes(folder + "/quantize_config.json"), as: UTF8.self)
        model.config = """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 256, "num_hidden_layers": 1,
            "intermediate_size": 64, "num_attention_heads": 8, "num_key_value_heads": 8, "vocab_size": 96,
            "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "max_position_embeddings": 128, "tie_word_embeddings": true,
            "torch_dtype": "bfloat16", "quantization_config": \(scheme)}
            """
        return model
    }

    @Test("refuses GPTQ in GGUF, and writes its numbers when they are asked for") func gptq() async throws {
        let home = try TemporaryHome()
        try await home.register(try Self.gptqLlama().write(to: home.path("m")), as: "m")
        let refusal = ["tensor 'blk.0.ffn_up.weight'", "gptq-4-g128, which gguf cannot hold", "--dtype"]
        try await Self.refuses("m", .gguf, in: home, refusal)
        try await Self.refuses("m", .npz, in: home, ["gptq-4-g128, which npz cannot hold"])
        let report = try await home.export("m", to: "m.gguf", .gguf, dtype: "f32")
        #expect(report.changes.contains { $0.name == "blk.0.ffn_up.weight" && $0.fromType == "gptq-4-g128" })
        let golden = try JSONValue(parsing: ConvertTests.bytes(fixtures + "/quantized/gptq-w4g128/expected.json"))
        let tensor = try #require(
            try ModelRegistry.inspect(home.path("m.gguf")).tensors.first { $0.name == "blk.0.ffn_up.weight" })
        #expect((tensor.type, tensor.shape) == ("F32", [64, 256]))
        let bytes = try OpenFile(home.path("m.gguf")).bytes(tensor.byteOffset..<tensor.byteOffset + tensor.bytes)
        #expect(Digest(of: bytes).hex == golden["model.layers.0.mlp.up_proj.weight"]?["sha256"]?.stringValue)
    }

    @Test("tells and records what a convention leaves out") func dropped() async throws {
        let home = try TemporaryHome()
        try await home.register(try Self.gptqLlama().write(to: home.path("m")), as: "m")
        let report = try await home.export("m", to: "m.gguf", .gguf, dtype: "bf16")
        let dropped = report.changes.filter { $0.outcome == "dropped" }
        let name = "model.layers.0.self_attn.rotary_emb.inv_freq"
        #expect(dropped.map(\.name) == [name])
        #expect(dropped.first?.reason?.isEmpty == false)
        #expect(!(try ModelRegistry.inspect(home.path("m.gguf"))).tensors.contains { $0.name.contains("inv_freq") })
        let rows = try CastExportTests.rows(
            "SELECT name, reason, to_type FROM export_tensor_summary WHERE outcome = 'dropped'", in: home)
        #expect(rows == [[.text(name), .text(dropped.first?.reason ?? ""), .null]])
        let summary = try CastExportTests.rows("SELECT artifact, format, dropped FROM export_summary", in: home)
        #expect(summary == [[.text("m"), .text("gguf"), .integer(1)]])
    }

    /// A GGUF file with the blocks that ggml itself made, of a family that nobody knows.
    private static func blocks(in home: TemporaryHome) throws {
        let golden = try CastExportTests.written(fixtures + "/ggml_blocks/ggml_blocks.safetensors")
        let parts = try [BlockType.Q4_0, .Q8_0].map { type in
            (type: type, bytes: try #require(golden["gauss/\(type)/blocks"]).bytes)
        }
        let layout = try GGUFLayout(
            metadata: GGUFMetadata([("general.architecture", .text("none"))]),
            tensors: parts.map { (name: "\($0.type)", type: .block($0.type), shape: [16, 256]) })
        var writer = layout.writer()
        var file = writer.start()
        for part in parts { file += writer.begin() + part.bytes + writer.end() }
        try Data(file + writer.finish()).write(to: URL(fileURLWithPath: home.path("b.gguf")))
    }

    @Test("turns blocks of GGUF into the numbers of ggml", arguments: [true, false])
    func blocks(isDtype: Bool) async throws {
        let home = try TemporaryHome()
        try Self.blocks(in: home)
        try await home.register(home.path("b.gguf"), as: "b")
        let refusal = ["gguf-q4_0, which safetensors cannot hold", "--dequantize"]
        try await Self.refuses("b", .safetensors, in: home, refusal)
        let report = try await home.export(
            "b", to: "out", .safetensors, dtype: isDtype ? "f32" : nil, dequantized: isDtype ? nil : "f32")
        #expect(report.changes.map(\.fromType) == ["gguf-q4_0", "gguf-q8_0"])
        let digests = try JSONValue(parsing: ConvertTests.bytes(fixtures + "/ggml_blocks/dequant.json"))
        let found = try CastExportTests.written(home.path("out/model.safetensors"))
        for type in ["Q4_0", "Q8_0"] {
            #expect(found[type]?.dtype == .F32)
            #expect(found[type].map { Digest(of: $0.bytes).hex } == digests["gauss/\(type)"]?.stringValue)
        }
    }
}
