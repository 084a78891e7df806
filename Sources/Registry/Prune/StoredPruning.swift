import Architectures
import Blobs
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// Cuts layers and experts of a model whose tensors stay as they are stored: blocks, codes and scales are taken over,
/// and nothing is quantized again.
struct StoredPruning {
    let parent: RewriteParent
    let order: PruneOrder
    let registry: ModelRegistry
    let source: ExportSource

    /// Nil for a model whose numbers are cut: one that is not quantized, but for GGUF files of which only layers and
    /// experts go.
    /// - Throws: `FormatError` for a quantized model of which more is to go than layers and experts.
    init?(_ parent: RewriteParent, _ order: PruneOrder, registry: ModelRegistry) throws {
        let source = try ExportSource(registry: registry, artifact: parent.artifact, name: nil)
        let quantized = source.tensors.first(where: \.isQuantized)
        let widths = order.settings.shares.keys.filter { $0 != .experts }
        let isWhole = widths.isEmpty && order.settings.vocabulary == nil
        if let quantized, !isWhole {
            let option = widths.map(\.option).min() ?? "--vocabulary"
            throw FormatError(
                .refused,
                "it is quantized (\(quantized.scheme ?? "blocks")), and \(option) cuts through its blocks: the rest "
                    + "would have to be quantized a second time",
                tensor: quantized.name, remedy: "Prune the model that it was made of, and convert the result")
        }
        let isGGUF = parent.artifact.record.format == GGUF.name
        guard quantized != nil || isGGUF && isWhole else { return nil }
        self.parent = parent
        self.order = order
        self.registry = registry
        self.source = source
    }

    private var settings: PruneSettings { order.settings }
    private var isGGUF: Bool { parent.artifact.record.format == GGUF.name }

    func plan(threadCount: Int?, progress: ProgressHandler?) async throws -> PrunePlan {
        let draft = try draft()
        let selection = PruneSelection(draft.sizes, draft.model)
        let scoring = PruneScoring(source: draft.view, model: draft.model, order: order, selection: selection)
        let scores = try await scoring.scores(threadCount: threadCount, parent.name, progress: progress)
        return try plan(draft, keeping: try selection.kept(by: scores), scores)
    }

    /// What would be written if the first experts stayed: as many bytes as with any others, and no weight is read.
    func planOfSizes() throws -> PrunePlan {
        let draft = try draft()
        var kept = KeptIndices(layers: draft.sizes.layers)
        if let count = draft.sizes.sizes[.experts] {
            for layer in kept.layers { kept[AxisPlace(.experts, layer: layer)] = Array(0..<count) }
        }
        return try plan(draft, keeping: kept, [:])
    }

    /// The model and its sizes after the cut.
    private struct Draft {
        let view: RewriteSource
        let model: ModelAxes
        let sizes: PrunedSizes
    }

    private func draft() throws -> Draft {
        let view = try RewriteSource(parent.artifact, name: parent.name, in: registry)
        guard let config = view.config else {
            throw RegistryError(
                "\(parent.name) has no config.json, so that nothing tells which of its tensors belong together",
                remedy: "Register the model's folder with its config.json")
        }
        let model = try ModelAxes(config: config, tensors: view.tensors.map { ($0.name, $0.mapping.shape) })
        return Draft(view: view, model: model, sizes: try PrunedSizes(settings, model))
    }

    private func plan(
        _ draft: Draft, keeping kept: KeptIndices, _ scores: [AxisPlace: [Double]]
    ) throws -> PrunePlan {
        let pruned = PrunedModel(
            source: draft.view, model: draft.model, order: order, sizes: draft.sizes, kept: kept, scores: scores,
            vocabulary: nil)
        var (plan, newConfig) = try isGGUF ? ggufPlan(pruned) : folderPlan(pruned)
        plan.notes += draft.sizes.notes(draft.model, isGGUF: plan.format == GGUF.name)
        return PrunePlan(pruned, plan, newConfig)
    }

    // MARK: Tensors

    private func tensors(_ pruned: PrunedModel) throws -> [RewrittenTensor] {
        let names = StoredNames(pruned, isGGUF: isGGUF)
        return try parent.artifact.ownTensors.compactMap { stored in
            guard let name = names.newName(stored.description.name) else { return nil }
            return try tensor(stored, name, names, pruned)
        }
    }

    private func tensor(
        _ stored: StoredTensor, _ name: String, _ names: StoredNames, _ pruned: PrunedModel
    ) throws -> RewrittenTensor {
        var tensor = RewrittenTensor(stored, name: name)
        tensor.logicalName = stored.logicalName.flatMap(names.newName)
        var owner = stored.logicalName ?? stored.description.name
        if case .part(let principal, let role) = stored.place {
            owner = principal
            tensor.place = .part(of: names.newName(principal) ?? principal, role: role)
        }
        guard names.holdsAllExperts(owner), let layer = names.layer(stored.description.name),
            let experts = pruned.kept[AxisPlace(.experts, layer: layer)], let count = pruned.model.sizes[.experts]
        else { return tensor }
        return try cut(tensor, stored, keeping: experts, of: count)
    }

