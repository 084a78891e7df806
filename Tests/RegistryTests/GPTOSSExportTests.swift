import Bytes
import Formats
import Foundation
import Numbers
import Registry
import Tensors
import Testing

/// A small gpt-oss in the layout in which OpenAI released theirs, on its way to GGUF and back.
@Suite("Export of gpt-oss") struct GPTOSSExportTests {
    private static let folder = fixtures + "/gpt-oss/tiny"

    /// Each tensor of a GGUF file as text: type, shape and digest.
    private static func gguf(_ path: String) throws -> [String: String] {
        let file = try OpenFile(path)
        return try Dictionary(
            uniqueKeysWithValues: GGUFHeader(reading: file).tensors.map { tensor in
                let digest = Digest(of: try file.bytes(tensor.byteRange))
                return (tensor.name, "\(tensor.type) \(tensor.shape) \(digest)")
            })
    }

    /// What llama.cpp's converter made of the same folder.
    private static func expected() throws -> [String: String] {
        let json = try JSONValue(parsing: ConvertTests.bytes(fixtures + "/gpt-oss/tiny.gguf.json"))
        var expected: [String: String] = [:]
        for row in json["tensors"]?.arrayValue ?? [] {
            let row = try #require(row.arrayValue)
            let name = try #require(row[0].stringValue), type = try #require(row[1].stringValue)
            let shape = try #require(Shape(row[2].arrayValue?.compactMap(\.intValue) ?? []))
            let digest = try #require(row[3].stringValue)
            expected[name] = "\(type) \(shape) \(digest)"
        }
        return expected
    }

    private static func fileType(_ path: String) throws -> Int? {
        try GGUFHeader(reading: OpenFile(path)).metadata[GGUFFileType.key]?.integer.flatMap { Int(exactly: $0) }
    }

    @Test("writes every tensor as llama.cpp's converter does, MXFP4 code by code") func toGGUF() async throws {
        let home = try TemporaryHome()
        try await home.register(Self.folder, as: "m")
        let report = try await home.export("m", to: "m.gguf", .gguf)
        #expect(try Self.gguf(home.path("m.gguf")) == Self.expected())
        #expect(try Self.fileType(home.path("m.gguf")) == 38)
        let experts = report.changes.filter { $0.toType == "MXFP4" }
        #expect(experts.count == 6)
        #expect(experts.allSatisfy { $0.fromType == "hf-mxfp4" && $0.reason?.hasPrefix("exact") == true })
    }

