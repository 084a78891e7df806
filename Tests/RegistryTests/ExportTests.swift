import Bytes
import Formats
import Foundation
import Numbers
import Registry
import Tensors
import Testing

@Suite("Export") struct ExportTests {
    @Test("links files that are one blob, copies the rest and says which") func links() async throws {
        let home = try await ConvertTests.homeWithModel()
        var request = ExportRequest(name: "m", destination: home.path("out"))
        request.method = .link
        let report = try await home.registry.export(request)
        let methods = Dictionary(uniqueKeysWithValues: report.files.map { ($0.path, $0.method) })
        #expect(methods == ["config.json": "linked", "model.safetensors": "copied"])
        #expect(report.notes.contains { $0.contains("model.safetensors is copied") })
        let inode = FileIdentity(path: home.path("out/config.json"))?.inode
        let digest = try #require(report.files.first { $0.path == "config.json" }).digest
        #expect(inode == FileIdentity(path: "\(home.registry.home)/blobs/\(digest.prefix(2))/\(digest)")?.inode)
    }

    @Test("refuses a folder with something in it, and replaces only on demand") func occupied() async throws {
        let home = try await ConvertTests.homeWithModel()
        try Folder.make(home.path("out"))
        try Data("mine".utf8).write(to: URL(fileURLWithPath: home.path("out/config.json")))
        try Data("mine".utf8).write(to: URL(fileURLWithPath: home.path("out/notes.txt")))
        var request = ExportRequest(name: "m", destination: home.path("out"))
        await #expect { try await home.registry.export(request) } throws: { "\($0)".contains("exists already") }
        #expect(try ConvertTests.bytes(home.path("out/config.json")) == Array("mine".utf8))
        request.existing = .replace
        _ = try await home.registry.export(request)
        #expect(try ConvertTests.bytes(home.path("out/config.json")) != Array("mine".utf8))
        #expect(try ConvertTests.bytes(home.path("out/notes.txt")) == Array("mine".utf8))
        #expect(try Folder.entries(of: home.folder).filter { $0.contains(".ingot-") }.isEmpty)
    }

    @Test("writes a bare file under the name it is given") func bareFile() async throws {
        let home = try TemporaryHome()
        let bytes = try MadeModel.llama().file()
        try Data(bytes).write(to: URL(fileURLWithPath: home.path("w.safetensors")))
        _ = try await home.registry.register(RegisterRequest(path: home.path("w.safetensors")))
        _ = try await home.registry.export(ExportRequest(name: "w", destination: home.path("copy.safetensors")))
        #expect(try ConvertTests.bytes(home.path("copy.safetensors")) == bytes)
    }

