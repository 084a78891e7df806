import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// A merge of an adapter before the work.
struct AdapterPlan {
    let plan: RewritePlan
    /// What updates are measured against, in words: a scheme's id; nil for nothing.
    let stepScheme: String?
    /// `lora`, or `dora` with magnitudes.
    let method: String
}

/// Plans the merge of an adapter into its base.
struct AdapterPlanner {
    let registry: ModelRegistry
    let settings: AdapterSettings
    let base: RewriteSource
    let adapter: AdapterSource
    let modules: AdapterModules
    /// The scheme whose steps updates are measured in; nil takes the base's own.
    let stepScheme: TensorScheme?

    init(
        _ settings: AdapterSettings, base: RewriteParent, adapter: AdapterSource, stepScheme: TensorScheme?,
        in registry: ModelRegistry
    ) throws {
        self.registry = registry
        self.settings = settings
        self.adapter = adapter
        self.stepScheme = stepScheme
        self.base = try RewriteSource(base.artifact, name: base.name, in: registry)
        modules = try AdapterModules(adapter, base: self.base)
        try adapter.checkNumbers(kernels: registry.kernels)
    }

    /// - Parameter parents: the base, and the adapter when it is registered.
    func plan(_ parents: [RewriteParent]) throws -> AdapterPlan {
        var tensors = try base.tensors.map { try tensor($0) }
        if let head = modules.untiedHead, base[head] == nil { tensors += try newHead(head) }
        var plan = try RewritePlan(
            parents, kind: .merged, recipe: settings.recipe, tensors: tensors, companions: try companions(),
            config: try config())
        plan.notes = base.notes + notes
        return AdapterPlan(
            plan: plan, stepScheme: stepScheme?.id ?? base.source.tensors.lazy.compactMap(\.scheme).first,
            method: adapter.configuration.hasMagnitudes ? "dora" : "lora")
    }

    private func tensor(_ tensor: PlannedTensor) throws -> RewrittenTensor {
        if let update = modules.updates[tensor.name] { return try updated(tensor, update) }
        if let whole = modules.replacements[tensor.name] {
            var replaced = made(whole, as: tensor.name, dtype: settings.dtype ?? tensor.type.dtype ?? whole.dtype)
            replaced.reference = .rows { [base] in try base.rows(of: tensor) }
            replaced.sourceByteCount += tensor.sourceByteCount
            return replaced
        }
        if let (bias, scaling) = modules.biases[tensor.name] { return biased(tensor, bias, scaling) }
        return base.unchanged(tensor)
    }

    /// The head that the base has no tensor for: the adapter's own, or the embedding's numbers with their update.
    private func newHead(_ name: String) throws -> [RewrittenTensor] {
        if let whole = modules.replacements[name] {
            return [made(whole, as: name, dtype: settings.dtype ?? whole.dtype)]
        }
        guard let update = modules.updates[name] else { return [] }
        var head = try updated(update.target, update)
        head.name = name
        return [head]
    }

    private func type(of tensor: PlannedTensor) -> ElementType { settings.dtype.map(ElementType.plain) ?? tensor.type }

    private func updated(_ tensor: PlannedTensor, _ update: AdapterModules.Update) throws -> RewrittenTensor {
        let (base, adapter, kernels) = (base, adapter, registry.kernels)
        let scaling = try adapter.configuration.scaling(of: update.module)
        let step = step(of: tensor)
        var made = RewrittenTensor(
            tensor.name, type(of: tensor), tensor.mapping.shape, sourceByteCount: tensor.sourceByteCount,
            .made {
                let product = LowRankUpdate(
                    a: try adapter.numbers(update.a, kernels: kernels),
                    b: try adapter.numbers(update.b, kernels: kernels), rank: update.rank, scaling: scaling,
                    isTransposed: update.isTransposed)
                return try AdaptedRows(
                    try base.rows(of: tensor), product,
                    magnitudes: try update.magnitude.map { try adapter.numbers($0, kernels: kernels) },
                    isTransposed: update.isTransposed, step: step, kernels: kernels)
            })
        made.reference = .rows { try base.rows(of: tensor) }
        made.workingByteCount = 8 * update.rank * tensor.mapping.shape.reduce(0, +)
        return made
    }

    private func biased(_ tensor: PlannedTensor, _ bias: AdapterSource.Tensor, _ scaling: Double) -> RewrittenTensor {
        let (base, kernels) = (base, registry.kernels)
        var made = RewrittenTensor(
            tensor.name, type(of: tensor), tensor.mapping.shape, sourceByteCount: tensor.sourceByteCount,
            .made {
                try WeightedRows(
                    [try base.rows(of: tensor), try bias.rows()], weights: [1, Float(scaling)], kernels: kernels)
            })
        made.reference = .rows { try base.rows(of: tensor) }
        return made
    }

    private func made(_ tensor: AdapterSource.Tensor, as name: String, dtype: DType) -> RewrittenTensor {
        RewrittenTensor(
            name, .plain(dtype), tensor.shape,
            sourceByteCount: tensor.shape.reduce(1, *) * tensor.dtype.bitCount / 8, .made(tensor.rows))
    }

    /// The step of the scheme that was named, else of the tensor's own.
    private func step(of tensor: PlannedTensor) -> QuantizationStep? {
        if let stepScheme { return QuantizationStep(bits: stepScheme.bits, groupSize: stepScheme.groupSize) }
        guard let source = tensor.sources.first, source.isQuantized, let bits = source.bits else { return nil }
        return QuantizationStep(bits: bits, groupSize: source.groupSize)
    }

    // MARK: Beside the weights

    private func config() throws -> JSONValue? {
        guard modules.untiedHead != nil, var object = base.config?.objectValue else { return base.config }
        object["tie_word_embeddings"] = .bool(false)
        if var part = object["text_config"]?.objectValue, part["tie_word_embeddings"] != nil {
            part["tie_word_embeddings"] = .bool(false)
            object["text_config"] = .object(part)
        }
        return .object(object)
    }

    private func companions() throws -> [ExportPlan.File] {
        guard modules.untiedHead != nil, let config = try config() else { return base.companions }
        return base.companions.map { file in
            guard file.path == "config.json" else { return file }
            return ExportPlan.File(path: file.path, content: .made(Array((config.text(.indented) + "\n").utf8)))
        }
    }

    private var notes: [String] {
        var notes: [String] = []
        if let scheme = base.source.tensors.lazy.compactMap(\.scheme).first {
            notes.append(
                "\(base.name) is stored in \(scheme), and the update is added to the numbers that it stands for: right "
                    + "for an adapter that was trained on them; for another one, merge into the original")
        }
        if let head = modules.untiedHead {
            notes.append("the adapter brings or changes '\(head)', so config.json no longer ties it to the embedding")
        }
        return notes
    }
}
