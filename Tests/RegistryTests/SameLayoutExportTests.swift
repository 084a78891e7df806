import Bytes
import Foundation
import Registry
import Testing

/// What stays as it is, and what is refused, when an artifact goes out in a layout of its own kind.
@Suite("Export in the same layout") struct SameLayoutExportTests {
    @Test(
        "keeps every byte of a GGUF file of all value types, doubles and blocks too",
        arguments: ["all_kv_types.gguf", "align128.gguf"])
    func sameGGUF(file: String) async throws {
        let home = try TemporaryHome()
        let path = fixtures + "/gguf/" + file
        try await home.register(path, as: "g")
        let report = try await home.export("g", to: "same.gguf", .gguf)
        #expect(report.changes.isEmpty)
        #expect(try ConvertTests.bytes(home.path("same.gguf")) == ConvertTests.bytes(path))
    }

    @Test(
        "gives the tensors of a GGUF file whose metadata makes no model their own names, and says so",
        arguments: ["all_kv_types.gguf", "align128.gguf"], [ExportFormat.safetensors, .npz])
    func noModel(file: String, format: ExportFormat) async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/gguf/" + file, as: "g")
        let report = try await home.export("g", to: "out", format, dequantized: Self.blocks(file))
        #expect(report.notes.contains { $0.contains("names stay as GGUF has them") })
        #expect(!report.files.contains { $0.path == "config.json" })
        let names = try ModelRegistry.inspect(fixtures + "/gguf/" + file).tensors.map(\.name)
        #expect(try ModelRegistry.inspect(home.path("out")).tensors.map(\.name) == names)
    }

    /// The dtype for the blocks of a file that holds some.
    private static func blocks(_ file: String) throws -> String? {
        let types = try ModelRegistry.inspect(fixtures + "/gguf/" + file).types.map(\.type)
        return types.contains { $0.hasPrefix("gguf-") } ? "f32" : nil
    }

    @Test("cuts a quantized checkpoint anew without touching a tensor") func sameShards() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4-dq"))
        let report = try await home.export("m:nf4-dq", to: "cut", .safetensors, maxShardBytes: 100_000)
        #expect(report.changes.isEmpty)
        let shards = report.files.map(\.path).filter { $0.hasSuffix(".safetensors") }
        #expect(shards.count > 1)
        _ = try await home.export("m:nf4-dq", to: "whole", nil)
        var found: [String: String] = [:]
        for shard in shards {
            found.merge(try ConvertTests.tensors(home.path("cut/" + shard))) { first, _ in first }
        }
        #expect(try found == ConvertTests.tensors(home.path("whole/model.safetensors")))
        let configs = try ["cut", "whole"].map { try ConvertTests.bytes(home.path($0 + "/config.json")) }
        #expect(configs[0] == configs[1])
    }

    @Test("refuses to dequantize what is not quantized", arguments: [nil, ExportFormat.gguf, .safetensors])
    func nothingToDequantize(format: ExportFormat?) async throws {
        let home = try await ConvertTests.homeWithModel()
        await #expect {
            _ = try await home.export("m", to: "out", format, dequantized: "bf16")
        } throws: {
            "\($0)".contains("holds no quantized tensor")
        }
        #expect(!Folder.exists(home.path("out")))
    }

    @Test("refuses a destination that is named as a file where several files go") func namedAsFile() async throws {
        let home = try await ConvertTests.homeWithModel()
        await #expect {
            _ = try await home.export("m", to: "m.npz", .npz)
        } throws: {
            "\($0)".contains("m.npz is named as a file, and 2 files go there: config.json, model.npz")
        }
        #expect(!Folder.exists(home.path("m.npz")))
    }

    // MARK: Modules in folders below

    @Test("refuses a pipeline, whose weights all lie in folders below it", arguments: [ExportFormat.npz, .safetensors])
    func pipeline(format: ExportFormat) async throws {
        let home = try TemporaryHome()
        try MadeModel.llama().write(to: home.path("p/unet"))
        try Self.write(#"{"_class_name": "X", "unet": ["diffusers", "U"]}"#, to: home.path("p/model_index.json"))
        try await home.register(home.path("p"), as: "p")
        await #expect {
            _ = try await home.export("p", to: "out", format, dtype: "f16")
        } throws: {
            "\($0)".contains("folders below the model (unet)")
        }
        #expect(!Folder.exists(home.path("out")))
    }

    @Test("names the tensors of another module, which GGUF has no place for") func module() async throws {
        let home = try TemporaryHome()
        try await home.register(try Self.modelWithDense(home), as: "m")
        let report = try await home.export("m", to: "m.gguf", .gguf, dtype: "f16")
        let dropped = report.changes.filter { $0.outcome == "dropped" }
        #expect(dropped.map(\.name) == ["2_Dense/linear.weight"])
        #expect(dropped.first?.reason?.contains("2_Dense/model.safetensors") == true)
    }

    @Test("says that another module stays as it is") func moduleOfFolder() async throws {
        let home = try TemporaryHome()
        try await home.register(try Self.modelWithDense(home), as: "m")
        let report = try await home.export("m", to: "out", .safetensors, dtype: "f16")
        #expect(report.notes.contains { $0.contains("2_Dense/model.safetensors") && $0.contains("as stored") })
    }

    /// A Llama that GGUF can hold, with a module of its own in a folder.
    private static func modelWithDense(_ home: TemporaryHome) throws -> String {
        let folder = home.path("m")
        try FileManager.default.copyItem(atPath: fixtures + "/models/tiny-llama", toPath: folder)
        var dense = MadeModel()
        dense.add("linear.weight", [8, 8], seed: 5)
        try dense.write(to: folder + "/2_Dense")
        try write(#"[{"path": ""}, {"path": "2_Dense"}]"#, to: folder + "/modules.json")
        return folder
    }

    private static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}
