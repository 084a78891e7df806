import Bytes
import Formats
import Foundation
import Numbers
import Registry
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
        #expect(report.files.first { $0.path == "model.safetensors" }?.method == "dequantized")
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
}