    @Test("comes back to the released layout byte for byte") func wayBack() async throws {
        let home = try TemporaryHome()
        try await home.register(Self.folder, as: "m")
        try await home.export("m", to: "m.gguf", .gguf)
        try await home.register(home.path("m.gguf"), as: "g")
        let report = try await home.export("g", to: "back", .safetensors)
        #expect(
            try ConvertTests.tensors(home.path("back/model.safetensors"))
                == ConvertTests.tensors(Self.folder + "/model.safetensors"))
        let roundTrip = try #require(report.roundTrip)
        #expect(roundTrip.different == [] && roundTrip.notCompared == 0)
        #expect(roundTrip.lostKeys == [] && roundTrip.changedKeys == [])
        let old = try JSONValue(parsing: ConvertTests.bytes(Self.folder + "/config.json"))
        let new = try JSONValue(parsing: ConvertTests.bytes(home.path("back/config.json")))
        for member in [
            "model_type", "hidden_size", "intermediate_size", "num_local_experts", "num_experts_per_tok", "head_dim",
            "sliding_window", "layer_types", "rope_parameters", "rms_norm_eps", "vocab_size", "attention_bias",
            "tie_word_embeddings", "swiglu_limit", "max_position_embeddings", "num_key_value_heads",
        ] {
            #expect(new[member].map(Self.sorted) == old[member].map(Self.sorted), "\(member)")
        }
        let method = new["quantization_config"]?["quant_method"]?.stringValue
        #expect(method == "mxfp4")
        // What was made of it is again the same file.
        try await home.register(home.path("back"), as: "again")
        let again = try await home.export("again", to: "again.gguf", .gguf)
        #expect(try Self.gguf(home.path("again.gguf")) == Self.expected())
        #expect(again.changes.filter { $0.toType == "MXFP4" }.count == 6)
    }

    /// The bits of each BF16 tensor, zeros without their sign: ggml's table has one zero, that of transformers two.
    private static func numbers(_ path: String) throws -> [String: [UInt16]] {
        let file = try OpenFile(path)
        return try Dictionary(
            uniqueKeysWithValues: SafetensorsHeader(reading: file).tensors.map { tensor in
                let bytes = try file.bytes(tensor.byteRange)
                let bits = stride(from: 0, to: bytes.count, by: 2).map {
                    UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
                }
                return (tensor.name, bits.map { $0 == 0x8000 ? 0 : $0 })
            })
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        value.objectValue.map { .object($0.sorted()) } ?? value
    }

    @Test("turns the experts into numbers when those are asked for, the same on every way")
    func dense() async throws {
        let home = try TemporaryHome()
        try await home.register(Self.folder, as: "m")
        try await home.export("m", to: "dense", .safetensors, dequantized: "bf16")
        let dense = try ConvertTests.tensors(home.path("dense/model.safetensors"))
        let shape = try #require(dense["model.layers.0.mlp.experts.gate_up_proj"])
        #expect(shape.hasPrefix("BF16 [3, 64, 192]"))
        try await home.register(home.path("dense"), as: "d")
        try await home.export("d", to: "d.gguf", .gguf)
        try await home.export("m", to: "m.gguf", .gguf, dequantized: "bf16")
        let numbers = try Self.gguf(home.path("m.gguf"))
        #expect(numbers["blk.1.ffn_up_exps.weight"]?.hasPrefix("BF16 [3, 96, 64]") == true)
        #expect(try Self.gguf(home.path("d.gguf")) == numbers)
        // Back from numbers, and from blocks.
        try await home.register(home.path("d.gguf"), as: "g")
        let report = try await home.export("g", to: "back", .safetensors)
        #expect(report.roundTrip?.different == [] && report.roundTrip?.notCompared == 0)
        #expect(try ConvertTests.tensors(home.path("back/model.safetensors")) == dense)
        try await home.export("m", to: "blocks.gguf", .gguf)
        try await home.register(home.path("blocks.gguf"), as: "b")
        try await home.export("b", to: "numbers", .safetensors, dequantized: "bf16")
        let expected = try Self.numbers(home.path("dense/model.safetensors"))
        #expect(try Self.numbers(home.path("numbers/model.safetensors")) == expected)
        let config = try JSONValue(parsing: ConvertTests.bytes(home.path("numbers/config.json")))
        #expect(config["quantization_config"] == nil)
    }

    /// mlx-lm takes the checkpoint's bytes as words, every second row for each module.
    @Test("writes the same GGUF of the folder that mlx-lm makes of it") func fromMLX() async throws {
        let home = try TemporaryHome()
        let file = try OpenFile(Self.folder + "/model.safetensors")
        var model = MadeModel()
        for tensor in try SafetensorsHeader(reading: file).tensors {
            let bytes = try file.bytes(tensor.byteRange), shape = tensor.shape.dimensions
            let dtype = try #require(tensor.dtype)
            guard tensor.name.contains(".experts.") else {
                model.tensors.append((tensor.name, dtype, shape, bytes))
                continue
            }
            var name = tensor.name.replacing("_blocks", with: ".weight").replacing("_scales", with: ".scales")
            name = name.replacing("_bias", with: ".bias")
            let isCodes = name.hasSuffix(".weight")
            let width = isCodes ? [shape[2] * shape[3] / 4] : Array(shape.dropFirst(2))
            let stored: DType = isCodes ? .U32 : dtype
            guard name.contains("gate_up") else {
                model.tensors.append((name, stored, [shape[0], shape[1]] + width, bytes))
                continue
            }
            let rowByteCount = bytes.count / (shape[0] * shape[1])
            for (part, module) in ["gate_proj", "up_proj"].enumerated() {
                let rows = stride(from: part, to: shape[0] * shape[1], by: 2).flatMap { row in
                    bytes[row * rowByteCount..<(row + 1) * rowByteCount]
                }
                model.tensors.append(
                    (name.replacing("gate_up_proj", with: module), stored, [shape[0], shape[1] / 2] + width, rows))
            }
        }
        var config = try #require(
            try JSONValue(parsing: ConvertTests.bytes(Self.folder + "/config.json")).objectValue)
        config["quantization_config"] = nil
        config["quantization"] = try JSONValue(parsing: Array(#"{"group_size":32,"bits":4,"mode":"mxfp4"}"#.utf8))
        model.config = JSONValue.object(config).text()
        try await home.register(try model.write(to: home.path("mlx")), as: "m")
        try await home.export("m", to: "m.gguf", .gguf)
        #expect(try Self.gguf(home.path("m.gguf")) == Self.expected())
    }

    @Test("does not pack into an npz archive, and says what to ask for") func npz() async throws {
        let home = try TemporaryHome()
        try await home.register(Self.folder, as: "m")
        try await home.export("m", to: "m.gguf", .gguf)
        try await home.register(home.path("m.gguf"), as: "g")
        let error = await #expect(throws: FormatError.self) { try await home.export("g", to: "n", .npz) }
        #expect(error?.remedy.contains("--dequantize") == true)
    }
}
