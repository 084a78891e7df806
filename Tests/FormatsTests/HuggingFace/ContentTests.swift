import Bytes
import Foundation
import Tensors
import Testing

@testable import Formats

@Suite("Files of a folder, by their bytes") struct ContentTests {
    private static let torch = "torch/state_dict_zip.pt"
    private static let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"

    @Test(
        "that are no weights travel, whatever they are called, with a note",
        arguments: [
            ("notes.gguf", "pytorch_model.bin", torch), ("prompts.pt", "model.onnx", "onnx/inline.onnx"),
            ("list.safetensors", "x", torch), ("README.bin", "model.npz", "npz/stored.npz"),
        ])
    func companion(name: String, weights: String, fixture: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(name, "nothing but some lines of text\n")
        try folder.write(weights, try Fixtures.bytes(fixture))
        let source = try folder.scan()
        #expect(source.weights.map(\.path) == [weights])
        #expect(source.files.first { $0.path == name }?.role == .other)
        #expect(source.notes.contains { $0.hasPrefix("\(name) is called like weights") })
    }

    @Test("are weights under any name, and skipped under none") func names() throws {
        let folder = try TemporaryFolder()
        try folder.write("optimizer.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        #expect(try folder.scan().weights.map(\.path) == ["optimizer.safetensors"])
        try folder.write("optimizer.safetensors", "x")
        try folder.write("optimizer.notes.txt", "x")
        try folder.write("scaler.pt", try Fixtures.bytes(Self.torch))
        let source = try folder.scan()
        #expect(source.weights.map(\.path) == ["scaler.pt"])
        #expect(source.files.map(\.path) == ["optimizer.notes.txt", "optimizer.safetensors", "scaler.pt"])
    }

    /// A pickle of a dictionary with these keys and empty dictionaries as values.
    private static func pickle(_ keys: [String]) -> [UInt8] {
        let items = keys.flatMap { key -> [UInt8] in
            [0x58, UInt8(key.utf8.count), 0, 0, 0] + Array(key.utf8) + [0x7D]
        }
        return [0x80, 2, 0x7D, 0x28] + items + [0x75, 0x2E]
    }

    @Test(
        "of a training run are left out by what is in them",
        arguments: [
            (["state", "param_groups"], "the state of an optimizer"),
            (["python", "numpy", "cpu"], "the state of random numbers"),
            (["last_epoch", "_step_count"], "the state of a training run"), (["a"], "a pickle without tensors"),
        ])
    func state(keys: [String], reason: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("file.bin", Self.pickle(keys))
        let error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem.contains("file.bin (\(reason))") == true, "\(error?.problem ?? "")")
        try folder.write("weights", try Fixtures.bytes(Self.torch))
        let source = try folder.scan()
        #expect(source.weights.map(\.path) == ["weights"])
        #expect(source.leftOut == [LeftOutFile(path: "file.bin", reason: reason)])
    }

    @Test("that are Git LFS pointers are named as such, and left out where other weights are sound")
    func pointers() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("pytorch_model.bin", Self.pointer)
        try folder.write("config.json", "{}")
        let error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem.contains("Git LFS pointer") == true)
        #expect(error?.file == path)
        try folder.write("model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        let source = try folder.scan()
        #expect(source.weights.map(\.path) == ["model.safetensors"])
        #expect(source.leftOut.map(\.path) == ["pytorch_model.bin"])
        #expect(source.leftOut.first?.reason.contains("Git LFS pointer") == true)
    }

    @Test("that an index or a row of shards needs are errors when they are damaged", arguments: [true, false])
    func shards(hasIndex: Bool) throws {
        let folder = try TemporaryFolder()
        let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        try folder.write(names[0], try SmallCheckpoint.bytes(("a", 3)))
        let damaged = try folder.write(names[1], Self.pointer)
        let index = SmallCheckpoint.index([("a", names[0]), ("b", names[1])])
        if hasIndex { try folder.write("model.safetensors.index.json", index) }
        let error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem.contains("Git LFS pointer") == true, "\(error?.problem ?? "")")
        #expect(error?.file == damaged)
    }

    @Test("that begin like weights and are cut are errors") func cut() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("b", try SmallCheckpoint.bytes(("b", 3)).dropLast(1))
        let error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.file == folder.path + "/b")
    }

    @Test("that an index names are missed before anything else") func indexAlone() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors.index.json", SmallCheckpoint.index([("a", "x.safetensors")]))
        let error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem == "of 1 shard that the index names 1 is missing: x.safetensors")
    }
}

