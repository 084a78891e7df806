import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

/// One small model of each scheme, and what is refused of it.
@Suite("Quantized checkpoints that do not fit") struct RefusalTests {
    typealias Stored = (name: String, dtype: DType, shape: [Int])

    static let gptqConfig = #"{"quantization_config":{"quant_method":"gptq","bits":4,"group_size":32}}"#
    static let gptq = SmallModel(
        tensors: [
            ("p.qweight", .I32, [8, 16]), ("p.qzeros", .I32, [2, 2]), ("p.scales", .F16, [2, 16]),
            ("p.g_idx", .I32, [64]),
        ], config: gptqConfig,
        content: ["p.g_idx": SmallModel.words((0..<64).map { Int32($0 / 32) })])

    static let awq = SmallModel(
        tensors: [("p.qweight", .I32, [64, 2]), ("p.qzeros", .I32, [2, 2]), ("p.scales", .F16, [2, 16])],
        config: #"{"quantization_config":{"quant_method":"awq","bits":4,"group_size":32,"version":"gemm"}}"#)

    static let packed = SmallModel(
        tensors: [
            ("p.weight_packed", .I32, [16, 8]), ("p.weight_shape", .I64, [2]), ("p.weight_scale", .BF16, [16, 2]),
            ("p.weight_zero_point", .I32, [2, 2]), ("p.weight_g_idx", .I32, [64]),
        ],
        config: #"""
            {"quantization_config":{"quant_method":"compressed-tensors","config_groups":{"g":{"targets":["Linear"],
            "weights":{"num_bits":4,"type":"int","symmetric":false,"strategy":"group","group_size":32}}}}}
            """#,
        content: [
            "p.weight_shape": SmallModel.longs([16, 64]),
            "p.weight_g_idx": SmallModel.words((0..<64).map { Int32($0 / 32) }),
        ])

    static let mlx = SmallModel(
        tensors: [("p.weight", .U32, [16, 8]), ("p.scales", .BF16, [16, 1]), ("p.biases", .BF16, [16, 1])],
        config: #"{"quantization":{"group_size":64,"bits":4}}"#)

    static let nvfp4 = SmallModel(
        tensors: [
            ("p.weight_packed", .U8, [16, 32]), ("p.weight_scale", .F8_E4M3, [16, 4]),
            ("p.weight_global_scale", .F32, [1]),
        ], config: #"{"quantization_config":{"quant_method":"compressed-tensors"}}"#)

    static let fp8 = SmallModel(
        tensors: [("p.weight", .F8_E4M3, [256, 384]), ("p.weight_scale_inv", .F32, [2, 3])],
        config: #"{"quantization_config":{"quant_method":"fp8","weight_block_size":[128,128]}}"#)

    static let oss = SmallModel(tensors: [("x_blocks", .U8, [2, 4, 3, 16]), ("x_scales", .U8, [2, 4, 3])])
    static let int8 = SmallModel(
        tensors: [("p.weight", .I8, [4, 8]), ("p.SCB", .F32, [4])],
        config: #"{"quantization_config":{"quant_method":"bitsandbytes","load_in_8bit":true}}"#)

    static let sparse = SmallModel(
        tensors: [
            ("p.compressed", .BF16, [4, 8]), ("p.bitmask", .U8, [4, 2]), ("p.shape", .I64, [2, 1]),
        ], content: ["p.shape": SmallModel.longs([4, 16])])

    @Test("are sound before anything is changed")
    func sound() throws {
        let models = [
            Self.gptq, Self.awq, Self.packed, Self.mlx, Self.nvfp4, Self.fp8, Self.oss, Self.int8, Self.sparse,
        ]
        let schemes = try models.map { try $0.grouping().tensors.compactMap(\.scheme) }
        #expect(
            schemes == [
                ["gptq-4-g32"], ["awq-4-g32"], ["ct-int4-g32-asym"], ["mlx-affine4-g64"], ["ct-nvfp4"],
                ["fp8-block128"], ["hf-mxfp4"], ["bnb-int8"], ["ct-sparse24"],
            ])
    }

    private func refuse(_ model: SmallModel, _ problem: String, tensor: String = "p.weight") {
        let error = #expect(throws: FormatError.self) { try model.grouping() }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.tensor == tensor)
        #expect(error?.remedy.isEmpty == false)
    }

    @Test(
        "name the part that is missing or of another shape",
        arguments: [
            (gptq, "p.qzeros", nil, "'p.qzeros' is not there"),
            (gptq, "p.scales", nil, "'p.scales' is not there"),
            (gptq, "p.qzeros", ("p.qzeros", .I32, [3, 2]), "qzeros [3, 2] and scales [2, 16]"),
            (gptq, "p.qzeros", ("p.qzeros", .I32, [2, 5]), "no whole number of words"),
            (gptq, "p.qzeros", ("p.qzeros", .I32, [2, 1]), "says 4 bits, but qweight [8, 16]"),
            (gptq, "p.g_idx", ("p.g_idx", .I32, [63]), "needs 'p.g_idx' as I32 [64], found I32 [63]"),
            (gptq, "p.g_idx", ("p.g_idx", .I64, [64]), "needs 'p.g_idx' as I32 [64]"),
            (gptq, "p.qweight", ("p.qweight", .I32, [64, 2]), "are AWQ gemm's"),
            (gptq, "p.qweight", ("p.qweight", .I64, [8, 16]), "of neither GPTQ nor AWQ"),
            (gptq, "p.qweight", ("p.qweight", .I32, [0, 16]), "of neither"),
            (gptq, "p.scales", ("p.scales", .I8, [2, 16]), "'p.scales' as F16 or BF16 or F32"),
            (awq, "p.qweight", ("p.qweight", .I32, [8, 16]), "are GPTQ's"),
            (awq, "p.qzeros", ("p.qzeros", .I32, [2, 3]), "'p.qzeros' as I32 [2, 2]"),
            (awq, "p.qweight", ("p.qweight", .I32, [65, 2]), "65 inputs in 2 groups"),
            (awq, "p.qweight", ("p.qweight", .I32, [128, 2]), "says groups of 32, but 128 inputs"),
            (packed, "p.weight_shape", nil, "'p.weight_shape' is not there"),
            (packed, "p.weight_scale", nil, "'p.weight_scale' is not there"),
            (packed, "p.weight_scale", ("p.weight_scale", .BF16, [16, 3]), "weights [16, 64] and scales [16, 3]"),
            (packed, "p.weight_zero_point", ("p.weight_zero_point", .I32, [3, 2]), "as I32 [2, 2]"),
            (packed, "p.weight_zero_point", ("p.weight_zero_point", .I8, [15, 2]), "as I8 [16, 2]"),
            (packed, "p.weight_packed", ("p.weight_packed", .I32, [16, 9]), "says 4 bits, but 64 inputs are in 9"),
            (packed, "p.weight_packed", ("p.weight_packed", .I32, [15, 8]), "says that they are [16, 64]"),
            (mlx, "p.scales", ("p.scales", .BF16, [15, 1]), "words of shape [16, 8], scales [15, 1]"),
            (mlx, "p.scales", ("p.scales", .BF16, [16, 3]), "8 words a row in 3 groups"),
            (mlx, "p.biases", ("p.biases", .F16, [16, 1]), "'p.biases' as BF16 [16, 1]"),
            (mlx, "p.biases", nil, "and no biases"),
            (mlx, "p.weight", ("p.weight", .U32, [16, 9]), "a group has 288 bits"),
            (nvfp4, "p.weight_global_scale", nil, "'p.weight_global_scale' is not there"),
            (nvfp4, "p.weight_global_scale", ("p.weight_global_scale", .F32, [2]), "global scale of shape [2]"),
            (nvfp4, "p.weight_scale", ("p.weight_scale", .F8_E4M3, [16, 3]), "F8_E4M3 scales [16, 3]"),
            (fp8, "p.weight_scale_inv", ("p.weight_scale_inv", .F32, [2, 5]), "scales [2, 5], which do not fit"),
            (fp8, "p.weight_scale_inv", ("p.weight_scale_inv", .F32, [4, 6]), "says blocks of 128 × 128, but"),
            (fp8, "p.weight_scale_inv", ("p.weight_scale_inv", .I32, [2, 3]), "'p.weight_scale_inv' as F32"),
            (fp8, "p.weight", ("p.weight", .F8_E4M3, [384]), "which are no matrix"),
            (int8, "p.weight", nil, "'p.weight' is not there"),
            (int8, "p.SCB", ("p.SCB", .F32, [5]), "'p.SCB' as F32 [4]"),
            (sparse, "p.compressed", ("p.compressed", .BF16, [4, 7]), "two of four"),
            (sparse, "p.bitmask", ("p.bitmask", .U8, [4, 3]), "'p.bitmask' as U8 [4, 2]"),
        ] as [(SmallModel, String, Stored?, String)])
    func shapes(model: SmallModel, name: String, tensor: Stored?, problem: String) {
        refuse(model.replacing(name, by: tensor), problem)
    }

    @Test("of gpt-oss need scales of the blocks' shape")
    func blocksAndScales() {
        refuse(
            Self.oss.replacing("x_scales", by: ("x_scales", .U8, [2, 4, 2])), "'x_scales' as U8 [2, 4, 3]", tensor: "x")
    }

    @Test(
        "name what the configuration says that cannot be",
        arguments: [
            (gptq, #""bits":4"#, #""bits":8"#, "says 8 bits, but qweight [8, 16] and qzeros [2, 2] hold 4"),
            (gptq, #""bits":4"#, #""bits":-4"#, "'bits': -4"), (gptq, #""bits":4"#, #""bits":"4""#, "no whole number"),
            (gptq, "32", "0", "'group_size': 0"), (gptq, "32", "-2", "'group_size': -2"),
            (gptq, "32", "1152921504606846976", "'group_size': 1152921504606846976"),
            (gptq, "32", "99999999999999999999", "no whole number"),
            (gptq, "32", "64", "says groups of 64, but 64 inputs have 2 groups"),
            (gptq, "32", "-1", "says groups of -1, but 64 inputs have 2 groups"),
            (awq, "32", "0", "'group_size': 0"), (awq, #""bits":4"#, #""bits":3"#, "AWQ has 4"),
            (awq, #""gemm""#, #""gemv""#, "says AWQ gemv, but"),
            (packed, #""num_bits":4"#, #""num_bits":8"#, "says 8 bits, but 64 inputs are in 8 words"),
            (packed, #""num_bits":4"#, #""num_bits":-1"#, "'num_bits': -1"),
            (packed, #""group_size":32"#, #""group_size":128"#, "has no scheme that is"),
            (packed, #""group_size":32"#, #""group_size":0"#, "'group_size': 0"),
            (packed, #""type":"int""#, #""type":"float""#, "has no scheme that is"),
            (packed, #""symmetric":false"#, #""symmetric":true"#, "has no scheme that is"),
            (mlx, #""bits":4"#, #""bits":8"#, "says affine, 8 bits in groups of 64, but a group has 256 bits"),
            (mlx, "64", "0", "'group_size': 0"), (mlx, "64", "1152921504606846976", "'group_size'"),
            (mlx, #""bits":4"#, #""bits":7"#, "7 bits in groups of 64"),
            (mlx, #""bits":4"#, #""bits":4,"mode":"mxfp4""#, "says mxfp4"),
            (mlx, #""bits":4"#, #""bits":4,"mode":"x""#, "mode 'x'"),
            (mlx, #""bits":4"#, #""bits":4,"p":{"bits":2}"#, "says affine, 2 bits"),
            (fp8, "[128,128]", "[128]", "no pair of sizes"), (fp8, "[128,128]", "[0,128]", "no pair of sizes"),
            (fp8, "[128,128]", "[128,1152921504606846976]", "no pair of sizes"),
        ])
    func configurations(model: SmallModel, text: String, replacement: String, problem: String) throws {
        var changed = model
        let config = try #require(model.config)
        changed.config = config.replacing(text, with: replacement)
        #expect(changed.config != config)
        refuse(changed, problem)
    }

    @Test("say where a group is that there is none of", arguments: [-1, 2, Int32.max])
    func groupIndex(group: Int32) throws {
        var model = Self.gptq
        model.content["p.g_idx"] = SmallModel.words((0..<64).map { $0 == 5 ? group : Int32($0 / 32) })
        let error = #expect(throws: FormatError.self) { try model.grouping() }
        #expect(error?.byteOffset == 3 * 4096 + 20)
        #expect(error?.tensor == "p.weight")
        model = Self.packed
        model.content["p.weight_g_idx"] = SmallModel.words((0..<64).map { $0 == 5 ? group : Int32($0 / 32) })
        let second = #expect(throws: FormatError.self) { try model.grouping() }
        #expect(second?.byteOffset == 4 * 4096 + 20)
    }

    @Test(
        "say that a shape cannot be",
        arguments: [[-16, 64], [0, 64], [1 << 60, 64], [16, 1 << 60], [1 << 40, 1 << 40], [16, Int64.min]])
    func shape(dimensions: [Int64]) {
        var model = Self.packed
        model.content["p.weight_shape"] = SmallModel.longs(dimensions)
        let error = #expect(throws: FormatError.self) { try model.grouping() }
        #expect(error?.tensor == "p.weight")
        model = Self.sparse
        model.content["p.shape"] = SmallModel.longs(dimensions)
        #expect(throws: FormatError.self) { try model.grouping() }
    }

    @Test("are not read beyond a cap")
    func cap() {
        let model = SmallModel(
            tensors: [
                ("p.qweight", .I32, [1 << 22, 8]), ("p.qzeros", .I32, [1, 1]), ("p.scales", .F16, [1, 8]),
                ("p.g_idx", .I32, [1 << 25]),
            ], config: #"{"quantization_config":{"quant_method":"gptq","bits":4,"group_size":-1}}"#)
        refuse(model, "more than are read")
    }

    @Test("are not counted beyond what there is")
    func overflow() {
        // Without elements, a header may promise any dimension.
        refuse(
            SmallModel(
                tensors: [
                    ("p.qweight", .I32, [1 << 60, 0]), ("p.qzeros", .I32, [1, 0]), ("p.scales", .F16, [1, 0]),
                ], config: Self.gptqConfig), "of neither")
        refuse(
            SmallModel(
                tensors: [("p.weight", .U32, [0, 1 << 60]), ("p.scales", .F16, [0, 1 << 60])], config: Self.mlx.config),
            "words of shape")
    }

    @Test("tell bits from shapes under dynamic rules")
    func dynamic() throws {
        var model = Self.gptq
        model.config = #"""
            {"quantization_config":{"quant_method":"gptq","bits":8,"group_size":128,"sym":true,
            "dynamic":{"+:.*p.*":{"bits":4,"group_size":32}}}}
            """#
        let tensor = try #require(try model.grouping().tensors.first)
        #expect(tensor.summary == "GPTQ 4-bit, group 32, v1")
    }

    @Test(
        "are named and left as they are where a layout is not read",
        arguments: [
            (gptq, #""gptq","bits""#, #""gptq","checkpoint_format":"gptq_p","bits""#, "'gptq_p'"),
            (gptq, #""gptq","bits""#, #""gptq","checkpoint_format":"marlin","bits""#, "'marlin'"),
            (gptq, #""quant_method":"gptq""#, #""quant_method":"aqlm""#, "'aqlm'"),
            (awq, #""gemm""#, #""gemv_fast""#, "'gemv_fast'"), (awq, #""gemm""#, #""marlin""#, "'marlin'"),
            (awq, #""version":"gemm""#, #""backend":"llm-awq""#, "'llm-awq'"),
        ])
    func unread(model: SmallModel, text: String, replacement: String, word: String) throws {
        var changed = model
        changed.config = try #require(model.config).replacing(text, with: replacement)
        let grouping = try changed.grouping()
        #expect(grouping.tensors.count == model.tensors.count)
        #expect(grouping.tensors.allSatisfy { $0.scheme == nil })
        #expect(grouping.notes.count == 1 && grouping.notes[0].contains(word), "\(grouping.notes)")
    }

    @Test("are left as they are when a sparse Marlin layout or a GPU's order is found")
    func layouts() throws {
        let marlin = SmallModel(
            tensors: [
                ("p.weight_packed", .I32, [16, 8]), ("p.scale_packed", .F16, [1, 8]), ("p.meta", .I16, [1, 8]),
            ])
        #expect(try marlin.grouping().notes.first?.contains("'marlin-24'") == true)
        var turing = Self.int8
        turing.tensors.append(("p.weight_format", .U8, []))
        turing.content["p.weight_format"] = [2]
        #expect(try turing.grouping().notes.first?.contains("order of a GPU") == true)
        turing.content["p.weight_format"] = [0]
        #expect(try turing.grouping().tensors.map(\.scheme) == ["bnb-int8"])
    }

    /// Registered by itself, a shard may hold the codes of a matrix whose scales are in another one.
    @Test(
        "stay as they are stored in a single shard",
        arguments: [
            (gptq, "p.scales"), (gptq, "p.qzeros"), (awq, "p.scales"), (packed, "p.weight_scale"),
            (mlx, "p.weight"), (mlx, "p.scales"), (nvfp4, "p.weight_scale"), (int8, "p.weight"), (int8, "p.SCB"),
            (fp8, "p.weight"), (fp8, "p.weight_scale_inv"), (oss, "x_scales"), (sparse, "p.bitmask"),
        ])
    func shard(model: SmallModel, name: String) throws {
        var shard = model.replacing(name, by: nil)
        shard.config = nil
        let grouping = try shard.grouping()
        #expect(grouping.tensors.count == shard.tensors.count)
        #expect(grouping.tensors.allSatisfy { $0.scheme == nil })
    }

    @Test("are announced in vain by a configuration of another model")
    func vain() throws {
        var model = Self.mlx
        model.tensors = [("p.weight", .BF16, [16, 8])]
        #expect(
            try model.grouping().notes == ["the configuration announces the quantization 'mlx', and no tensor has it"])
    }

    @Test("have one scale for each of a stack of matrices")
    func experts() throws {
        let model = SmallModel(tensors: [("x", .F8_E4M3, [3, 256, 384]), ("x_scale", .F32, [3])])
        #expect(try model.grouping().tensors.first?.scheme == "fp8-block256x384")
        let columns = model.replacing("x_scale", by: ("x_scale", .F32, [3, 1, 7]))
        #expect(try columns.grouping().notes.first?.contains("do not fit") == true)
    }
}
