import Bytes
import Formats
import Numbers
import Tensors
import Testing

@testable import Transforms

/// A matrix that an encoder has made, as a model's file would hold it.
struct EncodedMatrix: PartBytes {
    static let name = "model.layers.0.mlp.up_proj.weight"

    let forms: [PartForm]
    let parts: [[UInt8]]
    let errors: ErrorSums

    init(
        _ encoder: any MatrixEncoder, _ matrix: MatrixForm, _ bytes: [UInt8], importance: [Float]? = nil
    ) throws {
        let sink: MemoryParts
        forms = try encoder.parts(of: matrix)
        sink = MemoryParts(count: forms.count)
        errors = try encoder.encode(matrix, bytes, importance: importance, into: sink)
        parts = sink.parts
        for (form, bytes) in zip(forms, parts) {
            try #require(form.byteCount == bytes.count, "\(form.role) has \(bytes.count) bytes, not \(form.byteCount)")
        }
    }

    subscript(role: String) -> [UInt8]? { forms.firstIndex { $0.role == role }.map { parts[$0] } }

    /// The numbers of a part.
    func floats(_ role: String) throws -> [Float] {
        let form = try #require(forms.first { $0.role == role }), dtype = try #require(form.type.dtype)
        let bytes = try #require(self[role])
        return Self.floats(bytes, dtype)
    }

    static func floats(_ bytes: [UInt8], _ dtype: DType) -> [Float] {
        var numbers = [Float](repeating: 0, count: bytes.count * 8 / dtype.bitCount)
        var span = numbers.mutableSpan
        Kernels().widen(dtype, bytes.span, into: &span)
        return numbers
    }

    func byteCount(_ role: String) -> Int? { self[role]?.count }
    func bytes(_ role: String, _ range: Range<Int>) throws -> [UInt8] { Array((self[role] ?? [])[range]) }

    /// What a reader recognizes.
    func recognized(config: String) throws -> LogicalTensor {
        let stored = try forms.map { form in
            let shape = try #require(Shape(form.shape))
            let tensor = TensorDescription(
                name: form.name(for: Self.name), type: form.type, shape: shape, byteRange: 0..<form.byteCount)
            return FiledTensor(file: 0, tensor: tensor)
        }
        let grouping = try LogicalTensor.group(stored, config: try JSONValue(parsing: Array(config.utf8))) { small in
            let place = try #require(forms.firstIndex { $0.name(for: Self.name) == small.tensor.name })
            return parts[place]
        }
        return try #require(grouping.tensors.first { $0.isQuantized }, "\(grouping.notes)")
    }

    /// All numbers as a reader decodes them, and in which dtype.
    func decoded(config: String) throws -> [Float] {
        let tensor = try recognized(config: config)
        let decoder = try Dequantizers.make(for: tensor, parts: self, kernels: Kernels())
        return try decoder.numbers(0..<decoder.rowCount)
    }
}

/// A scheme that is written, with the configuration that its reader needs.
struct WrittenScheme: CustomTestStringConvertible, Sendable {
    let id: String
    let config: String
    /// Whether stacks can be held.
    var holdsStacks = false
    /// What tells apart the schemes that share an id.
    var variant = ""
    let make: @Sendable (EncoderQuality, Kernels) -> any MatrixEncoder

    var label: String { id + variant }
    var testDescription: String { label }

    static let all = affine + mlxBlocks + gptq + awq + compressedTensors + others

    static let affine: [WrittenScheme] = [2, 3, 4, 5, 6, 8].flatMap { bits in
        [32, 64, 128].map { size in
            WrittenScheme(
                id: "mlx-affine\(bits)-g\(size)", config: mlx("affine", bits, size), holdsStacks: true
            ) { MLXEncoder(MLXState(mode: .affine, bits: bits, columnsPerGroup: size), quality: $0, kernels: $1) }
        }
    }

    static let mlxBlocks: [WrittenScheme] = [(MLXState.Mode.mxfp4, 4, 32), (.mxfp8, 8, 32), (.nvfp4, 4, 16)].map {
        let state = MLXState(mode: $0, bits: $1, columnsPerGroup: $2)
        return WrittenScheme(id: "mlx-\($0.rawValue)", config: mlx($0.rawValue, $1, $2), holdsStacks: true) {
            MLXEncoder(state, quality: $0, kernels: $1)
        }
    }

    private static func mlx(_ mode: String, _ bits: Int, _ size: Int) -> String {
        #"{"quantization": {"group_size": \#(size), "bits": \#(bits), "mode": "\#(mode)"}}"#
    }

