import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

/// What was written here was loaded by transformers 5.23.0, compressed-tensors 0.20.0 and mlx-lm 0.32.2.
@Suite("Configuration of quantized models") struct ConfigurationTests {
    private static func modules<State: Hashable & Sendable>(
        _ states: State..., dense: [String] = ["lm_head"]
    ) -> QuantizedModules<State> {
        QuantizedModules(modules: states.enumerated().map { ("layers.\($0).proj", $1) }, dense: dense)
    }

    private static func scaled(_ granularity: ScaleGranularity) -> ScaledFloatState {
        ScaledFloatState(element: .F8_E4M3, granularity: granularity, hasSecondScale: false)
    }

    @Test("of FP8 is transformers' own for blocks and whole matrices, and FBGEMM's for rows") func fp8() throws {
        let block = try #require(
            ScaledFloatState.configuration(of: Self.modules(Self.scaled(.block(rows: 128, columns: 128)))))
        #expect(block["quant_method"] == .string("fp8"))
        #expect(block["weight_block_size"] == .array([.number(128), .number(128)]))
        let whole = try #require(ScaledFloatState.configuration(of: Self.modules(Self.scaled(.tensor))))
        #expect(whole["quant_method"] == .string("fp8"))
        #expect(whole["weight_block_size"] == .null)
        let rows = try #require(ScaledFloatState.configuration(of: Self.modules(Self.scaled(.channel))))
        #expect(rows["quant_method"] == .string("fbgemm_fp8"))
        #expect(rows["weight_block_size"] == nil)
        #expect(rows["modules_to_not_convert"] == .array([.string("lm_head")]))
        #expect(ScaledFloatState.configuration(of: Self.modules(Self.scaled(.tensor), Self.scaled(.channel))) == nil)
    }

    @Test("of MLX says what most modules have, and the others' own") func mlx() throws {
        let four = MLXState(mode: .affine, bits: 4, columnsPerGroup: 64)
        let six = MLXState(mode: .affine, bits: 6, columnsPerGroup: 32)
        let config = MLXState.configuration(of: Self.modules(four, six, four))
        let settings = try #require(config["quantization"])
        #expect(config["quantization_config"] == settings)
        #expect(settings["bits"] == .number(4))
        #expect(settings["group_size"] == .number(64))
        #expect(settings["mode"] == .string("affine"))
        #expect(settings["layers.1.proj"]?["bits"] == .number(6))
        #expect(settings["layers.1.proj"]?["group_size"] == .number(32))
        #expect(settings["layers.0.proj"] == nil)
    }

    @Test("of GPTQ tells other modules apart by expressions") func gptq() throws {
        func state(_ bits: Int) -> GPTQState {
            GPTQState(bits: bits, groupSize: 128, version: .v1, isSymmetric: true, hasActOrder: false)
        }
        let config = GPTQState.configuration(of: Self.modules(state(4), state(4), state(8)), quantizer: "ingot:1")
        #expect(config["checkpoint_format"] == .string("gptq"))
        #expect(config["bits"] == .number(4))
        #expect(config["dynamic"]?["-:^lm_head$"] == .object(JSONObject()))
        #expect(config["dynamic"]?[#"+:^layers\.2\.proj$"#]?["bits"] == .number(8))
    }

    @Test("of AWQ knows one layout") func awq() throws {
        let config = try #require(
            AWQState.configuration(of: Self.modules(AWQState(layout: .gemm, groupSize: 128, hasZeroPoints: true))))
        #expect(config["version"] == .string("gemm"))
        #expect(config["modules_to_not_convert"] == .array([.string("lm_head")]))
        let mixed = Self.modules(
            AWQState(layout: .gemm, groupSize: 128, hasZeroPoints: true),
            AWQState(layout: .gemm, groupSize: 32, hasZeroPoints: true))
        #expect(AWQState.configuration(of: mixed) == nil)
    }

    @Test(
        "of compressed-tensors names format, strategy and type",
        arguments: [
            (.packed(bits: 4, fillsWords: true), .group(128), "pack-quantized", "group", "int"),
            (.integers(bits: 8), .channel, "int-quantized", "channel", "int"),
            (.floats(.F8_E4M3), .block(rows: 128, columns: 128), "float-quantized", "block", "float"),
            (.nvfp4, .group(16), "nvfp4-pack-quantized", "tensor_group", "float"),
            (.mxfp4, .group(32), "mxfp4-pack-quantized", "group", "float"),
        ] as [(CompressedTensorsState.Layout, ScaleGranularity, String, String, String)])
    func compressed(
        layout: CompressedTensorsState.Layout, granularity: ScaleGranularity, format: String, strategy: String,
        type: String
    ) throws {
        let state = CompressedTensorsState(
            layout: layout, granularity: granularity, isSymmetric: true, hasActOrder: false)
        let config = CompressedTensorsState.configuration(of: Self.modules(state, state))
        let group = try #require(config["config_groups"]?["group_0"])
        #expect(config["format"] == .string(format))
        #expect(group["targets"] == .array([.string("Linear")]))
        #expect(group["weights"]?["strategy"] == .string(strategy))
        #expect(group["weights"]?["type"] == .string(type))
        #expect(config["ignore"] == .array([.string("lm_head")]))
    }
}
