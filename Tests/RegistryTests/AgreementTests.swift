import Bytes
import Foundation
import Registry
import Testing

/// `inspect` and the catalog tell the same of the same files.
@Suite("Inspect and the catalog") struct AgreementTests {
    static let models =
        (try? FileManager.default.contentsOfDirectory(atPath: fixtures + "/quantized"))?.sorted()
        .filter { $0 != "README.md" }.map { "quantized/" + $0 } ?? []
    static let others = [
        "models/tiny-llama", "safetensors/tiny-llama-sharded", "safetensors/all_dtypes.safetensors",
        "bitsandbytes-models/tiny-llama-bnb-nf4-dq", "torch/state_dict_zip.pt", "torch/more_dtypes.pt",
        "npz/deflated.npz", "npz/zeros.npz", "onnx/inline.onnx", "gguf/align128.gguf",
    ]

    @Test("agree on names, shapes, schemes, bits, groups and counts", arguments: models + others)
    func agreement(path: String) async throws {
        let home = try TemporaryHome()
        let looked = try ModelRegistry.inspect(fixtures + "/" + path)
        var request = RegisterRequest(path: fixtures + "/" + path)
        request.name = "m"
        let report = try await home.registry.register(request)
        let detail = try home.registry.show("m")
        #expect(report.scheme == looked.scheme)
        #expect(detail.artifact.scheme == looked.scheme)
        #expect(detail.artifact.quantization == looked.quantization)
        #expect(report.tensorCount == looked.tensorCount)
        #expect(detail.tensorCount == looked.tensorCount)
        let rows = try home.registry.tensors(of: "m").sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        #expect(rows.map(\.name) == looked.tensors.map(\.name))
        #expect(rows.map(\.dtype) == looked.tensors.map(\.type))
        #expect(rows.map(\.shape) == looked.tensors.map(\.shape))
        #expect(rows.map(\.bits) == looked.tensors.map(\.bits))
        #expect(rows.map(\.groupSize) == looked.tensors.map(\.groupSize))
        let found = try CastExportTests.rows(
            "SELECT name, shape, bits, group_size FROM tensor_summary ORDER BY name", in: home)
        #expect(
            found
                == looked.tensors.map { tensor in
                    [
                        .text(tensor.name), .text("[\(tensor.shape.map(String.init).joined(separator: ","))]"),
                        tensor.bits.map { .integer(Int64($0)) } ?? .null,
                        tensor.groupSize.map { .integer(Int64($0)) } ?? .null,
                    ]
                })
        let counted = try CastExportTests.rows("SELECT tensors, quantization FROM artifact_summary", in: home)
        #expect(counted == [[.integer(Int64(looked.tensorCount)), looked.quantization.map { .text($0) } ?? .null]])
    }

    @Test("show a GPTQ matrix as one tensor, by the name that the model knows") func gptq() async throws {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: fixtures + "/quantized/gptq-w4g128")
        request.name = "m"
        _ = try await home.registry.register(request)
        let row = try #require(try home.registry.tensors(of: "m", matching: "weight").first { $0.bits != nil })
        #expect(row.name.hasSuffix(".weight"))
        #expect(row.storedName.hasSuffix(".qweight"))
        #expect(row.scheme == row.dtype)
        #expect(row.bits == 4)
        #expect(row.groupSize == 128)
        #expect(try home.registry.list().first?.quantization?.contains("GPTQ 4-bit, group 128") == true)
    }

    @Test("call a model by its quantized tensors, and a mixed one by what it has learned") func schemes() throws {
        #expect(try ModelRegistry.inspect(fixtures + "/quantized/bnb-int8").scheme == "bnb-int8")
        let mixed = try ModelRegistry.inspect(fixtures + "/torch/more_dtypes.pt")
        #expect(mixed.scheme != "c128")
        #expect(mixed.types.contains { $0.type.lowercased() == mixed.scheme })
    }

    @Test("give a compressed tensor its own bytes") func deflated() throws {
        for name in ["deflated.npz", "stored.npz"] {
            let report = try ModelRegistry.inspect(fixtures + "/npz/" + name)
            let small = try #require(report.tensors.first { $0.type == "U8" })
            #expect(small.bytes == small.shape.reduce(1, *))
            #expect(report.bytes == report.tensors.reduce(0) { $0 + $1.bytes })
        }
        let zeros = try ModelRegistry.inspect(fixtures + "/npz/zeros.npz")
        #expect(zeros.tensors.map(\.bytes) == [68_000_000])
        #expect(zeros.bytes == 68_000_000)
    }

    @Test(
        "suggest what works, or nothing",
        arguments: [
            ("models/tiny-llama", "ingot convert m --to nf4"),
            ("torch/training_plain.pt", "ingot export m ./m-safetensors --format safetensors"),
            ("npz/fortran.npy", "ingot export m ./m-safetensors --format safetensors"),
            ("onnx/inline.onnx", "ingot export m ./m-safetensors --format safetensors"),
            ("safetensors/all_dtypes.safetensors", nil), ("torch/more_dtypes.pt", nil), ("gguf/align128.gguf", nil),
            ("quantized/gptq-w4g128", nil),
        ])
    func next(path: String, expected: String?) async throws {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: fixtures + "/" + path)
        request.name = "m"
        #expect(try await home.registry.register(request).next == expected)
        guard let expected else { return }
        guard expected.contains("export") else {
            _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
            return
        }
        var export = ExportRequest(name: "m", destination: home.path("out"))
        export.format = .safetensors
        #expect(try await home.registry.export(export).files.isEmpty == false)
    }
}