@Suite("Tensors in files beside the model's") struct ExternalDataTests {
    /// The golden, with its data file at another place of the same length.
    private static func model(_ location: String) throws -> [UInt8] {
        var bytes = try Fixtures.bytes("onnx/external.onnx")
        let name = Array("external.bin".utf8)
        #expect(location.utf8.count == name.count)
        for index in bytes.indices where bytes[index...].starts(with: name) {
            bytes.replaceSubrange(index..<(index + name.count), with: Array(location.utf8))
        }
        return bytes
    }

    @Test("are read for a model that is named by itself", arguments: ["external.bin", "folder/a.bin", "./xternal.bi"])
    func named(location: String) throws {
        let folder = try TemporaryFolder()
        let plain = location.hasPrefix("./") ? String(location.dropFirst(2)) : location
        try folder.write("m/external.onnx", try Self.model(location))
        try folder.write("m/inline.onnx", try Fixtures.bytes("onnx/inline.onnx"))
        try folder.write("m/" + plain, try Fixtures.bytes("onnx/external.bin"))
        let golden = try ModelSource(scanning: Fixtures.path("onnx/external.onnx")).logicalTensors()
        let source = try folder.scan("m/external.onnx")
        #expect(Set(source.files.map(\.path)) == ["external.onnx", plain])
        #expect(source.weights.count == 2)
        #expect(try source.logicalTensors().map(\.name) == golden.map(\.name))
        #expect(!golden.isEmpty)
        // The folder by itself is read too, when one model alone is in it.
        try FileManager.default.removeItem(atPath: folder.path + "/m/inline.onnx")
        let whole = try folder.scan("m")
        #expect(Set(whole.files.map(\.path)) == ["external.onnx", plain])
        #expect(try whole.logicalTensors().map(\.name) == golden.map(\.name))
    }

    @Test("are refused when the file is missing, short, or the model itself") func missing() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("external.onnx", try Self.model("folder/a.bin"))
        var error = #expect(throws: FormatError.self) { try folder.scan("external.onnx") }
        #expect(error?.problem.hasSuffix("lies in \"folder/a.bin\", which is not there") == true)
        #expect(error?.tensor != nil)
        try folder.write("folder/a.bin", [1, 2, 3])
        error = #expect(throws: FormatError.self) { try folder.scan("external.onnx") }
        #expect(error?.code == .truncated)
        #expect(error?.file == folder.path + "/folder/a.bin" || error?.file == "folder/a.bin")
        for name in [path, folder.path] {
            try folder.write("external.onnx", try Self.model("./ternal.bin"))
            try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/ternal.bin")
            error = #expect(throws: FormatError.self) {
                try ModelSource(scanning: name == path ? folder.path + "/ternal.bin" : name)
            }
            #expect(error?.code == .refused || error?.code == .truncated, "\(String(describing: error))")
            try FileManager.default.removeItem(atPath: folder.path + "/ternal.bin")
        }
    }

    @Test("are refused where a link leads out of the folder, and read where the Hub's cache has links")
    func links() throws {
        let folder = try TemporaryFolder()
        try folder.write("m/external.onnx", try Self.model("external.bin"))
        try folder.write("secret", try Fixtures.bytes("onnx/external.bin"))
        try folder.link("m/external.bin", to: "../secret")
        let error = #expect(throws: FormatError.self) { try folder.scan("m/external.onnx") }
        #expect(error?.code == .refused)
        #expect(error?.problem.contains("a link that leads out of the model's folder") == true)
        try folder.write("elsewhere/a.bin", try Fixtures.bytes("onnx/external.bin"))
        try folder.write("n/external.onnx", try Self.model("folder/a.bin"))
        try folder.link("n/folder", to: "../elsewhere")
        #expect(throws: FormatError.self) { try folder.scan("n/external.onnx") }
        try folder.write("blobs/1", try Self.model("external.bin"))
        try folder.write("blobs/2", try Fixtures.bytes("onnx/external.bin"))
        try folder.write("snapshot/x", "x")
        try folder.link("snapshot/external.onnx", to: "../blobs/1")
        try folder.link("snapshot/external.bin", to: "../blobs/2")
        #expect(try folder.scan("snapshot/external.onnx").files.count == 2)
    }

    @Test("that two models describe under one name are refused") func twice() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.onnx", try Self.model("external.bin"))
        try folder.write("b.onnx", try Self.model("external.bin"))
        try folder.write("external.bin", try Fixtures.bytes("onnx/external.bin"))
        let error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem.contains("a.onnx and b.onnx both hold") == true)
        #expect(try folder.scan("b.onnx").weights.count == 2)
    }
}
