import Bytes
import Formats
import Foundation
import Numbers
import Registry
import Testing

@Suite("Casts of artifacts") struct CastTests {
    private static func home(_ model: MadeModel = .llama()) async throws -> TemporaryHome {
        let home = try TemporaryHome()
        try await home.register(try model.write(to: home.path("m")), as: "m")
        return home
    }

    private static func request(_ dtype: String, of name: String = "m") -> ConvertRequest {
        ConvertRequest(name: name, scheme: dtype)
    }

    @Test("to a wider dtype and back give the same bytes", arguments: ["f32", "f64"]) func back(dtype: String)
        async throws
    {
        let home = try await Self.home()
        let wide = try await home.registry.convert(Self.request(dtype))
        #expect(wide.name == "m:\(dtype)" && wide.scheme == dtype && wide.relativeRmse == 0)
        #expect(wide.casts.count == 5 && wide.casts.allSatisfy { $0.from == "bf16" && $0.to == dtype })
        let narrow = try await home.registry.convert(Self.request("bf16", of: "m:\(dtype)"))
        let first = try home.registry.tensors(of: "m"), last = try home.registry.tensors(of: narrow.name)
        #expect(first.map(\.digest) == last.map(\.digest))
        // The numbers are the source's own, so nothing but header and configuration is new.
        #expect(narrow.newBytes < 2000)
        #expect(try home.registry.show("m:\(dtype)").parents.map(\.name) == ["m"])
        #expect(try home.registry.show("m:\(dtype)").artifact.kind == "cast")
    }

    @Test("count what rounding does, and measure it") func counts() async throws {
        var model = MadeModel.llama()
        let numbers: [Float] = [1, 1e-9, 2e-3, .nan, .infinity, 448, 0.3, -0.3]
        model.tensors.append(("x.weight", .F32, [2, 4], LittleEndianFloats.encode(numbers)))
        let home = try await Self.home(model)
        let report = try await home.registry.convert(Self.request("f8_e5m2"))
        let cast = try #require(report.casts.first { $0.tensor == "x.weight" })
        #expect(cast.nan == 1 && cast.infinity == 1 && cast.underflow == 1 && cast.overflow == 0)
        let row = try #require(try home.registry.tensors(of: report.name).first { $0.name == "x.weight" })
        #expect(row.dtype == "F8_E5M2" && row.nanCount == 1 && row.infinityCount == 1)
        let error = try #require(row.relRmse)
        #expect(error > 0 && error < 0.1)
        #expect(report.kept.map(\.tensor).sorted() == ["model.layers.0.input_layernorm.weight", "model.norm.weight"])
    }

