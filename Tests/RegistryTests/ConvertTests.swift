import Bytes
import Formats
import Foundation
import Registry
import Tensors
import Testing

@Suite("Convert") struct ConvertTests {
    /// The goldens are what transformers 5.23 saves when bitsandbytes 0.50.2 quantizes the same checkpoint.
    @Test("stores what transformers and bitsandbytes store", arguments: ["nf4", "nf4-dq", "fp4-dq"])
    func goldens(scheme: String) async throws {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: fixtures + "/bitsandbytes-models/tiny-llama-bf16")
        request.name = "m"
        _ = try await home.registry.register(request)
        let report = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        #expect(report.name == "m:\(scheme)")
        #expect(report.scheme == "bnb-\(scheme)")
        _ = try await home.registry.export(ExportRequest(name: "m:\(scheme)", destination: home.path("out")))
        let golden = fixtures + "/bitsandbytes-models/tiny-llama-bnb-\(scheme)"
        let ours = try Self.tensors(home.path("out/model.safetensors"))
        let theirs = try Self.tensors(golden + "/model.safetensors")
        #expect(ours.keys.sorted() == theirs.keys.sorted())
        for (name, tensor) in theirs { #expect(ours[name] == tensor, "\(name)") }
        var expected = try JSONValue(parsing: Self.bytes(golden + "/config.json"))
        let found = try JSONValue(parsing: Self.bytes(home.path("out/config.json")))
        #expect(found["quantization_config"]?["llm_int8_skip_modules"]?.arrayValue == [.string("lm_head")])
        expected = Self.withSkippedModules(expected, from: found)
        #expect(found == expected)
    }

    @Test("does nothing when the same recipe meets the same bytes") func again() async throws {
        let home = try await Self.homeWithModel()
        let first = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        let second = try await home.registry.convert(ConvertRequest(name: "m", scheme: "bnb-nf4"))
        #expect(first.outcome == "converted")
        #expect(second.outcome == "unchanged")
        #expect(second.digest == first.digest)
        #expect(second.quantizedTensorCount == 2)
    }

    @Test("gives the same bytes on any number of threads and instructions") func deterministic() async throws {
        var digests: Set<String> = []
        for (threads, level) in [(1, "portable"), (2, nil), (7, nil)] as [(Int, String?)] {
            let home = try TemporaryHome()
            let registry = try ModelRegistry(home: home.registry.home, access: .readWrite, kernelLevel: level)
            var request = RegisterRequest(path: try MadeModel.llama().write(to: home.path("m")))
            request.threadCount = threads
            _ = try await registry.register(request)
            var convert = ConvertRequest(name: "m", scheme: "nf4-dq")
            convert.threadCount = threads
            let report = try await registry.convert(convert)
            digests.insert("\(report.digest) \(report.relativeRmse ?? -1)")
        }
        #expect(digests.count == 1)
    }

    @Test("keeps kept tensors in the source's own blobs, and measures the others") func measures() async throws {
        let home = try await Self.homeWithModel()
        let report = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        #expect(report.kept.map(\.reason).sorted() == ["embedding", "norm", "norm"])
        // Uniform numbers in blocks of 64: the NF4 grid's own error, some 10 %.
        #expect(report.relativeRmse.map { (0.05...0.15).contains($0) } == true)
        #expect(report.newBytes < 400_000)
        let tensors = try home.registry.tensors(of: "m:nf4")
        #expect(tensors.map(\.dtype).sorted() == ["BF16", "BF16", "BF16", "bnb-nf4", "bnb-nf4"])
        let up = try #require(tensors.first { $0.name.contains("up_proj") })
        #expect(up.shape == [512, 256])
        #expect(up.bitsPerWeight.map { (4.5...4.6).contains($0) } == true)
        #expect(up.cosine.map { $0 > 0.99 } == true)
    }

    @Test("keeps what a rule names, and lists it for the loader") func rules() async throws {
        let home = try await Self.homeWithModel()
        var request = ConvertRequest(name: "m", scheme: "nf4")
        request.keep = [#"up_proj"#]
        request.blockSize = 128
        let report = try await home.registry.convert(request)
        #expect(report.name == "m:nf4-b128-keep")
        #expect(report.quantizedTensorCount == 1)
        _ = try await home.registry.export(ExportRequest(name: report.name, destination: home.path("out")))
        let config = try JSONValue(parsing: Self.bytes(home.path("out/config.json")))
        #expect(
            config["quantization_config"]?["llm_int8_skip_modules"]?.arrayValue
                == [.string("lm_head"), .string("model.layers.0.mlp.up_proj")])
    }

