import Architectures
import Formats
import Numbers

extension Preset {
    /// The effective bits of a weight in Llama 3.1 8B under this recipe, scales and dense tensors included; nil where
    /// that model could not be converted.
    package var approximateBits: Double? {
        let tensors = family == .gguf ? ReferenceModel.gguf : ReferenceModel.folder
        var settings = settings
        settings.importance = nil
        guard let selection = try? RecipeSelection(settings, tensors: tensors, model: ReferenceModel.numbers) else {
            return nil  // gguf-q2_k_s, which needs an importance matrix
        }
        var bits = 0.0
        var count = 0.0
        for (tensor, decision) in zip(tensors, selection.decisions) {
            let elements = Double(tensor.elementCount)
            count += elements
            switch decision {
            case .quantize(let scheme): bits += elements * scheme.bitsPerWeight(rows: tensor.shape[0], tensor.columns)
            case .cast(let dtype): bits += elements * Double(dtype.bitCount)
            case .keep: bits += elements * (family == .gguf ? 32 : 16)
            }
        }
        return bits / count
    }
}

/// The shapes of Llama 3.1 8B, by its config.json.
private enum ReferenceModel {
    static let numbers = MixtureModel(
        architecture: "llama", blockCount: 32, headCount: 32, keyValueHeadCount: 8, expertCount: 0)

    static let folder = tensors(isGGUF: false)
    static let gguf = tensors(isGGUF: true)

    private static func tensors(isGGUF: Bool) -> [SelectionTensor] {
        func tensor(_ gguf: String, _ folder: String, _ role: TensorRole, _ shape: [Int]) -> SelectionTensor {
            let name = (isGGUF ? gguf : folder) + ".weight"
            return SelectionTensor(
                name: name, otherNames: isGGUF ? [folder + ".weight"] : [], role: role, shape: shape, dtype: .BF16,
                storedAs: "BF16", layer: SelectionTensor.layerNumber(in: name))
        }
        let layers = (0..<32).flatMap { layer in
            [
                ("attn_q", "self_attn.q_proj", 4096, 4096), ("attn_k", "self_attn.k_proj", 1024, 4096),
                ("attn_v", "self_attn.v_proj", 1024, 4096), ("attn_output", "self_attn.o_proj", 4096, 4096),
                ("ffn_gate", "mlp.gate_proj", 14_336, 4096), ("ffn_up", "mlp.up_proj", 14_336, 4096),
                ("ffn_down", "mlp.down_proj", 4096, 14_336),
            ].map { tensor("blk.\(layer).\($0)", "model.layers.\(layer).\($1)", .linear, [$2, $3]) }
        }
        return [
            tensor("token_embd", "model.embed_tokens", .embedding, [128_256, 4096]),
            tensor("output", "lm_head", .outputHead, [128_256, 4096]),
        ] + layers
    }
}

extension TensorScheme {
    /// What a weight takes in a matrix, scales and zero points included.
    fileprivate func bitsPerWeight(rows: Int, _ columns: Int) -> Double {
        func shared(_ bits: Int, among count: Int) -> Double { Double(bits) / Double(max(1, count)) }
        switch self {
        case .fourBit(let scheme):
            let size = scheme.blockSize
            return scheme.isNested
                ? 4 + shared(8, among: size) + shared(32, among: size * 256) : 4 + shared(32, among: size)
        case .int8Rows: return 8 + shared(32, among: columns)
        case .blocks(let type): return shared(8 * type.byteCount, among: type.elementCount)
        case .mlx(let state):
            return Double(state.bits) + shared(state.mode == .affine ? 32 : 8, among: state.columnsPerGroup)
        case .gptq(let state):
            return Double(bits) + shared(16 + bits, among: state.groupSize ?? columns) + shared(32, among: rows)
        case .awq(let state): return Double(bits) + shared(16 + bits, among: state.groupSize ?? columns)
        case .compressedTensors(let state):
            let group = state.granularity.weightCount(rows: rows, columns)
            let scale =
                switch state.layout {
                case .nvfp4, .mxfp4, .mxfp8: 8
                default: 16 + (state.isSymmetric ? 0 : bits)
                }
            return Double(bits) + shared(scale, among: group)
        case .scaledFloat(let state):
            return Double(bits) + shared(32, among: state.granularity.weightCount(rows: rows, columns))
        }
    }

    /// In words, for lists.
    package var summary: String {
        switch self {
        case .fourBit(let scheme):
            BitsAndBytesQuantState.summary(
                type: scheme.type, blockSize: scheme.blockSize, isNested: scheme.isNested)
        case .int8Rows: "bitsandbytes INT8 (LLM.int8), one scale a row"
        case .blocks(let type): BlockState(type: type).summary
        case .mlx(let state): state.summary
        case .gptq(let state): state.summary
        case .awq(let state): state.summary
        case .compressedTensors(let state): state.summary
        case .scaledFloat(let state): state.summary
        }
    }
}

extension ScaleGranularity {
    /// How many weights share a scale.
    fileprivate func weightCount(rows: Int, _ columns: Int) -> Int {
        switch self {
        case .tensor: rows * columns
        case .channel: columns
        case .group(let size): size
        case .block(let rows, let columns): rows * columns
        }
    }
}
