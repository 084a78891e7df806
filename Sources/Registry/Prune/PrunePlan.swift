import Architectures
import Bytes
import Catalog
import Formats
import Planner
import Tensors
import Tokenizers
import Transforms

/// A cut before the work: what is written, and what becomes of the model's sizes.
struct PrunePlan: Sendable {
    var plan: RewritePlan
    var axes: [PruneSizes.Axis]
    var layers: [Int]
    var layerCountBefore: Int
    var groups: [PruneSizes.Group]
    var tensors: [PruneSizes.Tensor]
    var config: JSONValue?
    var configBefore: JSONValue?
}

extension ModelRegistry {
    /// What a cut of an artifact would write: its weights are ranked for it.
    /// - Throws: `FormatError` that names the tensor or the option, and what to write instead.
    func prunePlan(
        _ order: PruneOrder, of parent: RewriteParent, threadCount: Int?, progress: ProgressHandler?
    ) async throws -> PrunePlan {
        try order.checkFiles()
        do {
            let stored = try StoredPruning(parent, order, registry: self)
            if let stored { return try await stored.plan(threadCount: threadCount, progress: progress) }
            return try await densePrunePlan(order, of: parent, threadCount: threadCount, progress: progress)
        } catch let error as FormatError { throw error.within(file: parent.name) }
    }

    private func densePrunePlan(
        _ order: PruneOrder, of parent: RewriteParent, threadCount: Int?, progress: ProgressHandler?
    ) async throws -> PrunePlan {
        let source = try RewriteSource(parent.artifact, name: parent.name, in: self)
        guard let config = source.config else {
            throw RegistryError(
                "\(parent.name) has no config.json, so that nothing tells which of its tensors belong together",
                remedy: "Register the model's folder with its config.json")
        }
        let model = try ModelAxes(config: config, tensors: source.tensors.map { ($0.name, $0.mapping.shape) })
        let sizes = try PrunedSizes(order.settings, model)
        try PruneChecks(source: source, model: model, sizes: sizes, settings: order.settings).check()
        let vocabulary = try PruneVocabulary(source: source, model: model).cut(order)
        let selection = PruneSelection(sizes, model)
        let scoring = PruneScoring(source: source, model: model, order: order, selection: selection)
        let scores = try await scoring.scores(threadCount: threadCount, parent.name, progress: progress)
        var kept = try selection.kept(by: scores)
        if let vocabulary { kept[AxisPlace(.vocabulary)] = vocabulary.kept }
        let pruned = PrunedModel(
            source: source, model: model, order: order, sizes: sizes, kept: kept, scores: scores, vocabulary: vocabulary
        )
        let newConfig = try pruned.config()
        var plan = try RewritePlan(
            [parent], kind: .pruned, recipe: order.settings.recipe, tensors: try pruned.tensors(),
            companions: try pruned.companions(newConfig), config: newConfig)
        plan.notes = source.notes + pruned.companionNotes + sizes.notes(model, isGGUF: false)
        return PrunePlan(pruned, plan, newConfig)
    }
}

extension PrunePlan {
    init(_ pruned: PrunedModel, _ plan: RewritePlan, _ config: JSONValue?) {
        self.plan = plan
        var axes = ModelAxis.allCases.compactMap { axis in
            pruned.sizes.sizes[axis].flatMap { after in
                pruned.model.sizes[axis].map { PruneSizes.Axis(axis: axis.word, before: $0, after: after) }
            }
        }
        if let vocabulary = pruned.vocabulary, let before = pruned.model.sizes[.vocabulary] {
            axes.append(.init(axis: ModelAxis.vocabulary.word, before: before, after: vocabulary.kept.count))
        }
        self.axes = axes
        layers = pruned.kept.layers
        layerCountBefore = pruned.model.layerCount
        groups = PruneGroups.groups(pruned.kept, pruned.scores, pruned.order.settings.importance)
        tensors = pruned.model.tensors.compactMap { tensor in
            guard let name = pruned.newName(tensor), pruned.kept.cuts(tensor) else { return nil }
            return .init(name: name, before: tensor.shape, after: pruned.kept.shape(of: tensor))
        }
        self.config = config
        configBefore = pruned.source.config
    }

    /// The sizes before and after.
    func sizes(of parent: StoredArtifact, parameters: Int, bytes: Int, weightBytes: Int) -> PruneSizes {
        PruneSizes(
            axes: axes, layers: layers, layerCountBefore: layerCountBefore, parameters: parameters,
            parametersBefore: parent.record.parameterCount, bytes: bytes,
            bytesBefore: parent.record.logicalByteCount, weightBytes: weightBytes,
            weightBytesBefore: parent.record.weightByteCount, flopsPerToken: Self.operations(config),
            flopsPerTokenBefore: Self.operations(configBefore), groups: groups, tensors: tensors)
    }

    /// 2·P_mm, where the formulas know the architecture.
    private static func operations(_ config: JSONValue?) -> Double? {
        guard let config, let shape = try? ModelShape(config: config), let counts = try? ParameterCount(shape) else {
            return nil
        }
        return Compute(shape, matrixParameters: counts.matrix, context: 0).dense
    }
}

/// What must not be cut, found before a number is read.
struct PruneChecks {
    let source: RewriteSource
    let model: ModelAxes
    let sizes: PrunedSizes
    let settings: PruneSettings
    /// What the user calls the cut of hidden channels.
    var option = PruneSettings.Width.hidden.option

    func check() throws(FormatError) {
        try checkForeign()
        try checkTied()
    }

    private func checkForeign() throws(FormatError) {
        guard sizes.sizes[.hidden] != nil, let foreign = model.tensors.first(where: { $0.part == .foreign }) else {
            return
        }
        throw FormatError(
            .refused, "it belongs to another part of the model, which hands over vectors of all hidden channels",
            tensor: foreign.name, remedy: "Leave \(option) out, or register the language model alone")
    }

    /// Where the embedding serves as the matrix of logits, a stored copy must be the same, or one would be cut by the
    /// other's scores.
    private func checkTied() throws(FormatError) {
        guard model.tiesHead, settings.vocabulary != nil || !sizes.sizes.isEmpty else { return }
        let pairs = zip(model.tensors, source.tensors)
        guard let embedding = pairs.first(where: { $0.0.part == .embedding })?.1,
            let head = pairs.first(where: { $0.0.part == .outputHead })?.1,
            let one = source.stored(embedding), let other = source.stored(head), one.digest != other.digest
        else { return }
        throw FormatError(
            .refused,
            "config.json says that it is '\(embedding.name)' (tie_word_embeddings), but its numbers differ, so that "
                + "only one of them would be cut right",
            tensor: head.name, remedy: "Set tie_word_embeddings to false, or remove the tensor, and register that")
    }
}