    /// Decoding rounds to the dtype that bitsandbytes gives back, so each weight is near the source's.
    @Test("turns a 4-bit variant back into numbers", arguments: ["nf4", "nf4-dq", "fp4"], ["bf16", "f16", "f32"])
    func dequantizes(scheme: String, dtype: String) async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        var request = ExportRequest(name: "m:\(scheme)", destination: home.path("out"))
        request.dequantized = dtype
        let report = try await home.registry.export(request)
        #expect(report.files.first { $0.path == "model.safetensors" }?.method == "written")
        let tensors = try ConvertTests.tensors(home.path("out/model.safetensors"))
        #expect(tensors.count == 5)
        #expect(tensors["model.layers.0.mlp.up_proj.weight"]?.hasPrefix("\(dtype.uppercased()) [512, 256]") == true)
        let config = try JSONValue(parsing: ConvertTests.bytes(home.path("out/config.json")))
        #expect(config["quantization_config"] == nil)
        #expect(try await home.registry.register(RegisterRequest(path: home.path("out"))).kind == "checkpoint")
    }

    @Test("registers a folder that bitsandbytes quantized, and reads it back") func importsQuantized() async throws {
        let home = try TemporaryHome()
        var register = RegisterRequest(path: fixtures + "/bitsandbytes-models/tiny-llama-bnb-nf4-dq")
        register.name = "q"
        let report = try await home.registry.register(register)
        #expect(report.kind == "quantized")
        #expect(report.scheme == "bnb-nf4-dq")
        var request = ExportRequest(name: "q", destination: home.path("out"))
        request.dequantized = "bf16"
        _ = try await home.registry.export(request)
        let tensors = try ConvertTests.tensors(home.path("out/model.safetensors"))
        #expect(tensors["model.layers.0.self_attn.q_proj.weight"]?.hasPrefix("BF16 [64, 64]") == true)
    }

    /// The digests are those of the libraries' own results; gpt-oss' experts are written as transformers holds them.
    @Test(
        "turns models of any scheme into numbers",
        arguments: [
            ("gptq-w4g64-actorder", "f32"), ("awq-w4g32", "f16"), ("ct-int4-asym-g128", "bf16"),
            ("ct-sparse-24-bitmask", "bf16"), ("fp8-deepseek", "bf16"), ("bnb-int8", "f32"), ("gpt-oss-mxfp4", "bf16"),
            ("mlx-mixed", "f32"),
        ])
    func dequantizesAll(folder: String, dtype: String) async throws {
        let home = try TemporaryHome()
        var register = RegisterRequest(path: fixtures + "/quantized/" + folder)
        register.name = "q"
        #expect(try await home.registry.register(register).kind == "quantized")
        var request = ExportRequest(name: "q", destination: home.path("out"))
        request.dequantized = dtype
        let report = try await home.registry.export(request)
        #expect(!report.files.contains { $0.path.hasPrefix("quant") })
        let expected =
            try JSONValue(
                parsing: ConvertTests.bytes(fixtures + "/quantized/\(folder)/expected.json")
            ).objectValue?.members ?? []
        let model = try Self.model(home.path("out/model.safetensors"))
        let byName = Dictionary(uniqueKeysWithValues: model.tensors.map { ($0.name, $0) })
        for (name, value) in expected where value["dtype"]?.stringValue == dtype.uppercased() {
            let found = try #require(byName[name], "\(name)")
            var shape = value["shape"]?.arrayValue?.compactMap(\.intValue) ?? []
            if folder.hasPrefix("gpt-oss"), shape.count == 3 {
                shape.swapAt(1, 2)
            } else {
                #expect(Digest(of: found.bytes).hex == value["sha256"]?.stringValue, "\(name)")
            }
            #expect(found.shape == shape, "\(name)")
        }
        if Folder.exists(home.path("out/config.json")) {
            let config = try JSONValue(parsing: ConvertTests.bytes(home.path("out/config.json")))
            #expect(config["quantization_config"] == nil && config["quantization"] == nil)
        }
        #expect(try await home.registry.register(RegisterRequest(path: home.path("out"))).kind == "checkpoint")
    }

    /// Of the second folder, one shard holds nothing but scales.
    @Test("writes the index of shards anew, and leaves out an empty one", arguments: ["up_proj", ".weight."])
    func shards(secondShard: String) async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        _ = try await home.registry.export(ExportRequest(name: "m:nf4", destination: home.path("q")))
        var model = try Self.model(home.path("q/model.safetensors"))
        model.config = String(decoding: try ConvertTests.bytes(home.path("q/config.json")), as: UTF8.self)
        var register = RegisterRequest(
            path: try model.writeSharded(to: home.path("sharded")) { !$0.contains(secondShard) })
        register.name = "sharded"
        _ = try await home.registry.register(register)
        var request = ExportRequest(name: "sharded", destination: home.path("out"))
        request.dequantized = "f32"
        let report = try await home.registry.export(request)
        let index = try SafetensorsIndex(parsing: ConvertTests.bytes(home.path("out/model.safetensors.index.json")))
        #expect(index.shardsByTensor.map(\.tensor).sorted() == MadeModel.llama().tensors.map(\.name).sorted())
        let isEmptied = secondShard == ".weight."
        #expect(Folder.exists(home.path("out/model-00002-of-00002.safetensors")) != isEmptied)
        #expect(report.notes.contains { $0.hasPrefix("model-00002-of-00002.safetensors is not written") } == isEmptied)
        #expect(try await home.registry.register(RegisterRequest(path: home.path("out"))).tensorCount == 5)
    }

    @Test("writes a matrix of GPT-2 as [in, out], and one of three dimensions as it is", arguments: [2, 3])
    func transposed(rank: Int) async throws {
        let home = try TemporaryHome()
        var model = MadeModel()
        model.config = #"{"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_layer": 1}"#
        model.add("transformer.h.0.attn.c_attn.weight", [128, 384], seed: 3)
        _ = try await home.registry.register(RegisterRequest(path: try model.write(to: home.path("m"))))
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        _ = try await home.registry.export(ExportRequest(name: "m:nf4", destination: home.path("q")))
        var quantized = try Self.model(home.path("q/model.safetensors"))
        quantized.config = String(decoding: try ConvertTests.bytes(home.path("q/config.json")), as: UTF8.self)
        let index = try #require(quantized.tensors.firstIndex { $0.name.contains("quant_state") })
        let state = String(decoding: quantized.tensors[index].bytes, as: UTF8.self)
        let changed = rank == 2 ? state : state.replacingOccurrences(of: "[384,", with: "[1, 384,")
        #expect((changed == state) == (rank == 2))
        quantized.tensors[index].bytes = Array(changed.utf8)
        quantized.tensors[index].shape = [changed.utf8.count]
        _ = try await home.registry.register(RegisterRequest(path: try quantized.write(to: home.path("q\(rank)"))))
        var request = ExportRequest(name: "q\(rank)", destination: home.path("out"))
        request.dequantized = "bf16"
        _ = try await home.registry.export(request)
        let tensors = try ConvertTests.tensors(home.path("out/model.safetensors"))
        let shape = rank == 2 ? "BF16 [128, 384]" : "BF16 [1, 384, 128]"
        #expect(tensors["transformer.h.0.attn.c_attn.weight"]?.hasPrefix(shape) == true)
    }

    /// The tensors of a file, to be changed.
    private static func model(_ path: String) throws -> MadeModel {
        let file = try OpenFile(path)
        var model = MadeModel()
        model.tensors = try SafetensorsHeader(reading: file).tensors.map {
            (
                name: $0.name, dtype: try #require($0.dtype), shape: $0.shape.dimensions,
                bytes: try file.bytes($0.byteRange)
            )
        }
        return model
    }
}
