import Architectures
import Bytes
import Foundation
import Tensors
import Testing

@testable import Formats

@Suite("Model source") struct ModelSourceTests {
    @Test("of a trained model's folder is all of it, with what it is")
    func folder() throws {
        let source = try ModelSource(scanning: Fixtures.path("models/tiny-llama/"))
        #expect(
            source.files.map { "\($0.path) \($0.role.rawValue)" } == [
                "config.json config", "generation_config.json config", "model.safetensors weights",
                "tokenizer.json tokenizer", "tokenizer_config.json tokenizer",
            ])
        #expect(source.leftOut.isEmpty)
        #expect(source.notes.isEmpty)
        #expect(source.weights[0].layout?.tensors.count == 38)
        #expect(source.weights[0].layout?.format == "safetensors")
        #expect(source.weights[0].identity.byteCount == 7_348_736)
        #expect(source.properties?.architecture == "LlamaForCausalLM")
        #expect(source.family?.name == "llama")
        #expect(source.card == nil)
    }

    @Test("of a sharded model has every shard and the index")
    func sharded() throws {
        let source = try ModelSource(scanning: Fixtures.path("safetensors/tiny-llama-sharded"))
        #expect(source.weights.count == 4)
        #expect(source.weights.reduce(0) { $0 + ($1.layout?.tensors.count ?? 0) } == 21)
        #expect(source.files.filter { $0.role == .index }.map(\.path) == ["model.safetensors.index.json"])
        let logical = try source.logicalTensors()
        #expect(logical.count == 21)
        #expect(logical.first?.name == "lm_head.weight")
        #expect(logical.first?.parts.first?.file == 3)
    }

    @Test("of one file is that file, whatever its name", arguments: ["model.safetensors", "weights.bin", "x"])
    func file(name: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(name, try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("config.json", "{}")
        let source = try folder.scan(name)
        #expect(source.files.map(\.path) == [name])
        #expect(source.files[0].absolutePath == path)
        #expect(source.config == nil)
        #expect(source.notes.isEmpty)
    }

    @Test("of a lone shard is that shard, with a note")
    func loneShard() throws {
        let path = Fixtures.path("safetensors/tiny-llama-sharded/model-00002-of-00004.safetensors")
        let source = try ModelSource(scanning: path)
        #expect(source.files.count == 1)
        #expect(source.notes == ["this is shard 2 of 4"])
    }

    @Test("follows links to files, as the cache of the Hub has them")
    func links() throws {
        let folder = try TemporaryFolder()
        try folder.write("blobs/1", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("blobs/2", #"{"model_type":"llama"}"#)
        try folder.write("snapshot/notes.txt", "x")
        try folder.link("snapshot/model.safetensors", to: "../blobs/1")
        try folder.link("snapshot/config.json", to: "../blobs/2")
        try folder.link("snapshot/gone.txt", to: "../blobs/3")
        try folder.link("snapshot/folder", to: "../blobs")
        let source = try folder.scan("snapshot")
        #expect(source.files.map(\.path) == ["config.json", "model.safetensors", "notes.txt"])
        #expect(source.leftOut.map(\.path) == ["folder/", "gone.txt"])
        #expect(source.family?.name == "llama")
        try folder.link("link", to: "snapshot")
        #expect(try folder.scan("link").files.count == 3)
    }

    @Test("leaves out what does not belong to the model, and says why")
    func leftOut() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("model.fp16.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("pytorch_model.bin", try Fixtures.bytes("torch/state_dict_zip.pt"))
        try folder.write("onnx/model.onnx", try Fixtures.bytes("onnx/inline.onnx"))
        try folder.write("model.h5", [0x89, 0x48, 0x44, 0x46, 1, 2, 3])
        for name in [".gitattributes", ".cache/x", "__pycache__/x.pyc", "a/b/c/d/deep.txt"] {
            try folder.write(name, "x")
        }
        try folder.write("pytorch_model.bin.index.json", "{}")
        try folder.write("flax_model.msgpack", [0x83, 0xFF, 0, 1])
        try folder.write("checkpoint-5/model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("checkpoint-5/config.json", "{}")
        for name in [
            "config.json", "trainer_state.json", "LICENSE", "NOTICE.txt", "README.md", "sub/README.md",
            "chat_template.jinja", "onnx/config.json", "merges.txt", "modeling_x.py", "a/b/c/near.txt",
        ] {
            try folder.write(name, name.hasSuffix(".json") ? "{}" : "x")
        }
        let source = try folder.scan()
        #expect(
            source.files.map { "\($0.path) \($0.role.rawValue)" } == [
                "LICENSE license", "NOTICE.txt license", "README.md card", "a/b/c/near.txt other",
                "chat_template.jinja chat_template", "config.json config", "merges.txt tokenizer",
                "model.safetensors weights", "modeling_x.py other", "sub/README.md other", "trainer_state.json other",
            ])
        #expect(
            source.leftOut.map { "\($0.path): \($0.reason)" } == [
                ".cache/: hidden", ".gitattributes: hidden", "__pycache__/: a cache",
                "a/b/c/d/: more than 3 folders deep",
                "checkpoint-5/: other weights; name this folder to register them by themselves",
                "flax_model.msgpack: weights in another format, by its name",
                "model.fp16.safetensors: other weights beside model.safetensors",
                "model.h5: weights in another format",
                "onnx/: other weights; name this folder to register them by themselves",
                "pytorch_model.bin: other weights beside model.safetensors",
                "pytorch_model.bin.index.json: other weights beside model.safetensors",
            ])
    }

    @Test("leaves out a large file that is no weights, by its length alone")
    func large() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        let path = try folder.write("data.json", "")
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: UInt64(ModelSource.greatestCompanion) + 1)
        try handle.close()
        let source = try folder.scan()
        #expect(source.leftOut.map { "\($0.path): \($0.reason)" } == ["data.json: larger than 128 MiB, and no weights"])
    }

    @Test("never opens a pipe") func pipe() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try #require(unsafe mkfifo(folder.path + "/pipe", 0o600) == 0)
        let source = try folder.scan()
        #expect(source.leftOut.map { "\($0.path): \($0.reason)" } == ["pipe: no regular file"])
        #expect(throws: FormatError.self) { try folder.scan("pipe") }
    }

    @Test("takes the parts that a pipeline names, each by itself")
    func pipeline() throws {
        let folder = try TemporaryFolder()
        try folder.write("modules.json", #"[{"path":"","type":"x"},{"path":"2_Dense","type":"y"}]"#)
        try folder.write("model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("2_Dense/model.safetensors", try SmallCheckpoint.bytes(("a", 4), ("b", 1)))
        try folder.write("2_Dense/config.json", "{}")
        try folder.write("1_Pooling/config.json", "{}")
        try folder.write("other/model.safetensors", try SmallCheckpoint.bytes(("a", 4)))
        let source = try folder.scan()
        #expect(
            source.files.map(\.path) == [
                "1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors", "model.safetensors",
                "modules.json",
            ])
        #expect(source.leftOut.map(\.path) == ["other/"])
        #expect(try source.logicalTensors().map(\.name) == ["2_Dense/a", "2_Dense/b", "a"])
    }

    @Test("takes a pipeline without weights of its own")
    func diffusers() throws {
        let folder = try TemporaryFolder()
        try folder.write("model_index.json", #"{"_class_name":"X","unet":["diffusers","U"],"vae":["diffusers","V"]}"#)
        try folder.write("unet/diffusion_pytorch_model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("unet/diffusion_pytorch_model.fp16.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("vae/diffusion_pytorch_model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        let source = try folder.scan()
        #expect(source.weights.map(\.folder) == ["unet", "vae"])
        #expect(source.leftOut.map(\.path) == ["unet/diffusion_pytorch_model.fp16.safetensors"])
    }

    @Test("says what it looked for in a folder without weights")
    func noWeights() throws {
        let folder = try TemporaryFolder()
        try folder.write("config.json", "{}")
        var error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem.contains("no weights are in this folder; looked for safetensors") == true)
        #expect(error?.file == folder.path)
        try folder.write("pytorch_model.bin", "x")
        error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem.contains("content is of no format") == true)
        #expect(error?.file == folder.path + "/pytorch_model.bin")
        try folder.write("step-1/model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem.contains("there are some in step-1") == true)
        #expect(error?.remedy == "Name that folder instead")
        try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: true)
        #expect(throws: FormatError.self) { try folder.scan("empty") }
        #expect(throws: FileError.self) { try folder.scan("none") }
        #expect(#expect(throws: FileError.self) { try ModelSource(scanning: "") }?.number == ENOENT)
    }

    @Test("takes damage in a file named as weights for an error, and not for a reason to leave it out")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
        for name in ["", "model.safetensors"] {
            let error = #expect(throws: FormatError.self) { try folder.scan(name) }
            #expect(error?.problem.contains("Git LFS pointer") == true)
            #expect(error?.file == path)
        }
        try folder.write("model.safetensors", "")
        #expect(throws: FormatError.self) { try folder.scan() }
        try folder.write("notes.txt", "nothing but text")
        let error = #expect(throws: FormatError.self) { try folder.scan("notes.txt") }
        #expect(error?.problem.contains("holds text ('nothing but text'…)") == true)
        try folder.write("noise", [0xFF, 0xFE, 0xFD, 1, 2, 3, 4, 5, 6, 7])
        #expect(throws: FormatError.self) { try folder.scan("noise") }
    }

    @Test("notes a config.json and a card that cannot be read")
    func notes() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("config.json", "{\"model_type\":")
        try folder.write("README.md", "---\nlicense: [mit\nbase_model: a/b\n---\n")
        let source = try folder.scan()
        #expect(source.config == nil)
        #expect(source.card?.baseModels == ["a/b"])
        #expect(source.files.count == 3)
        #expect(source.notes.count == 2)
        #expect(source.notes.contains { $0.hasPrefix("not read: config.json, byte 14: invalid JSON") })
    }

    @Test("reads a configuration with the infinities that Python writes")
    func infinity() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("config.json", #"{"model_type":"mamba2","time_step_limit":[0.0,Infinity]}"#)
        #expect(try folder.scan().properties?.modelType == "mamba2")
    }

    @Test("refuses two files with one tensor, unless the usual name tells which counts")
    func duplicates() throws {
        let folder = try TemporaryFolder()
        try folder.write("x.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("y.safetensors", try SmallCheckpoint.bytes(("b", 3)))
        #expect(try folder.scan().weights.count == 2)
        try folder.write("z.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        let error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem.contains("x.safetensors and z.safetensors both hold") == true)
        #expect(error?.tensor == "a")
        try folder.write("consolidated.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        #expect(try folder.scan().weights.map(\.path) == ["consolidated.safetensors"])
    }
}