    @Test("refuses NaN and infinities by name, or keeps the tensor", arguments: ["NaN", "infinite"])
    func nonfinite(value: String) async throws {
        let home = try TemporaryHome()
        var model = MadeModel.llama()
        let bits: [UInt8] = value == "NaN" ? [0xC0, 0x7F] : [0x80, 0xFF]
        model.tensors[2].bytes.replaceSubrange(100..<102, with: bits)
        var register = RegisterRequest(path: try model.write(to: home.path("m")))
        register.name = "m"
        _ = try await home.registry.register(register)
        let before = try home.storedFiles()
        await #expect {
            try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        } throws: { "\($0)".contains("mlp.up_proj.weight") && "\($0)".contains(value) }
        #expect(try home.storedFiles() == before)
        var request = ConvertRequest(name: "m", scheme: "nf4")
        request.nonfinite = .keep
        let report = try await home.registry.convert(request)
        #expect(report.kept.contains { $0.tensor.contains("up_proj") && $0.reason.contains(value) })
    }

    @Test("quantizes a bare file by the names of its tensors") func bareFile() async throws {
        let home = try TemporaryHome()
        let file = home.path("weights.safetensors")
        try Data(try MadeModel.llama().file()).write(to: URL(fileURLWithPath: file))
        _ = try await home.registry.register(RegisterRequest(path: file))
        let report = try await home.registry.convert(ConvertRequest(name: "weights", scheme: "fp4"))
        #expect(report.quantizedTensorCount == 2)
        #expect(report.notes.contains { $0.contains("by their names") })
    }

    @Test("refuses a scheme that nobody knows, a quantized source and a model without layers") func refusals()
        async throws
    {
        let home = try await Self.homeWithModel()
        await #expect {
            try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf5"))
        } throws: { "\($0)".contains("Did you mean") && "\($0)".contains("bnb-nf4") }
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        await #expect {
            try await home.registry.convert(ConvertRequest(name: "m:nf4", scheme: "fp4"))
        } throws: { "\($0)".contains("quantized already") }
        var model = MadeModel()
        model.add("norm.weight", [64], seed: 3)
        _ = try await home.registry.register(RegisterRequest(path: try model.write(to: home.path("norms"))))
        await #expect {
            try await home.registry.convert(ConvertRequest(name: "norms", scheme: "nf4"))
        } throws: { "\($0)".contains("none of the 1 tensors") }
    }

    @Test("converts a referenced checkpoint into a variant that stands alone") func reference() async throws {
        let home = try TemporaryHome()
        let source = try MadeModel.llama().write(to: home.path("m"))
        var request = RegisterRequest(path: source)
        request.storage = .reference
        _ = try await home.registry.register(request)
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        try Folder.removeTree(source)
        #expect(try await home.registry.verify("m:nf4").damage.isEmpty)
        _ = try await home.registry.export(ExportRequest(name: "m:nf4", destination: home.path("out")))
    }

    @Test("leaves the weights of other modules as they are, and refuses a pipeline without its own") func pipelines()
        async throws
    {
        let home = try TemporaryHome()
        let folder = try MadeModel.llama().write(to: home.path("m"))
        var dense = MadeModel()
        dense.add("linear.weight", [256, 256], seed: 77)
        try dense.write(to: folder + "/2_Dense")
        let modules =
            #"[{"idx": 0, "path": "", "type": "Transformer"}, {"idx": 1, "path": "2_Dense", "type": "Dense"}]"#
        try Data(modules.utf8).write(to: URL(fileURLWithPath: folder + "/modules.json"))
        _ = try await home.registry.register(RegisterRequest(path: folder))
        let report = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        #expect(report.quantizedTensorCount == 2)
        _ = try await home.registry.export(ExportRequest(name: "m:nf4", destination: home.path("out")))
        #expect(
            try Self.bytes(home.path("out/2_Dense/model.safetensors"))
                == Self.bytes(folder + "/2_Dense/model.safetensors"))
    }

    @Test("refuses a name that another recipe took, before the work") func takenName() async throws {
        let home = try await Self.homeWithModel()
        var request = ConvertRequest(name: "m", scheme: "nf4")
        request.keep = ["q_proj"]
        _ = try await home.registry.convert(request)
        request.keep = ["up_proj"]
        let before = try home.storedFiles()
        await #expect { try await home.registry.convert(request) } throws: { "\($0)".contains("--update") }
        #expect(try home.storedFiles() == before)
        request.taken = .update
        #expect(try await home.registry.convert(request).outcome == "converted")
    }

    static func homeWithModel() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: try MadeModel.llama().write(to: home.path("m")))
        request.name = "m"
        _ = try await home.registry.register(request)
        return home
    }

    static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

    /// Each tensor as text: dtype, shape and digest.
    static func tensors(_ path: String) throws -> [String: String] {
        let file = try OpenFile(path)
        let header = try SafetensorsHeader(reading: file)
        return try Dictionary(
            uniqueKeysWithValues: header.tensors.map { tensor in
                let digest = Digest(of: try file.bytes(tensor.byteRange))
                return (tensor.name, "\(tensor.type) \(tensor.shape) \(digest)")
            })
    }

    private static func withSkippedModules(_ config: JSONValue, from other: JSONValue) -> JSONValue {
        guard var object = config.objectValue, var quantization = object["quantization_config"]?.objectValue else {
            return config
        }
        quantization["llm_int8_skip_modules"] = other["quantization_config"]?["llm_int8_skip_modules"]
        object["quantization_config"] = .object(quantization)
        return .object(object)
    }
}
