import Architectures
import Bytes
import Numbers
import Tensors
import Transforms

/// What a model's weights would take in memory under a preset, to the byte, and what each scheme has of them.
struct SchemeForecast {
    /// Bytes of all tensors, without the text of states that loaders parse.
    var byteCount: Int
    /// Weights by the scheme that changes them.
    var changed: [TensorScheme: Int] = [:]
    /// Types that tensors get in the place of those that were meant for them, in words; nil when each gets its own.
    var replaced: String?

    /// The forecast for a model in the store: what `convert --dry-run` plans.
    init(_ preset: String, for model: String, in registry: ModelRegistry) throws {
        let request = ConvertRequest(name: model, scheme: preset)
        let (settings, tag) = try ConversionOrder.preset(request)
        let order = try ConversionOrder(settings, tag: tag, request)
        let plan = try registry.plan(order, for: StoredArtifact(registry: registry, name: model), request: request)
        byteCount = 0
        for tensor in plan.tensors {
            guard let quantization = tensor.quantization else {
                byteCount += tensor.parts.reduce(0) { $0 + $1.byteCount }
                continue
            }
            byteCount += Self.byteCount(quantization.parts)
            if quantization.exchange == nil {
                changed[quantization.scheme, default: 0] += tensor.mapping.elementCount
            }
        }
        replaced = Self.words(plan.replacements)
    }

    /// The forecast for a model of which only the tensors' sizes are known.
    init(_ preset: Preset, of model: SketchedModel, kernels: Kernels) throws {
        let settings = preset.settings
        let (tensors, mixture) = try model.view(for: settings.target.family)
        let selection = try RecipeSelection(settings, tensors: tensors, model: mixture)
        byteCount = 0
        // Layers are alike, so that few matrices are planned.
        var known: [Matrix: Int] = [:]
        for (tensor, decision) in zip(tensors, selection.decisions) {
            let dtype = tensor.dtype ?? .BF16
            switch decision {
            case .quantize(let scheme):
                guard let shape = Shape(tensor.shape) else { continue }
                let matrix = Matrix(scheme: scheme, shape: tensor.shape, dtype: dtype)
                if known[matrix] == nil {
                    let form = MatrixForm(shape: shape, dtype: dtype, computeDtype: model.computeDtype)
                    known[matrix] = Self.byteCount(try scheme.encoder(settings, kernels: kernels).parts(of: form))
                }
                byteCount += known[matrix] ?? 0
                changed[scheme, default: 0] += tensor.elementCount
            case .cast(let dtype): byteCount += tensor.elementCount * dtype.bitCount / 8
            case .keep: byteCount += tensor.elementCount * (tensor.staysF32 ? 32 : dtype.bitCount) / 8
            }
        }
        replaced = Self.words(selection.replacements)
    }

    private struct Matrix: Hashable {
        let scheme: TensorScheme
        let shape: [Int]
        let dtype: DType
    }

    private static func byteCount(_ parts: [PartForm]) -> Int {
        parts.reduce(0) { $1.role == "quant_state" ? $0 : $0 + $1.byteCount }
    }

    /// `q4_k → q5_0 for 80 tensors`
    private static func words(_ replacements: [RecipeSelection.Replacement]) -> String? {
        guard !replacements.isEmpty else { return nil }
        let kinds = Dictionary(grouping: replacements) { "\($0.wanted) → \($0.stored)" }
        let words = kinds.keys.sorted().map { kind in
            let count = kinds[kind]?.count ?? 0
            return "\(kind) for \(count == 1 ? "1 tensor" : "\(count) tensors")"
        }
        return words.joined(separator: ", ") + ", whose rows the blocks do not divide"
    }
}
