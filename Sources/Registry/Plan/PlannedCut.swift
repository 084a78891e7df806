import Architectures
import Bytes
import Formats
import Numbers
import Planner
import Transforms

/// A cut that variants are weighed with: what `ingot prune` would leave of the model, from sizes alone.
struct PlannedCut: Sendable {
    let settings: PruneSettings
    /// Nil for an architecture without formulas.
    let shape: ModelShape?
    let parameters: Int
    /// As the tensors are stored; in BF16 for a config.json.
    let weights: ByteFigure
    /// What conversions of the result see; nil where nothing can be converted, as blocks stay as they are.
    let sketch: SketchedModel?

    var recipeDigest: Digest { settings.recipe.digest }
    /// As `ingot prune` takes it.
    var options: String { settings.options }
}

/// A model as cuts see it, before any.
struct CuttableModel {
    /// Where its tensors are.
    private enum Origin {
        /// In the store: read through the names of Hugging Face.
        case stored(RewriteParent, RewriteSource, ModelRegistry)
        case config
    }

    let axes: ModelAxes
    /// Whether blocks must stay whole, so that only layers and experts can go.
    let isQuantized: Bool
    private let config: JSONObject
    private let dtypes: [DType]
    private let origin: Origin

    /// - Throws: `FormatError` and `RegistryError` that say why the model cannot be cut at all.
    init(_ model: PlannedModel, in registry: ModelRegistry?) throws {
        if let registry, model.artifact != nil {
            let parent = try registry.presentRewriteParent(named: model.name)
            let source = try RewriteSource(parent.artifact, name: parent.name, in: registry)
            guard let config = source.config, let object = config.objectValue else {
                throw RegistryError(
                    "\(model.name) has no config.json, so that nothing tells which of its tensors belong together",
                    remedy: "Register the model's folder with its config.json")
            }
            self.config = object
            axes = try ModelAxes(config: config, tensors: source.tensors.map { ($0.name, $0.mapping.shape) })
            isQuantized = source.source.tensors.contains(where: \.isQuantized)
            dtypes = source.tensors.map { $0.type.dtype ?? .BF16 }
            origin = .stored(parent, source, registry)
            return
        }
        guard let shape = model.shape, let config = model.config, let object = config.objectValue else {
            throw RegistryError("its architecture is not known", remedy: "Register the model's weights")
        }
        let tensors = try SketchedModel.expanded(shape)
        self.config = object
        do {
            axes = try ModelAxes(config: config, tensors: tensors)
        } catch {
            throw RegistryError(
                "\(model.name) describes a model that cannot be cut (\(error.tensor.map { "tensor '\($0)': " } ?? "")"
                    + "\(error.problem))", remedy: "Leave cuts out with --prune none")
        }
        isQuantized = false
        dtypes = [DType](repeating: .BF16, count: tensors.count)
        origin = .config
    }

    /// What a cut would leave.
    /// - Throws: `FormatError` that names the option and what to write instead, as `ingot prune` does.
    func cut(_ settings: PruneSettings) throws -> PlannedCut {
        let sizes = try PrunedSizes(settings, axes)
        if case .stored(let parent, let source, let registry) = origin {
            if let stored = try StoredPruning(parent, PruneOrder(settings), registry: registry) {
                return try Self.cut(settings, stored.planOfSizes(), sketch: isQuantized ? nil : sketch(sizes))
            }
            try PruneChecks(source: source, model: axes, sizes: sizes, settings: settings).check()
        }
        let sketch = try sketch(sizes)
        return PlannedCut(
            settings: settings, shape: try ModelShape(config: .object(try newConfig(sizes))),
            parameters: sketch.parameterCount,
            weights: ByteFigure(sketch.byteCount, .exact, "Σ over the tensors that stay"), sketch: sketch)
    }

    /// Layers and experts that go from tensors as they are stored.
    private static func cut(
        _ settings: PruneSettings, _ plan: PrunePlan, sketch: SketchedModel?
    ) throws -> PlannedCut {
        let (parameters, bytes) = plan.plan.learned
        return PlannedCut(
            settings: settings,
            shape: try plan.config.flatMap { config throws(PlanError) in
                try ModelShape(config: config)
            }, parameters: parameters, weights: ByteFigure(bytes, .exact, "Σ over the stored tensors that stay"),
            sketch: sketch)
    }

    private func newConfig(_ sizes: PrunedSizes) throws(FormatError) -> JSONObject {
        try axes.config(config, cut: sizes.sizes, layers: sizes.layers)
    }

    private func sketch(_ sizes: PrunedSizes) throws(FormatError) -> SketchedModel {
        let tensors = sizes.tensors(of: axes).map { tensor in
            SketchedModel.Tensor(name: tensor.name, shape: tensor.shape, dtype: dtypes[tensor.place])
        }
        return SketchedModel(tensors, config: .object(try newConfig(sizes)))
    }
}
