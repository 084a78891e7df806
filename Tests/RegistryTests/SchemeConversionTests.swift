import Bytes
import Foundation
import Registry
import Testing

@Suite("Conversions to every family") struct SchemeConversionTests {
    private static let tinyLlama = fixtures + "/models/tiny-llama"

    /// A scheme of each layout, and the relative error that it has at most on these weights.
    static let schemes: [(name: String, id: String, format: String, error: Double)] = [
        ("bnb-nf4", "bnb-nf4", "safetensors", 0.095), ("bnb-int8", "bnb-int8", "safetensors", 0.008),
        ("q4_0", "gguf-q4_0", "gguf", 0.09), ("q4_k_m", "gguf-q4_k_m", "gguf", 0.075),
        ("q8_0", "gguf-q8_0", "gguf", 0.006), ("iq4_nl", "gguf-iq4_nl", "gguf", 0.08),
        ("affine4", "mlx-affine4-g64", "safetensors", 0.095), ("mlx-mxfp4", "mlx-mxfp4", "safetensors", 0.12),
        ("gptq-4-g128", "gptq-4-g128", "safetensors", 0.12), ("awq-4-g64", "awq-4-g64", "safetensors", 0.095),
        ("ct-int4-g128", "ct-int4-g128", "safetensors", 0.12),
        ("ct-int8-channel", "ct-int8-channel", "safetensors", 0.01),
        ("ct-fp8-channel", "ct-fp8-channel", "safetensors", 0.03), ("ct-nvfp4", "ct-nvfp4", "safetensors", 0.1),
        ("ct-mxfp4", "ct-mxfp4", "safetensors", 0.12), ("fp8-block128", "fp8-block128", "safetensors", 0.03),
    ]

    @Test(
        "are forecast to the byte, measured, and recognized when their files come back",
        arguments: schemes)
    func variants(scheme: (name: String, id: String, format: String, error: Double)) async throws {
        let home = try TemporaryHome()
        try await home.register(Self.tinyLlama, as: "m")
        let request = ConvertRequest(name: "m", scheme: scheme.name)
        let forecast = try home.registry.planConversion(request)
        let report = try await home.registry.convert(request)
        #expect(report.scheme == scheme.id)
        #expect(forecast.scheme == scheme.id)
        #expect(forecast.format == scheme.format)
        #expect(forecast.bytes == report.logicalBytes)
        #expect(forecast.bitsPerWeight == report.bitsPerWeight)
        #expect(forecast.parameterCount == report.parameterCount)
        let error = try #require(report.relativeRmse)
        #expect(error > 0 && error <= scheme.error)
        try await home.export(report.name, to: "out", nil)
        let other = try TemporaryHome()
        let registered = try await other.registry.register(RegisterRequest(path: home.path("out")))
        #expect(registered.scheme == scheme.id)
        #expect(registered.digest == report.digest)
        #expect(registered.parameterCount == report.parameterCount)
    }

    @Test("give the same bytes on any number of threads and instructions", arguments: schemes)
    func deterministic(scheme: (name: String, id: String, format: String, error: Double)) async throws {
        var digests: Set<String> = []
        for (threads, level) in [(1, "portable"), (2, nil), (7, "avx2")] as [(Int, String?)] {
            let home = try TemporaryHome()
            guard let registry = try? ModelRegistry(home: home.registry.home, access: .readWrite, kernelLevel: level)
            else { continue }  // a machine without these instructions
            var register = RegisterRequest(path: try MadeModel.wideLlama().write(to: home.path("m")))
            register.name = "m"
            _ = try await registry.register(register)
            var convert = ConvertRequest(name: "m", scheme: scheme.name)
            convert.threadCount = threads
            let report = try await registry.convert(convert)
            digests.insert("\(report.digest) \(report.relativeRmse ?? -1)")
        }
        #expect(digests.count == 1)
    }

    @Test("with less error are other artifacts, tagged and smaller in nothing", arguments: ["nf4", "q4_0", "affine4"])
    func best(scheme: String) async throws {
        let home = try TemporaryHome()
        try await home.register(Self.tinyLlama, as: "m")
        let reference = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        var request = ConvertRequest(name: "m", scheme: scheme)
        request.encoder = .best
        let best = try await home.registry.convert(request)
        #expect(best.name == reference.name + "-best")
        #expect(best.logicalBytes == reference.logicalBytes)
        #expect(try #require(best.relativeRmse) < 0.97 * (try #require(reference.relativeRmse)))
    }

    @Test("obey rules, and refuse those that mean nothing") func rules() async throws {
        let home = try TemporaryHome()
        try await home.register(Self.tinyLlama, as: "m")
        var request = ConvertRequest(name: "m", scheme: "affine4")
        request.rules = ["re:.*down_proj=mlx-affine8-g64", "model.embed_tokens=keep"]
        let report = try await home.registry.convert(request)
        #expect(report.name == "m:affine4-g64-rules")
        #expect(report.kept.contains { $0.tensor == "model.embed_tokens.weight" })
        try await home.export(report.name, to: "out", nil)
        let config = try JSONValue(parsing: Self.bytes(home.path("out/config.json")))
        #expect(config["quantization"]?["bits"]?.intValue == 4)
        #expect(config["quantization"]?["model.layers.0.mlp.down_proj"]?["bits"]?.intValue == 8)
        request.rules = ["no_such_module=keep"]
        await #expect(throws: FormatError.self) { try await home.registry.convert(request) }
        request.rules = []
        for scheme in ["mxfp4", "q4_9"] {
            request.scheme = scheme
            await #expect(throws: FormatError.self) { try await home.registry.convert(request) }
        }
    }

    @Test("of a quantized source need a word, and then add up") func requantizing() async throws {
        let home = try TemporaryHome()
        try await home.register(Self.tinyLlama, as: "m")
        let first = try await home.registry.convert(ConvertRequest(name: "m", scheme: "q8_0"))
        var request = ConvertRequest(name: first.name, scheme: "q4_0")
        await #expect(throws: FormatError.self) { try await home.registry.convert(request) }
        request.requantizes = true
        let second = try await home.registry.convert(request)
        #expect(second.scheme == "gguf-q4_0")
        #expect(try #require(second.relativeRmse) > 0.05)
    }

    @Test("are refused before the work when the memory allowed would not do") func memory() async throws {
        let home = try TemporaryHome()
        try await home.register(Self.tinyLlama, as: "m")
        var request = ConvertRequest(name: "m", scheme: "q4_0")
        request.maxMemoryBytes = 1 << 20
        let before = try home.storedFiles()
        await #expect(throws: RegistryError.self) { try await home.registry.convert(request) }
        #expect(try home.storedFiles() == before)
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        let file = try OpenFile(path)
        return try file.bytes(0..<file.byteCount)
    }
}
