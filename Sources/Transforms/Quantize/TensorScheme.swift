package import Formats
package import Numbers

/// How one tensor is quantized: everything that tells the layout of its bytes, as the catalog names it.
package enum TensorScheme: Hashable, Sendable {
    /// 4-bit codes of bitsandbytes.
    case fourBit(FourBitScheme)
    /// 8-bit codes with a scale a row: LLM.int8() of bitsandbytes.
    case int8Rows
    /// ggml's blocks.
    case blocks(BlockType)
    case mlx(MLXState)
    case gptq(GPTQState)
    case awq(AWQState)
    case compressedTensors(CompressedTensorsState)
    /// FP8 with scales, as DeepSeek and transformers' `fp8` have it.
    case scaledFloat(ScaledFloatState)

    /// The programs that load it, which decide the files around the tensors.
    package enum Family: String, Sendable, CaseIterable {
        case bitsAndBytes = "bnb"
        case gguf, mlx, gptq, awq
        case compressedTensors = "ct"
        case fp8
    }

    package var family: Family {
        switch self {
        case .fourBit, .int8Rows: .bitsAndBytes
        case .blocks: .gguf
        case .mlx: .mlx
        case .gptq: .gptq
        case .awq: .awq
        case .compressedTensors: .compressedTensors
        case .scaledFloat: .fp8
        }
    }

    /// The id that the catalog holds: `bnb-nf4`, `gguf-q4_k`, `mlx-affine4-g64` …
    package var id: String {
        switch self {
        case .fourBit(let scheme): scheme.id
        case .int8Rows: "bnb-int8"
        case .blocks(let type): "gguf-" + type.rawValue.lowercased()
        case .mlx(let state): state.scheme
        case .gptq(let state): state.scheme
        case .awq(let state): state.scheme
        case .compressedTensors(let state): state.scheme
        case .scaledFloat(let state): state.scheme
        }
    }

    /// The bits of one code, without scales.
    package var bits: Int {
        switch self {
        case .fourBit: FourBitScheme.bits
        case .int8Rows: 8
        case .blocks(let type): BlockState(type: type).bits
        case .mlx(let state): state.bits
        case .gptq(let state): state.bits
        case .awq(let state): state.bits
        case .compressedTensors(let state): state.bits
        case .scaledFloat(let state): state.bits
        }
    }

    /// How many neighbors share a scale; nil when rows, rectangles or whole tensors do.
    package var groupSize: Int? {
        switch self {
        case .fourBit(let scheme): scheme.blockSize
        case .int8Rows: nil
        case .blocks(let type): BlockState(type: type).groupSize
        case .mlx(let state): state.groupSize
        case .gptq(let state): state.groupSize
        case .awq(let state): state.groupSize
        case .compressedTensors(let state): state.groupSize
        case .scaledFloat(let state): state.groupSize
        }
    }
}
