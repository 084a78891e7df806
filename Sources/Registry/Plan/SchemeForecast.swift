import Architectures
import Bytes
import Formats
import Numbers
import Planner
import Tensors
import Transforms

/// What a model's weights would take in memory under a preset, to the byte, and what each scheme has of them.
struct SchemeForecast {
    /// Bytes of all tensors, without the text of states that loaders parse.
    var byteCount: Int
    /// Weights by the scheme that changes them.
    var changed: [TensorScheme: Int] = [:]

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
    }

    /// The forecast for a model of which only the shape is known.
    init(_ preset: Preset, shape: ModelShape, config: JSONValue, kernels: Kernels) throws {
        let settings = preset.settings
        let model = try ShapedModel(shape, config: config, family: settings.target.family)
        let selection = try RecipeSelection(settings, tensors: model.tensors, model: model.mixtureModel)
        byteCount = 0
        for (tensor, decision) in zip(model.tensors, selection.decisions) {
            switch decision {
            case .quantize(let scheme):
                guard let form = Shape(tensor.shape) else { continue }
                let matrix = MatrixForm(shape: form, dtype: .BF16, computeDtype: .BF16)
                byteCount += Self.byteCount(try scheme.encoder(settings, kernels: kernels).parts(of: matrix))
                changed[scheme, default: 0] += tensor.elementCount
            case .cast(let dtype): byteCount += tensor.elementCount * dtype.bitCount / 8
            case .keep: byteCount += tensor.elementCount * (tensor.staysF32 ? 4 : 2)
            }
        }
    }

    private static func byteCount(_ parts: [PartForm]) -> Int {
        parts.reduce(0) { $1.role == "quant_state" ? $0 : $0 + $1.byteCount }
    }
}

/// A model of which only the shape is known, as the planner of conversions sees models.
private struct ShapedModel {
    var tensors: [SelectionTensor]
    var mixtureModel: MixtureModel?

    /// More tensors than any model has.
    private static let greatestTensorCount = 1 << 20

    init(_ shape: ModelShape, config: JSONValue, family: TensorScheme.Family) throws {
        let listed = try Self.expanded(shape)
        let modelFamily = ModelFamily.of(modelType: shape.family)
        guard family == .gguf else {
            let descriptions = listed.compactMap { name, dimensions in
                Shape(dimensions).map { TensorDescription(name: name, dtype: .BF16, shape: $0, byteRange: 0..<0) }
            }
            tensors = SelectionTensor.list(descriptions, family: modelFamily)
            return
        }
        let descriptions = listed.compactMap { name, dimensions in
            Shape(dimensions).map { TensorDescription(name: name, dtype: .BF16, shape: $0, byteRange: 0..<0) }
        }
        let gguf = try GGUFModel(tensors: listed, config: config)
        tensors = SelectionTensor.list(gguf.layout, from: descriptions, family: modelFamily)
        mixtureModel = MixtureModel(
            architecture: gguf.family, blockCount: shape.layers, headCount: shape.heads,
            keyValueHeadCount: shape.keyValueHeads, expertCount: shape.experts?.count ?? 0)
    }

    /// Every tensor by its own name.
    private static func expanded(_ shape: ModelShape) throws -> [(name: String, shape: [Int])] {
        let tensors = shape.tensors
        guard tensors.reduce(0, { $0 + $1.copies }) <= greatestTensorCount else {
            throw RegistryError(
                "a model of this shape has more than \(greatestTensorCount) tensors", remedy: "Correct config.json")
        }
        return tensors.flatMap { tensor in
            (tensor.layers ?? 0..<1).flatMap { layer in
                (0..<tensor.experts).map { (tensor.name(layer: layer, expert: $0), tensor.shape) }
            }
        }
    }
}
