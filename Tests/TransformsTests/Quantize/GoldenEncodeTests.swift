import Bytes
import Formats
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Encoders against the libraries") struct GoldenEncodeTests {
    // MARK: MLX

    @Test("MLX's codes, scales and biases are the library's, byte for byte", arguments: KernelLevel.supported)
    func mlx(level: KernelLevel) throws {
        let golden = try StoredFile("encoders/mlx.safetensors"), kernels = try Kernels(level: level)
        let ways = golden.names.filter { $0.hasSuffix("/weight") }
        #expect(ways.count == 106)
        for way in ways {
            let words = way.split(separator: "/"), tag = String(words[0])
            let mode = words[1].split(separator: "_")
            let state = MLXState(
                mode: try #require(MLXState.Mode(rawValue: String(mode[0]))),
                bits: try #require(Int(mode[1].dropFirst())), columnsPerGroup: try #require(Int(mode[2].dropFirst())))
            let dtype: DType = golden["\(tag)/input"] != nil ? .F32 : tag.hasSuffix("bf16") ? .BF16 : .F16
            let input = try #require(golden["\(tag)/input"] ?? golden["\(tag)/input_bits"])
            let matrix = MatrixForm(shape: input.shape, dtype: dtype, computeDtype: dtype)
            let made = try EncodedMatrix(
                MLXEncoder(state, quality: .reference, kernels: kernels), matrix, input.bytes)
            let suffix = state.mode != .affine || dtype == .F32 ? "" : dtype == .BF16 ? "_bf16bits" : "_f16bits"
            let prefix = way.dropLast("weight".count)
            #expect(made["codes"] == golden[way]?.bytes, "\(way)")
            #expect(made["scales"] == golden["\(prefix)scales\(suffix)"]?.bytes, "\(way)")
            #expect(made["biases"] == golden["\(prefix)biases\(suffix)"]?.bytes, "\(way)")
        }
    }

    // MARK: GPTQ and AWQ

    /// The source holds groups without negative weights, whose zero point of 0 version 1 cannot hold; they differ.
    @Test(
        "GPTQ's words are those that auto-gptq packs", arguments: KernelLevel.supported,
        [
            ("w2g64", 2, 64, false), ("w3g128", 3, 128, false), ("w4-pertensorcol", 4, nil, false),
            ("w4g128", 4, 128, false), ("w4g128-sym", 4, 128, true), ("w8g128", 8, 128, false),
        ])
    func gptq(level: KernelLevel, golden: (folder: String, bits: Int, size: Int?, isSymmetric: Bool)) throws {
        let stored = try StoredFile("quantized/gptq-\(golden.folder)/model.safetensors")
        let source = try #require(try StoredFile("encoders/sources.safetensors")["gptq-awq"])
        let matrix = MatrixForm(shape: source.shape, dtype: .F16, computeDtype: .F16)
        let kernels = try Kernels(level: level)
        func made(_ version: GPTQState.Version) throws -> EncodedMatrix {
            let state = GPTQState(
                bits: golden.bits, groupSize: golden.size, version: version, isSymmetric: golden.isSymmetric,
                hasActOrder: false)
            return try EncodedMatrix(
                GPTQEncoder(state, quality: .reference, kernels: kernels), matrix, source.bytes)
        }
        let module = "model.layers.0.mlp.up_proj"
        let second = try made(.v2)
        #expect(second["codes"] == stored["\(module).qweight"]?.bytes)
        #expect(second["scales"] == stored["\(module).scales"]?.bytes)
        #expect(second["g_idx"] == stored["\(module).g_idx"]?.bytes)
        guard golden.bits > 3 else { return }
        let first = try made(.v1)
        #expect(first["codes"] == stored["\(module).qweight"]?.bytes)
        #expect(first["zeros"] == stored["\(module).qzeros"]?.bytes)
        #expect(first["scales"] == stored["\(module).scales"]?.bytes)
        // A zero point is stored less one.
        #expect(first["zeros"] != second["zeros"])
    }

    /// In one place of `w4g32` the library lets a 16 run into the neighbor; here it is 15.
    @Test("AWQ's words are those that autoawq packs", arguments: KernelLevel.supported, [32, 64, 128])
    func awq(level: KernelLevel, size: Int) throws {
        let stored = try StoredFile("quantized/awq-w4g\(size)/model.safetensors")
        let source = try #require(try StoredFile("encoders/sources.safetensors")["gptq-awq"])
        let matrix = MatrixForm(shape: source.shape, dtype: .F16, computeDtype: .F16)
        let state = AWQState(layout: .gemm, groupSize: size, hasZeroPoints: true)
        let made = try EncodedMatrix(
            AWQEncoder(state, quality: .reference, kernels: try Kernels(level: level)), matrix, source.bytes)
        let module = "model.layers.0.mlp.up_proj"
        let words = try #require(stored["\(module).qweight"]?.bytes), found = try #require(made["codes"])
        let different = words.indices.filter { words[$0] != found[$0] }.map { $0 / 4 }
        #expect(Set(different) == (size == 32 ? [215 * 8 + 6] : []))
        #expect(made["zeros"] == stored["\(module).qzeros"]?.bytes)
        #expect(made["scales"] == stored["\(module).scales"]?.bytes)
    }

    // MARK: compressed-tensors

    static let compressed:
        [(folder: String, layout: CompressedTensorsState.Layout, granularity: ScaleGranularity, isSymmetric: Bool)] = [
            ("int3-sym-g128", .packed(bits: 3, fillsWords: true), .group(128), true),
            ("int4-asym-g128", .packed(bits: 4, fillsWords: true), .group(128), false),
            ("int4-sym-channel", .packed(bits: 4, fillsWords: true), .channel, true),
            ("int4-sym-g128", .packed(bits: 4, fillsWords: true), .group(128), true),
            ("int8-sym-channel-packed", .packed(bits: 8, fillsWords: true), .channel, true),
            ("int8-sym-channel", .integers(bits: 8), .channel, true),
            ("int8-asym-tensor", .integers(bits: 8), .tensor, false),
            ("fp8-tensor", .floats(.F8_E4M3), .tensor, true), ("fp8-channel", .floats(.F8_E4M3), .channel, true),
            ("fp8-block", .floats(.F8_E4M3), .block(rows: 8, columns: 128), true), ("nvfp4", .nvfp4, .group(16), true),
            ("mxfp4", .mxfp4, .group(32), true),
        ]

    @Test(
        "compressed-tensors' parts are the library's, byte for byte", arguments: KernelLevel.supported,
        compressed.indices)
    func compressedTensors(level: KernelLevel, index: Int) throws {
        let golden = Self.compressed[index]
        let stored = try StoredFile("quantized/ct-\(golden.folder)/model.safetensors")
        let source = try #require(try StoredFile("encoders/sources.safetensors")["compressed-tensors"])
        let matrix = MatrixForm(shape: source.shape, dtype: .BF16, computeDtype: .BF16)
        let state = CompressedTensorsState(
            layout: golden.layout, granularity: golden.granularity, isSymmetric: golden.isSymmetric,
            hasActOrder: false)
        let made = try EncodedMatrix(
            CompressedTensorsEncoder(state, quality: .reference, kernels: try Kernels(level: level)), matrix,
            source.bytes)
        #expect(made.forms.count == stored.names.count)
        for (form, bytes) in zip(made.forms, made.parts) {
            let entry = stored[form.name(for: "model.layers.0.self_attn.q_proj.weight")]
            #expect(entry?.bytes == bytes, "\(form.role)")
            #expect(entry?.dtype == form.type.dtype && entry?.shape.dimensions == form.shape, "\(form.role)")
        }
    }

    // MARK: More dtypes; rows of zeros, of one sign, of subnormal numbers, of ties

    static let moreNames = ((try? StoredFile("encoders/more.safetensors"))?.names ?? []).filter {
        $0.hasSuffix("/codes")
    }

    @Test("what else the libraries make is made, byte for byte", arguments: KernelLevel.supported, moreNames)
    func more(level: KernelLevel, name: String) throws {
        let golden = try StoredFile("encoders/more.safetensors"), kernels = try Kernels(level: level)
        let words = name.split(separator: "/").map(String.init)
        let dtype = words.count == 3 ? try #require(DType(rawValue: words[1])) : .BF16
        let input = try #require(golden[words.count == 3 ? "input/\(dtype.rawValue)" : "fp8-block/input"])
        let matrix = MatrixForm(shape: input.shape, dtype: dtype, computeDtype: dtype)
        let prefix = name.dropLast("codes".count)
        let encoder: any MatrixEncoder =
            switch words[0] {
            case "bnb-int8": Int8RowsEncoder(quality: .reference, kernels: kernels)
            case "fp8-block":
                ScaledFloatEncoder(
                    ScaledFloatState(
                        element: .F8_E4M3, granularity: .block(rows: 128, columns: 128), hasSecondScale: false),
                    quality: .reference, kernels: kernels)
            default:
                CompressedTensorsEncoder(try Self.state(words[0]), quality: .reference, kernels: kernels)
            }
        let made = try EncodedMatrix(encoder, matrix, input.bytes)
        var codes = try #require(made["codes"])
        if words[0] == "mxfp4" { codes = codes.flatMap { [$0 & 15, $0 >> 4] } }
        if words[0].hasPrefix("int4") {
            codes = codes.flatMap { [$0 & 15, $0 >> 4] }.map { UInt8(bitPattern: Int8($0) - 8) }
        }
        #expect(codes == golden[name]?.bytes)
        #expect((made["scale"] ?? made["SCB"]) == golden["\(prefix)scales"]?.bytes)
        guard words[0] == "int8-channel-asym" else { return }
        #expect(made["zero_point"] == golden["\(prefix)zeros"]?.bytes)
    }

    private static func state(_ name: String) throws -> CompressedTensorsState {
        let words = name.split(separator: "-")
        let isSymmetric = words.last != "asym"
        let layout: CompressedTensorsState.Layout, granularity: ScaleGranularity
        switch words[0] {
        case "mxfp8": (layout, granularity) = (.mxfp8, .group(32))
        case "mxfp4": (layout, granularity) = (.mxfp4, .group(32))
        case "fp8": (layout, granularity) = (.floats(.F8_E4M3), .channel)
        case "int8": (layout, granularity) = (.integers(bits: 8), .channel)
        default:
            (layout, granularity) = (
                .packed(bits: 4, fillsWords: true), .group(try #require(Int(words[1].dropFirst())))
            )
        }
        return CompressedTensorsState(
            layout: layout, granularity: granularity, isSymmetric: isSymmetric, hasActOrder: false)
    }
}

/// The tensors of a fixture.
struct StoredFile {
    struct Entry {
        let dtype: DType?
        let shape: Shape
        let bytes: [UInt8]
    }

    private let file: OpenFile
    private let tensors: [String: TensorDescription]

    init(_ path: String) throws {
        file = try OpenFile(Fixtures.path(path))
        let layout = try Safetensors.layout(of: file, options: ReadOptions())
        tensors = Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, $0) })
    }

    var names: [String] { tensors.keys.sorted() }

    subscript(name: String) -> Entry? {
        guard let tensor = tensors[name], let bytes = try? file.bytes(tensor.byteRange) else { return nil }
        return Entry(dtype: tensor.dtype, shape: tensor.shape, bytes: bytes)
    }
}
