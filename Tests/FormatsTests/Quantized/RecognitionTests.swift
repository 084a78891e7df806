import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("Quantized checkpoints") struct RecognitionTests {
    static let schemes: [(folder: String, schemes: [String], summary: String)] = [
        ("gptq-w2g64", ["gptq-2-g64"], "GPTQ 2-bit, group 64, asymmetric, v1"),
        ("gptq-w3g128", ["gptq-3-g128"], "GPTQ 3-bit, group 128, asymmetric, v1"),
        ("gptq-w4g128", ["gptq-4-g128"], "GPTQ 4-bit, group 128, asymmetric, v1"),
        ("gptq-w4g128-sym", ["gptq-4-g128"], "GPTQ 4-bit, group 128, symmetric, v1"),
        ("gptq-w4g64-actorder", ["gptq-4-g64-actorder"], "GPTQ 4-bit, group 64, act-order, asymmetric, v1"),
        ("gptq-w4-pertensorcol", ["gptq-4-gchannel"], "GPTQ 4-bit, one scale a row, asymmetric, v1"),
        ("gptq-w8g128", ["gptq-8-g128"], "GPTQ 8-bit, group 128, asymmetric, v1"),
        ("gptq-v2-actorder", ["gptq-4-g64-actorder-v2"], "GPTQ 4-bit, group 64, act-order, asymmetric, v2"),
        ("awq-w4g128", ["awq-4-g128"], "AWQ 4-bit, group 128, asymmetric, gemm"),
        ("awq-w4g64", ["awq-4-g64"], "AWQ 4-bit, group 64, asymmetric, gemm"),
        ("awq-w4g32", ["awq-4-g32"], "AWQ 4-bit, group 32, asymmetric, gemm"),
        ("awq-gemv-w4g64", ["awq-4-g64-gemv"], "AWQ 4-bit, group 64, asymmetric, gemv"),
        ("ct-fp8-block", ["ct-fp8-block8x128"], "compressed-tensors FP8, blocks of 8 × 128"),
        ("ct-fp8-channel", ["ct-fp8-channel"], "compressed-tensors FP8, one scale a row"),
        ("ct-fp8-tensor", ["ct-fp8-tensor"], "compressed-tensors FP8, one scale a tensor"),
        ("ct-int3-sym-g128", ["ct-int3-g128"], "compressed-tensors INT3 packed, group 128, symmetric"),
        ("ct-int3-old-packing", ["ct-int3-g128-words"], "compressed-tensors INT3 packed, group 128, symmetric"),
        ("ct-int4-asym-g128", ["ct-int4-g128-asym"], "compressed-tensors INT4 packed, group 128, asymmetric"),
        ("ct-int4-sym-g128", ["ct-int4-g128"], "compressed-tensors INT4 packed, group 128, symmetric"),
        ("ct-int4-sym-channel", ["ct-int4-channel"], "compressed-tensors INT4 packed, one scale a row, symmetric"),
        (
            "ct-int4-actorder", ["ct-int4-g16-actorder"],
            "compressed-tensors INT4 packed, group 16, symmetric, act-order"
        ),
        ("ct-int5-asym-experts", ["ct-int5-g32-asym"], "compressed-tensors INT5 packed, group 32, asymmetric"),
        ("ct-int8-asym-tensor", ["ct-int8-tensor-asym"], "compressed-tensors INT8, one scale a tensor, asymmetric"),
        ("ct-int8-sym-channel", ["ct-int8-channel"], "compressed-tensors INT8, one scale a row, symmetric"),
        (
            "ct-int8-sym-channel-packed", ["ct-int8-channel-packed"],
            "compressed-tensors INT8 packed, one scale a row, symmetric"
        ),
        ("ct-mxfp4", ["ct-mxfp4"], "compressed-tensors MXFP4, group 32"),
        ("ct-mxfp8", ["ct-mxfp8"], "compressed-tensors MXFP8, group 32"),
        ("ct-nvfp4", ["ct-nvfp4"], "compressed-tensors NVFP4, group 16"),
        ("ct-sparse-24-bitmask", ["ct-sparse24"], "compressed-tensors 2:4 sparse"),
        ("ct-sparse-bitmask", ["ct-sparse"], "compressed-tensors sparse"),
        ("gpt-oss-mxfp4", ["hf-mxfp4"], "MXFP4 4-bit, group 32 (gpt-oss)"),
        ("fp8-blocks", ["fp8-block16x32"], "FP8, blocks of 16 × 32"),
        ("fp8-deepseek", ["fp8-block128", "fp4-g32", "fp8-block16x32"], "FP8, blocks of 128 × 128"),
        ("fp8-rows-and-tensors", ["fp8-tensor", "fp8-channel", "fp8e5m2-tensor"], "FP8, one scale a row"),
        ("modelopt-nvfp4", ["modelopt-nvfp4"], "ModelOpt NVFP4 4-bit, group 16"),
        ("bnb-int8", ["bnb-int8"], "bitsandbytes LLM.int8(), 8-bit, one scale a row"),
    ]

    @Test("are recognized in a folder", arguments: schemes)
    func recognized(folder: String, schemes: [String], summary: String) throws {
        let source = try ModelSource(scanning: Fixtures.path("quantized/" + folder))
        let tensors = try source.logicalTensors()
        #expect(Set(tensors.compactMap(\.scheme)) == Set(schemes))
        #expect(try #require(QuantizationSummary(of: tensors)).dominant.summary == summary)
    }

    @Test("keep the codes first, and say bits and group size")
    func properties() throws {
        func tensor(_ folder: String) throws -> LogicalTensor {
            let tensors = try ModelSource(scanning: Fixtures.path("quantized/" + folder)).logicalTensors()
            return try #require(tensors.first { $0.scheme != nil })
        }
        let gptq = try tensor("gptq-w4g64-actorder")
        #expect(gptq.name == "model.layers.0.mlp.up_proj.weight")
        #expect(gptq.shape == Shape([64, 256]))
        #expect(gptq.parts.map(\.role) == ["codes", "zeros", "scales", "g_idx"])
        #expect(gptq.principal?.name == "model.layers.0.mlp.up_proj.qweight")
        #expect(gptq.bits == 4)
        #expect(gptq.groupSize == 64)
        #expect(try tensor("ct-int4-sym-channel").groupSize == nil)
        #expect(try tensor("gpt-oss-mxfp4").shape == Shape([2, 64, 32]))
        #expect(try tensor("ct-sparse-24-bitmask").name == "model.layers.0.self_attn.q_proj.weight")
        let fp8 = try tensor("fp8-blocks")
        #expect(fp8.parts.map(\.role) == ["codes", "scale", "input_scale"])
        #expect(fp8.bits == 8)
    }

    @Test("of MLX have bits and group size by module")
    func mixed() throws {
        let tensors = try ModelSource(scanning: Fixtures.path("quantized/mlx-mixed")).logicalTensors()
        let byName = Dictionary(tensors.map { ($0.name, $0.scheme) }) { first, _ in first }
        #expect(byName["gauss.affine_b3_g64.weight"] == "mlx-affine3-g64")
        #expect(byName["gauss.affine_b4_g128.weight"] == "mlx-affine4-g128")
        #expect(byName["gauss.affine_b4_g64.weight"] == "mlx-affine4-g64")
        #expect(byName["gauss.mxfp4_b4_g32.weight"] == "mlx-mxfp4")
        #expect(byName["gauss.mxfp8_b8_g32.weight"] == "mlx-mxfp8")
        #expect(byName["gauss.nvfp4_b4_g16.weight"] == "mlx-nvfp4")
        #expect(byName["norm.weight"] == .some(.none))
    }

    @Test("are summed up for a whole model")
    func summary() throws {
        let tensors = try ModelSource(scanning: Fixtures.path("quantized/fp8-deepseek")).logicalTensors()
        let summary = try #require(QuantizationSummary(of: tensors))
        #expect(summary.schemes.map(\.id) == ["fp8-block128", "fp8-block16x32", "fp4-g32"])
        #expect(summary.text == "FP8, blocks of 128 × 128: 1 of 3 tensors; 1 of fp8-block16x32, 1 of fp4-g32")
        #expect(summary.dominant.elementCount == 136 * 160)
        #expect(summary.denseTensorCount == 0)
        let dense = try ModelSource(scanning: Fixtures.path("bitsandbytes-models/tiny-llama-bf16")).logicalTensors()
        #expect(QuantizationSummary(of: dense) == nil)
    }

    /// The weights file alone: what shapes settle is still known.
    @Test(
        "are recognized without a configuration",
        arguments: [
            ("gptq-w4g64-actorder", "gptq-4-g64-actorder"), ("gptq-w3g128", "gptq-3-g128"),
            ("gptq-w4-pertensorcol", "gptq-4-gchannel"), ("awq-w4g32", "awq-4-g32"),
            ("ct-int4-asym-g128", "ct-int4-g128-asym"), ("ct-int3-sym-g128", "ct-int3-g128"),
            ("ct-int5-asym-experts", "ct-int5-g32-asym"), ("ct-nvfp4", "ct-nvfp4"), ("ct-mxfp4", "ct-mxfp4"),
            ("ct-int8-sym-channel", "ct-int8-channel"), ("ct-fp8-channel", "fp8-channel"),
            ("gpt-oss-mxfp4", "hf-mxfp4"), ("modelopt-nvfp4", "modelopt-nvfp4"), ("bnb-int8", "bnb-int8"),
            ("fp8-blocks", "fp8-block16x32"),
        ])
    func bare(folder: String, scheme: String) throws {
        let source = try ModelSource(scanning: Fixtures.path("quantized/\(folder)/model.safetensors"))
        #expect(Set(try source.logicalTensors().compactMap(\.scheme)) == [scheme])
    }

    @Test("stay as they are stored where nothing tells what they are, with a note")
    func notes() throws {
        func grouping(_ folder: String) throws -> LogicalTensor.Grouping {
            try ModelSource(scanning: Fixtures.path("quantized/\(folder)/model.safetensors")).grouping()
        }
        let gptq = try grouping("gptq-w4g128")
        #expect(gptq.notes.count == 1 && gptq.notes[0].contains("v1 is assumed"), "\(gptq.notes)")
        let old = try grouping("awq-gemv-w4g64")
        #expect(old.tensors.allSatisfy { $0.scheme == nil })
        #expect(old.notes.count == 1)
        let mixed = try grouping("mlx-mixed")
        // 64 × 4 bits may be 32 × 8; 64 × 3 is 32 × 6; 64 × 5 is only that.
        #expect(mixed.tensors.first { $0.name == "gauss.affine_b5_g64.weight" }?.scheme == "mlx-affine5-g64")
        #expect(mixed.tensors.first { $0.name == "gauss.mxfp4_b4_g32.weight" }?.scheme == "mlx-mxfp4")
        #expect(mixed.tensors.first { $0.name == "gauss.affine_b4_g64.weight" }?.scheme == nil)
        #expect(mixed.notes.contains { $0.contains("whose groups have 256") }, "\(mixed.notes)")
    }
}