    /// The rows, or whole matrices of blocks, of the experts that stay.
    private func cut(
        _ tensor: RewrittenTensor, _ stored: StoredTensor, keeping experts: [Int], of count: Int
    ) throws -> RewrittenTensor {
        let shape = stored.description.shape.dimensions
        let byteCount = stored.description.byteRange.count
        guard shape.first == count, byteCount % count == 0, stored.description.arrangement == .contiguous else {
            throw FormatError(
                .unsupported, "its shape is \(shape), so that no \(count) experts lie one behind the other in it",
                tensor: stored.description.name,
                remedy: "Prune the model that it was made of, and convert the result")
        }
        var cut = tensor
        cut.shape = [experts.count] + shape.dropFirst()
        let store = registry.store
        cut.content = .copied { StoredSlices(stored, byteCount: byteCount / count, places: experts, store: store) }
        if case .principal(var form) = tensor.place, form.shape.dimensions.first == count,
            let shape = Shape([experts.count] + form.shape.dimensions.dropFirst())
        {
            form.shape = shape
            cut.place = .principal(form)
        }
        return cut
    }

    // MARK: Files

    private func folderPlan(_ pruned: PrunedModel) throws -> (RewritePlan, JSONValue?) {
        let names = StoredNames(pruned, isGGUF: false)
        guard let object = parent.artifact.config?.objectValue else { return (try plan(pruned, nil, []), nil) }
        let config = names.renumbered(
            .object(try pruned.model.config(object, cut: pruned.sizes.sizes, layers: pruned.kept.layers)))
        let files = source.companions.filter { $0.role != "index" || $0.path.contains("/") }.map { file in
            file.path == "config.json"
                ? ExportPlan.File(path: file.path, content: .made(Array((config.text(.indented) + "\n").utf8)))
                : ExportPlan.File(path: file.path, content: .copy(file))
        }
        return (try plan(pruned, config, files), config)
    }

    private func plan(
        _ pruned: PrunedModel, _ config: JSONValue?, _ files: [ExportPlan.File]
    ) throws -> RewritePlan {
        try RewritePlan(
            [parent], kind: .pruned, recipe: settings.recipe, tensors: try tensors(pruned),
            companions: files.filter { $0.path != PrunedModel.recordName } + [pruned.recordFile], config: config,
            scheme: parent.artifact.record.scheme)
    }

    /// Refuses layers that would attend otherwise: in GGUF, a layer's number tells whether it attends to all tokens.
    private func checkKinds(_ pruned: PrunedModel) throws(FormatError) {
        let kinds = pruned.source.config?["layer_types"]?.arrayValue ?? []
        let layers = pruned.kept.layers
        guard kinds.count == pruned.model.layerCount,
            let place = layers.indices.first(where: { kinds[layers[$0]] != kinds[$0] })
        else { return }
        throw FormatError(
            .refused,
            "layer \(layers[place]) would become layer \(place), and attend as that one does: GGUF has no key for "
                + "which layers attend to all tokens", file: source.weightsPaths.first,
            remedy: "Cut whole periods of layers, or export the model as safetensors and prune that")
    }

    private func ggufPlan(_ pruned: PrunedModel) throws -> (RewritePlan, JSONValue?) {
        guard case .gguf(var metadata) = source.convention, let architecture = metadata.architecture else {
            return try folderPlan(pruned)
        }
        try checkKinds(pruned)
        let tensors = try tensors(pruned)
        metadata.cut(architecture, layers: pruned.kept.layers, of: pruned.model.layerCount)
        if let experts = pruned.sizes.sizes[.experts] {
            metadata["\(architecture).expert_count"] = .uint32(UInt32(experts))
        }
        let layout = try GGUFLayout(
            metadata: metadata, tensors: tensors.map { (name: $0.name, type: $0.type, shape: $0.shape) })
        var facts = parent.artifact.record.facts
        facts.layerCount = pruned.kept.layers.count
        let path = source.weightsPaths.count == 1 ? source.weightsPaths[0] : "model.gguf"
        let files = source.companions.map { ExportPlan.File(path: $0.path, content: .copy($0)) }
        let plan = RewritePlan(
            [parent], kind: .pruned, recipe: settings.recipe, tensors: tensors,
            weights: [.init(path: path, layout: layout)],
            companions: files.filter { $0.path != PrunedModel.recordName } + [pruned.recordFile], facts: facts,
            scheme: parent.artifact.record.scheme, format: GGUF.name,
            tiesWordEmbeddings: parent.artifact.tiesWordEmbeddings)
        return (plan, try pruned.config())
    }
}

extension GGUFMetadata {
    /// Says how many layers are left, and keeps their items of the lists that have one for each.
    fileprivate mutating func cut(_ architecture: String, layers: [Int], of count: Int) {
        self["\(architecture).block_count"] = .uint32(UInt32(layers.count))
        if let dense = self["\(architecture).leading_dense_block_count"]?.integer {
            self["\(architecture).leading_dense_block_count"] = .uint32(UInt32(layers.count { $0 < dense }))
        }
        for entry in entries where entry.key.hasPrefix("split.") { self[entry.key] = nil }
        for entry in entries where entry.key.hasPrefix(architecture + ".") {
            guard let array = entry.value.array, array.count == count, let integers = array.integers else { continue }
            self[entry.key] = .array(GGUFArray(int32: layers.map { Int32(clamping: integers[$0]) }))
        }
    }
}
