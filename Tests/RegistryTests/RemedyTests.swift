import Bytes
import Foundation
import Numbers
import Registry
import Testing

/// What is said, and what to do, where an export cannot be.
@Suite("Remedies of exports") struct RemedyTests {
    /// Registers a folder and exports it.
    private static func export(
        _ folder: String, _ format: ExportFormat, in home: TemporaryHome
    ) async throws -> ExportReport {
        var register = RegisterRequest(path: folder)
        register.name = "m"
        _ = try await home.registry.register(register)
        var request = ExportRequest(name: "m", destination: home.path("out"))
        request.format = format
        return try await home.registry.export(request)
    }

    private static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// A copy of the small Llama with other files of the tokenizer: those of `files`, which hold a letter.
    private static func llama(_ files: [String], in home: TemporaryHome) throws -> String {
        let folder = home.path("model")
        try FileManager.default.copyItem(atPath: fixtures + "/models/tiny-llama", toPath: folder)
        for name in ["tokenizer.json", "tokenizer_config.json"] { try Folder.unlink(folder + "/" + name) }
        for name in files { try write("x", to: folder + "/" + name) }
        return folder
    }

    @Test(
        "name the tokenizer that is not read, and how to go on",
        arguments: [
            "tekken.json", "cl100k.tiktoken", "sentencepiece.bpe.model", "source.spm", "rwkv_vocab_v20230424.txt",
        ])
    func tokenizer(file: String) async throws {
        let home = try TemporaryHome()
        let folder = try Self.llama([file, "merges.txt"], in: home)
        let error = await #expect(throws: FormatError.self) { try await Self.export(folder, .gguf, in: home) }
        #expect(error?.file == file)
        #expect(error?.problem.contains("the model's only tokenizer is not read") == true)
        #expect(error?.remedy.contains("tokenizer.json") == true)
        #expect(!Folder.exists(home.path("out")))
    }

    @Test("are not needed without any tokenizer, and a note says so") func noTokenizer() async throws {
        let home = try TemporaryHome()
        let report = try await Self.export(try Self.llama([], in: home), .gguf, in: home)
        #expect(report.notes.contains { $0.contains("the model has no tokenizer") })
    }

    @Test("name a format that has the type") func doubleComplex() async throws {
        let home = try TemporaryHome()
        let header = "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }"
        let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
        let bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8)
        try Data(bytes + [UInt8](repeating: 0, count: 16)).write(to: URL(fileURLWithPath: home.path("a.npy")))
        let error = await #expect(throws: FormatError.self) {
            try await Self.export(home.path("a.npy"), .safetensors, in: home)
        }
        #expect(error?.problem == "it is stored as C128, which safetensors has no type for")
        #expect(error?.remedy == "Choose --format npz, which has one")
    }

    @Test("list the families that become GGUF, or say what is wrong with config.json", arguments: [true, false])
    func family(isSound: Bool) async throws {
        let home = try TemporaryHome()
        var model = MadeModel.llama()
        model.config = isSound ? #"{"model_type": "unheard-of"}"# : #"{"model_type": "#
        let folder = try model.write(to: home.path("model"))
        let error = await #expect(throws: RegistryError.self) { try await Self.export(folder, .gguf, in: home) }
        let text = error.map { "\($0)" } ?? ""
        #expect(!text.contains(".."), "\(text)")
        if isSound {
            #expect(text.contains("'unheard-of' is none that it knows"))
            #expect(text.contains("known are ") && text.contains("qwen3") && text.contains("nomic_bert"))
        } else {
            #expect(text.contains("its config.json cannot be read: "))
            #expect(text.contains("Fetch config.json again"))
        }
    }

    @Test("are not needed for an ONNX model with its tensors in a folder beside it") func external() async throws {
        let home = try TemporaryHome()
        var onnx = try ConvertTests.bytes(fixtures + "/onnx/external.onnx")
        let name = Array("external.bin".utf8)
        for index in onnx.indices where onnx[index...].starts(with: name) {
            onnx.replaceSubrange(index..<(index + name.count), with: Array("folder/a.bin".utf8))
        }
        try Folder.make(home.path("model/folder"))
        try Data(onnx).write(to: URL(fileURLWithPath: home.path("model/external.onnx")))
        try FileManager.default.copyItem(
            atPath: fixtures + "/onnx/external.bin", toPath: home.path("model/folder/a.bin"))
        let report = try await Self.export(home.path("model/external.onnx"), .safetensors, in: home)
        #expect(report.files.map(\.path).contains { $0.hasSuffix(".safetensors") })
        let tensors = try ConvertTests.tensors(home.path("out/model.safetensors"))
        let goldens = try JSONValue(parsing: ConvertTests.bytes(fixtures + "/onnx/expected.json"))
        #expect(!tensors.isEmpty)
        for (tensor, found) in tensors {
            #expect(goldens[tensor]?["sha256"]?.stringValue.map { found.hasSuffix($0) } == true, "\(tensor)")
        }
    }
}