    @Test("fail where numbers are too large, or do what was asked for") func overflow() async throws {
        var model = MadeModel.llama()
        model.tensors.append(("x.weight", .F32, [1, 2], LittleEndianFloats.encode([1, 1e5])))
        let home = try await Self.home(model)
        let stored = try home.storedFiles()
        let error = try await #require(throws: FormatError.self) {
            try await home.registry.convert(Self.request("f16"))
        }
        #expect(error.tensor == "x.weight" && error.remedy.contains("--overflow"))
        #expect(try home.storedFiles() == stored)
        var request = Self.request("f16")
        request.overflow = .widen
        let wide = try await home.registry.convert(request)
        #expect(wide.casts.first { $0.tensor == "x.weight" }?.reason != nil || wide.casts.count == 5)
        request.overflow = .saturate
        let report = try await home.registry.convert(request)
        #expect(report.name == "m:f16-saturate")
        let tensors = try home.registry.tensors(of: report.name)
        #expect(tensors.first { $0.name == "x.weight" }?.absoluteMaximum == 65504)
    }

    @Test("give the same bytes on any number of threads, and twice no work") func deterministic() async throws {
        var digests: Set<String> = []
        for threads in [1, 3] {
            let home = try await Self.home()
            var request = Self.request("f16")
            request.threadCount = threads
            let report = try await home.registry.convert(request)
            digests.insert("\(report.digest) \(report.relativeRmse ?? -1)")
            #expect(try await home.registry.convert(request).outcome == "unchanged")
        }
        #expect(digests.count == 1)
    }

    @Test("make numbers of quantized tensors, from any family") func quantized() async throws {
        let home = try await Self.home(.wideLlama())
        for scheme in ["nf4", "q8_0", "affine4"] {
            let made = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
            let report = try await home.registry.convert(Self.request("f32", of: made.name))
            #expect(report.scheme == "f32" && report.notes.contains { $0.contains("became numbers again") })
            // F32 holds what the codes stand for, BF16 only nearly.
            #expect(report.relativeRmse == 0)
            let names = try home.registry.tensors(of: report.name).map(\.name).sorted()
            #expect(names == (try home.registry.tensors(of: "m").map(\.name).sorted()))
            _ = try await home.export(report.name, to: "out-\(scheme)", nil)
            let config = try JSONValue(
                parsing: Array(
                    try Data(
                        contentsOf: URL(fileURLWithPath: home.path("out-\(scheme)/config.json")))))
            #expect(config["quantization_config"] == nil && config["quantization"] == nil)
        }
    }

    @Test("of blocks to a narrow dtype are measured against what the blocks stand for") func blocks() async throws {
        let home = try await Self.home(.wideLlama())
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "q8_0"))
        let report = try await home.registry.convert(Self.request("bf16", of: "m:q8_0"))
        // Half a step of BF16 at most, 2^-9, and not all of the numbers need to be rounded.
        #expect(report.relativeRmse.map { (0.0005...0.002).contains($0) } == true)
    }

    @Test("are forecast to the byte") func forecast() async throws {
        let home = try await Self.home()
        let forecast = try home.registry.planConversion(Self.request("f32"))
        let report = try await home.registry.convert(Self.request("f32"))
        #expect(forecast.bytes == report.logicalBytes && forecast.name == report.name)
        #expect(forecast.recipeDigest == report.recipeDigest && forecast.scheme == "f32")
    }

    @Test("are derived again from their parent") func rederive() async throws {
        let home = try await Self.home()
        _ = try await home.registry.convert(Self.request("f16"))
        #expect(try await home.registry.rederive("m:f16").outcome == "proven")
    }

    @Test(
        "are refused where they mean nothing, and leave nothing behind",
        arguments: [("bf16", "already"), ("f8", "no scheme"), ("f12", "no scheme")])
    func refused(dtype: String, problem: String) async throws {
        let home = try await Self.home()
        let stored = try home.storedFiles()
        let error = try await #require(throws: (any Error).self) {
            try await home.registry.convert(Self.request(dtype))
        }
        #expect("\(error)".contains(problem), "\(error)")
        #expect(try home.storedFiles() == stored)
    }

    @Test("know no blocks or encoders") func options() async throws {
        var request = Self.request("bf16")
        request.blockSize = 64
        #expect(throws: RegistryError.self) { try ModelRegistry.check(request) }
        var other = Self.request("nf4")
        other.overflow = .saturate
        #expect(throws: RegistryError.self) { try ModelRegistry.check(other) }
    }

    @Test("of a master copy and working weights are two artifacts of one model, and state stays data")
    func mixedPrecision() async throws {
        let home = try TemporaryHome()
        var model = MadeModel.llama()
        model.config = model.config?.replacing("1,\n", with: "1, \"dtype\": \"float32\",\n")
        let folder = try model.write(to: home.path("master"))
        try Data(#"{"scale": 65536.0, "growth_interval": 2000}"#.utf8).write(
            to: URL(fileURLWithPath: folder + "/loss_scaler.json"))
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder + "/scaler.dat"))
        try await home.register(folder, as: "m:master")
        _ = try await home.registry.convert(Self.request("f32", of: "m:master"))
        var request = Self.request("bf16", of: "m:master-f32")
        request.newName = "m:weights"
        _ = try await home.registry.convert(request)
        let files = try home.registry.show("m:weights").files
        #expect(files.contains { $0.path == "loss_scaler.json" && $0.role != "weights" })
        let first = try home.registry.show("m:master").files
        for path in ["loss_scaler.json"] {
            #expect(files.first { $0.path == path }?.digest == first.first { $0.path == path }?.digest)
        }
        #expect(try home.registry.show("m:weights").parents.first?.name == "m:master-f32")
    }
}