    static let gptq: [WrittenScheme] = [2, 3, 4, 8].flatMap { bits in
        [32, 64, 128, nil].flatMap { size in
            [(GPTQState.Version.v1, true), (.v1, false), (.v2, false)].map { version, isSymmetric in
                let state = GPTQState(
                    bits: bits, groupSize: size, version: version, isSymmetric: isSymmetric, hasActOrder: false)
                let format = version == .v1 ? "gptq" : "gptq_v2"
                return WrittenScheme(
                    id: state.scheme,
                    config: #"""
                        {"quantization_config": {"quant_method": "gptq", "bits": \#(bits), "group_size": \#(size ?? -1),
                        "desc_act": false, "sym": \#(isSymmetric), "checkpoint_format": "\#(format)"}}
                        """#,
                    variant: isSymmetric ? "-symmetric" : ""
                ) { GPTQEncoder(state, quality: $0, kernels: $1) }
            }
        }
    }

    static let awq: [WrittenScheme] = [32, 64, 128, nil].flatMap { size in
        [true, false].map { hasZeroPoints in
            let state = AWQState(layout: .gemm, groupSize: size, hasZeroPoints: hasZeroPoints)
            return WrittenScheme(
                id: state.scheme,
                config: #"""
                    {"quantization_config": {"quant_method": "awq", "bits": 4, "group_size": \#(size ?? -1),
                    "zero_point": \#(hasZeroPoints), "version": "gemm"}}
                    """#,
                variant: hasZeroPoints ? "" : "-symmetric"
            ) { AWQEncoder(state, quality: $0, kernels: $1) }
        }
    }

    static let compressedTensors: [WrittenScheme] = {
        let packed = [2, 3, 4, 5, 6, 8].flatMap { bits in
            [ScaleGranularity.group(128), .group(32), .channel].flatMap { granularity in
                [true, false].map {
                    (CompressedTensorsState.Layout.packed(bits: bits, fillsWords: true), granularity, $0)
                }
            }
        }
        let bytes = [ScaleGranularity.tensor, .channel, .group(64)].flatMap { granularity in
            [true, false].map { (CompressedTensorsState.Layout.integers(bits: 8), granularity, $0) }
        }
        let floats = [ScaleGranularity.tensor, .channel, .block(rows: 128, columns: 128)].map {
            (CompressedTensorsState.Layout.floats(.F8_E4M3), $0, true)
        }
        let blocks: [(CompressedTensorsState.Layout, ScaleGranularity, Bool)] = [
            (.nvfp4, .group(16), true), (.mxfp4, .group(32), true), (.mxfp8, .group(32), true),
        ]
        return (packed + bytes + floats + blocks).map { layout, granularity, isSymmetric in
            let state = CompressedTensorsState(
                layout: layout, granularity: granularity, isSymmetric: isSymmetric, hasActOrder: false)
            return WrittenScheme(id: state.scheme, config: compressedConfig(state)) {
                CompressedTensorsEncoder(state, quality: $0, kernels: $1)
            }
        }
    }()

    private static func compressedConfig(_ state: CompressedTensorsState) -> String {
        let isInteger: Bool
        switch state.layout {
        case .packed, .integers: isInteger = true
        default: isInteger = false
        }
        var block = "null"
        if case .block(let rows, let columns) = state.granularity { block = "[\(rows), \(columns)]" }
        return #"""
            {"quantization_config": {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights":
            {"num_bits": \#(state.bits), "type": "\#(isInteger ? "int" : "float")", "symmetric": \#(state.isSymmetric),
            "group_size": \#(state.groupSize.map(String.init) ?? "null"), "block_structure": \#(block)}}}}}
            """#
    }

    static let others: [WrittenScheme] =
        [
            WrittenScheme(
                id: "bnb-int8",
                config: #"{"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": true}}"#
            ) { Int8RowsEncoder(quality: $0, kernels: $1) }
        ]
        + [ScaleGranularity.tensor, .channel, .block(rows: 128, columns: 128)].map { granularity in
            let state = ScaledFloatState(element: .F8_E4M3, granularity: granularity, hasSecondScale: false)
            var block = "null"
            if case .block = granularity { block = "[128, 128]" }
            return WrittenScheme(
                id: state.scheme,
                config: #"""
                    {"torch_dtype": "bfloat16", "quantization_config": {"quant_method": "fp8",
                    "weight_block_size": \#(block)}}
                    """#
            ) { ScaledFloatEncoder(state, quality: $0, kernels: $1) }
        }
}
