import Bytes
import Formats
import Numbers
import Registry
import Tensors
import Testing

@Suite("Conversions of quantized models") struct ExchangeConversionTests {
    /// A home with a variant of a model.
    private static func home(_ scheme: String, of model: MadeModel = .wideLlama()) async throws -> TemporaryHome {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: try model.write(to: home.path("m")))
        request.name = "m"
        _ = try await home.registry.register(request)
        var conversion = ConvertRequest(name: "m", scheme: scheme)
        conversion.newName = "m:first"
        // A mixture gives a tied embedding another type.
        if scheme.hasPrefix("gguf") { conversion.rules = ["token_embd.weight=\(scheme)"] }
        _ = try await home.registry.convert(conversion)
        return home
    }

    /// The numbers of every tensor of an artifact, in float32.
    private static func numbers(_ name: String, in home: TemporaryHome) async throws -> [String: [UInt8]] {
        let path = home.path("numbers-" + name.replacing(":", with: "-"))
        var request = ExportRequest(name: name, destination: path)
        request.format = .safetensors
        request.dtype = "f32"
        _ = try await home.registry.export(request)
        let file = try OpenFile(path + "/model.safetensors")
        return try Dictionary(
            uniqueKeysWithValues: SafetensorsHeader(reading: file).tensors.map { tensor in
                (tensor.name, try file.bytes(tensor.byteRange))
            })
    }

    @Test(
        "carry codes over exactly, also through another convention of names and rows",
        arguments: [
            ("gptq-4-g32", "awq-4-g32", 7), ("gptq-4-g32", "ct-int4-g32", 7), ("ct-mxfp4", "mlx-mxfp4", 7),
            ("gguf-q8_0", "gptq-8-g32", 7), ("ct-int4-g32", "gguf-q4_0", 7), ("gguf-mxfp4", "ct-mxfp4", 7),
        ])
    func exact(from: String, to: String, count: Int) async throws {
        let home = try await Self.home(from)
        var request = ConvertRequest(name: "m:first", scheme: to)
        request.newName = "m:second"
        request.rules = ["embed_tokens=keep"].filter { _ in to.hasPrefix("mlx") || to.hasPrefix("gguf") }
        let report = try await home.registry.convert(request)
        #expect(report.exactTensorCount == count)
        #expect(report.notes.contains("the codes of \(count) tensors go over as they are"))
        let old = try await Self.numbers("m:first", in: home), new = try await Self.numbers("m:second", in: home)
        for (name, bytes) in old where name.hasSuffix("_proj.weight") {
            // Libraries round to their own dtypes; real numbers are the same.
            let (left, right) = (LittleEndianFloats.decode(bytes), LittleEndianFloats.decode(try #require(new[name])))
            #expect(zip(left, right).allSatisfy { abs($0 - $1) <= abs($0) * 0x1p-7 + 1e-6 }, "\(name)")
        }
        #expect(try home.registry.tensors(of: "m:second").count { $0.relRmse == 0 } == count)
    }

    @Test(
        "that cannot be exact name the tensors and the ways out, and leave nothing",
        arguments: [
            ("gguf-q8_0", "awq-4-g32", "8 bits, not 4"), ("gptq-4-g128", "bnb-nf4", "codes of its own"),
            ("bnb-nf4", "gptq-4-g128", "no other layout"), ("mlx-affine4-g32", "gptq-4-g32", "no whole multiple"),
        ])
    func refused(from: String, to: String, reason: String) async throws {
        let home = try await Self.home(from)
        let before = try home.storedFiles()
        let error = await #expect(throws: FormatError.self) {
            try await home.registry.convert(ConvertRequest(name: "m:first", scheme: to))
        }
        #expect(error?.problem.contains(reason) == true, "\(error?.problem ?? "")")
        #expect(error?.tensor?.hasSuffix(".weight") == true)
        #expect(error?.remedy.contains("--requantize") == true)
        #expect(try home.storedFiles() == before)
    }

    @Test("go to a neighboring scheme where that one holds a tensor's codes, and say so") func neighbors() async throws
    {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: try MadeModel.wideLlama().write(to: home.path("m")))
        request.name = "m"
        _ = try await home.registry.register(request)
        var first = ConvertRequest(name: "m", scheme: "gguf-q4_1")
        first.rules = ["re:.*down.*=gguf-q8_0", "token_embd.weight=gguf-q4_1"]
        first.newName = "m:first"
        _ = try await home.registry.convert(first)
        let report = try await home.registry.convert(ConvertRequest(name: "m:first", scheme: "mlx-affine4-g32"))
        #expect(report.exactTensorCount == 8)
        #expect(report.notes.contains { $0.hasPrefix("mlx-affine4-g32 → mlx-affine8-g32 for 1 tensor") })
        #expect(try home.registry.tensors(of: report.name).count { $0.scheme == "mlx-affine8-g32" } == 1)
    }

    @Test("are refused where every tensor would get another scheme") func misfit() async throws {
        let home = try await Self.home("gguf-q4_1")
        let error = await #expect(throws: FormatError.self) {
            try await home.registry.convert(ConvertRequest(name: "m:first", scheme: "mlx-affine4-g64"))
        }
        #expect(error?.remedy.contains("mlx-affine4-g32") == true)
    }
}
