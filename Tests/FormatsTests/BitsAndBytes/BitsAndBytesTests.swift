import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("bitsandbytes checkpoint") struct BitsAndBytesTests {
    static let models = ["tiny-llama-bnb-nf4", "tiny-llama-bnb-nf4-dq", "tiny-llama-bnb-fp4-dq"]

    private func source(_ model: String) throws -> ModelSource {
        try ModelSource(scanning: Fixtures.path("bitsandbytes-models/" + model))
    }

    @Test("is grouped into the source's tensors", arguments: models)
    func golden(model: String) throws {
        let tensors = try source(model).logicalTensors()
        let dense = try source("tiny-llama-bf16").logicalTensors()
        #expect(tensors.map(\.name) == dense.map(\.name))
        #expect(tensors.map(\.shape) == dense.map(\.shape))
        #expect(tensors.allSatisfy { $0.dtype == .BF16 })
        let quantized = tensors.filter { $0.scheme != nil }
        #expect(quantized.count == 14)
        let scheme = "bnb-" + model.dropFirst("tiny-llama-bnb-".count)
        #expect(quantized.allSatisfy { $0.scheme == scheme })
        let roles =
            model.hasSuffix("-dq")
            ? ["codes", "absmax", "nested_absmax", "nested_quant_map", "quant_map", "quant_state"]
            : ["codes", "absmax", "quant_map", "quant_state"]
        #expect(quantized.allSatisfy { $0.parts.map(\.role) == roles })
        let stored = try source(model).weights[0].layout?.tensors ?? []
        #expect(tensors.reduce(0) { $0 + $1.parts.count } == stored.count)
        #expect(tensors.reduce(0) { $0 + $1.byteCount } == stored.reduce(0) { $0 + $1.byteRange.count })
    }

    @Test("has states that are read and written byte for byte", arguments: models)
    func states(model: String) throws {
        let source = try source(model)
        let file = try OpenFile(source.weights[0].absolutePath)
        var count = 0
        for tensor in source.weights[0].layout?.tensors ?? [] where tensor.name.contains("quant_state") {
            let bytes = try file.bytes(tensor.byteRange)
            let state = try BitsAndBytesQuantState(parsing: bytes)
            #expect(state.text == String(decoding: bytes, as: UTF8.self))
            #expect(tensor.name.hasSuffix(state.type.rawValue))
            count += 1
        }
        #expect(count == 14)
    }

    @Test("has the configuration that transformers writes, but for the explicit list", arguments: models)
    func config(model: String) throws {
        let dense = try #require(try source("tiny-llama-bf16").config)
        let golden = try Fixtures.bytes("bitsandbytes-models/\(model)/config.json")
        let type = try #require(FourBitType(rawValue: model.contains("nf4") ? "nf4" : "fp4"))
        let config = BitsAndBytesConfig(
            type: type, isNested: model.hasSuffix("-dq"), computeDtype: .BF16, skippedModules: ["lm_head"])
        let text = config.text(of: dense)
        let list = "\"llm_int8_skip_modules\": [\n      \"lm_head\"\n    ]"
        #expect(text.contains(list))
        #expect(
            text.replacing(list, with: "\"llm_int8_skip_modules\": null") == String(decoding: golden, as: UTF8.self))
        let back = QuantizationConfig.removed(from: try JSONValue(parsing: golden))
        #expect(
            back.text(.indented) + "\n"
                == String(
                    decoding: try Fixtures.bytes("bitsandbytes-models/tiny-llama-bf16/config.json"), as: UTF8.self))
        #expect(BitsAndBytesConfig.isFourBit(try JSONValue(parsing: golden)["quantization_config"]))
        #expect(!BitsAndBytesConfig.isFourBit(dense["quantization_config"]))
    }

    @Test("keeps the order of a configuration that is not sorted")
    func unsorted() throws {
        let config = try JSONValue(parsing: Array(#"{"vocab_size":1,"architectures":["é"],"x":1e-5}"#.utf8))
        let written = BitsAndBytesConfig(type: .fp4, isNested: false, computeDtype: .F32, skippedModules: [])
        let text = written.text(of: config)
        #expect(
            text.hasPrefix("{\n  \"vocab_size\": 1,\n  \"architectures\": [\n    \"\\u00e9\"\n  ],\n  \"x\": 1e-5,\n"))
        #expect(text.contains("\"llm_int8_skip_modules\": [],\n"))
        #expect(text.contains("\"bnb_4bit_compute_dtype\": \"float32\""))
        let again = BitsAndBytesConfig(type: .nf4, isNested: false, computeDtype: .F32, skippedModules: [])
        #expect(try again.text(of: JSONValue(parsing: Array(text.utf8))) == text.replacing("fp4", with: "nf4"))
    }
}

@Suite("bitsandbytes quantization state") struct BitsAndBytesQuantStateTests {
    private func state(_ text: String) throws -> BitsAndBytesQuantState {
        try BitsAndBytesQuantState(parsing: Array(text.utf8))
    }

    @Test("is written as Python writes it")
    func text() throws {
        let plain = BitsAndBytesQuantState(
            type: .nf4, blockSize: 64, dtype: .BF16, shape: [4096, 1024], nestedOffset: nil)
        #expect(plain.text == #"{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [4096, 1024]}"#)
        #expect(plain.scheme == "bnb-nf4")
        let nested = BitsAndBytesQuantState(
            type: .fp4, blockSize: 128, dtype: .F16, shape: [], nestedOffset: 9.999999747378752e-06)
        #expect(
            nested.text == #"{"quant_type": "fp4", "blocksize": 128, "dtype": "float16", "shape": [], "#
                + #""nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 9.999999747378752e-06}"#)
        #expect(nested.scheme == "bnb-fp4-dq-b128")
        for value in [plain, nested] { #expect(try state(value.text) == value) }
    }

    @Test("is read in any order and layout, with members that are not known")
    func layout() throws {
        let read = try state(
            """
            { "shape":[2,3],"nested_offset":0,"x":[1],
              "dtype":"float32","nested_dtype":"float32","nested_blocksize":256,"blocksize":32,"quant_type":"nf4"}
            """)
        #expect(read.shape == [2, 3])
        #expect(read.nestedOffset == 0)
        #expect(read.scheme == "bnb-nf4-dq-b32")
        #expect(read.text.hasSuffix("\"nested_offset\": 0.0}"))
    }

    @Test(
        "is refused when a member is missing or means nothing",
        arguments: [
            ("\"nf4\"", "\"int8\""), ("\"nf4\"", "4"), ("64", "0"), ("64", "-64"), ("64", "65"), ("64", "\"64\""),
            ("\"bfloat16\"", "\"float64\""), ("[2, 3]", "[2, -3]"), ("[2, 3]", "[2, 3.5]"), ("[2, 3]", "6"),
            ("256", "128"), ("\"float32\"", "\"float16\""), ("0.5", "\"x\""), ("\"nested_offset\"", "\"offset\""),
            ("\"quant_type\"", "\"type\""), ("}", ""), ("{", "[{"),
        ])
    func refused(text: String, replacement: String) {
        let sound =
            #"{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [2, 3], "#
            + #""nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.5}"#
        #expect(throws: Never.self) { try state(sound) }
        #expect(throws: FormatError.self) { try state(sound.replacing(text, with: replacement)) }
    }
}
