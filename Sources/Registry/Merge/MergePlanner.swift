import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// Plans a merge of models: which tensors become which, by which weights.
struct MergePlanner {
    let registry: ModelRegistry
    /// Models are named by their digests, as the recipe names them: one that goes by two names is one.
    let settings: MergeSettings
    /// The models by the names that the settings give them.
    private let models: [String: RewriteSource]
    private let main: RewriteSource

    /// - Parameter parents: every model that the settings name, by that name.
    init(_ named: MergeSettings, parents: [String: RewriteParent], in registry: ModelRegistry) throws {
        self.registry = registry
        try MergeFiles.checkTokenizer(of: named)
        var models: [String: RewriteSource] = [:]
        settings = try named.renamingModels { name in
            guard let parent = parents[name] else { throw Self.missing(name) }
            let digest = Self.name(of: parent.artifact)
            if models[digest] == nil {
                models[digest] = try RewriteSource(parent.artifact, name: parent.name, in: registry)
            }
            return digest
        }
        self.models = models
        guard let main = models[settings.mainModel] else { throw Self.missing(settings.mainModel) }
        self.main = main
        try checkDifferent()
    }

    /// What recipes call an artifact.
    private static func name(of artifact: StoredArtifact) -> String { "@\(artifact.record.digest.hex)" }

    /// Names may differ where models do not.
    private func checkDifferent() throws {
        guard settings.method == .slerp, models.count < 2 else { return }
        throw RegistryError(
            "slerp is between two models, and all names in the recipe are those of \(main.name)",
            remedy: "Name another model")
    }

    private static func missing(_ name: String) -> RegistryError {
        RegistryError("the merge names '\(name)', which is no parent of it", remedy: "Report it with the command")
    }

    /// - Parameter parents: the models in any order. The one that gives the configuration comes first in the plan: the
    ///   result's files are cut as its own are.
    func plan(_ parents: [RewriteParent]) throws -> RewritePlan {
        let isMain = { (parent: RewriteParent) in parent.artifact.record.digest == main.artifact.record.digest }
        let parents = parents.filter(isMain) + parents.filter { !isMain($0) }
        try MergeVocabulary(main: main, others: models.values.sorted { $0.name < $1.name }).check()
        let jobs = settings.isStacked ? try stackedJobs() : wholeJobs()
        let tensors = try jobs.map { try tensor($0) }
        let files = MergeFiles(settings: settings, models: models, main: main)
        let config = try files.config(layers: settings.isStacked ? settings.slices.flatMap(Self.layers) : nil)
        var plan = try RewritePlan(
            parents, kind: .merged, recipe: settings.recipe, tensors: tensors, companions: try files.companions(config),
            config: config)
        plan.notes = Array(Set(models.values.flatMap(\.notes))).sorted() + notes(jobs)
        return plan
    }

    private func source(_ name: String) throws -> RewriteSource {
        guard let source = models[name] else { throw Self.missing(name) }
        return source
    }

    /// The model and layer that each layer of a slice has its shape from.
    private static func layers(_ slice: MergeSettings.Slice) -> [(model: String, layer: Int)] {
        guard let first = slice.sources.first, let range = first.layers else { return [] }
        return range.map { (first.model, $0) }
    }

    // MARK: Which tensors

    /// A tensor of the result before it is known how it is made.
    struct Job {
        /// In the result.
        var name: String
        /// Of each source, the name there.
        var names: [String]
        /// Of the base model, the name there.
        var baseName: String
        var slice: MergeSettings.Slice
        /// Where the layer stands in its slice, from 0 to 1.
        var place: Double
    }

    private func wholeJobs() -> [Job] {
        let slice = settings.slices[0]
        let names = main.tensors.map { LayeredName($0.name, family: main.family) }
        let last = names.compactMap(\.layer).max() ?? 0
        return names.map { name in
            Job(
                name: name.text, names: slice.sources.map { _ in name.text }, baseName: name.text, slice: slice,
                place: name.layer.map { last == 0 ? 1 : Double($0) / Double(last) } ?? 0)
        }
    }

    private func stackedJobs() throws -> [Job] {
        var jobs = outsideJobs()
        var next = 0
        for slice in settings.slices {
            let count = slice.sources[0].layers?.count ?? 0
            for offset in 0..<count {
                jobs += try layerJobs(
                    slice, offset, as: next, place: count > 1 ? Double(offset) / Double(count - 1) : 1)
                next += 1
            }
        }
        return jobs
    }

    /// What stands before the layers comes from the first slice's models, what stands behind them from the last one's.
    private func outsideJobs() -> [Job] {
        let (first, last) = (settings.slices[0], settings.slices[settings.slices.count - 1])
        return main.tensors.compactMap { tensor in
            let name = LayeredName(tensor.name, family: main.family)
            guard name.layer == nil else { return nil }
            let role =
                main.family?.role(of: tensor.name)
                ?? TensorRole.guess(
                    name: tensor.name, dimensions: tensor.mapping.shape)
            let slice = role == .embedding ? first : last
            return Job(
                name: tensor.name, names: slice.sources.map { _ in tensor.name }, baseName: tensor.name, slice: slice,
                place: 0)
        }
    }

    private func layerJobs(
        _ slice: MergeSettings.Slice, _ offset: Int, as layer: Int, place: Double
    ) throws -> [Job] {
        let layers = try slice.sources.map { source throws -> Int in
            let model = try self.source(source.model)
            let number = (source.layers?.lowerBound ?? 0) + offset
            guard number < model.layerCount else {
                throw RegistryError(
                    "\(model.name) has \(model.layerCount) layers, and a slice asks for layer \(number)",
                    remedy: "Correct its layer_range; the end is not among the layers")
            }
            return number
        }
        let template = try source(slice.sources[0].model)
        let base = slice.sources.firstIndex { $0.model == settings.baseModel }.map { layers[$0] } ?? layers[0]
        return template.tensors.map { LayeredName($0.name, family: template.family) }
            .filter { $0.layer == layers[0] }
            .map { name in
                Job(
                    name: name.renumbered(layer), names: layers.map(name.renumbered), baseName: name.renumbered(base),
                    slice: slice, place: place)
            }
    }

    // MARK: How each is made

    private func tensor(_ job: Job) throws -> RewrittenTensor {
        let inputs = try zip(job.slice.sources, job.names).map { source, name in
            MergeInput(
                settings: source, model: try self.source(source.model),
                tensor: try tensor(name, in: try self.source(source.model), for: job))
        }
        var base: MergeInput?
        if let name = settings.baseModel, settings.method.needsBase || settings.method == .slerp {
            let model = try source(name)
            base = MergeInput(
                settings: job.slice.sources.first { $0.model == name }
                    ?? MergeSettings.Source(model: name, layers: nil, values: [:]),
                model: model, tensor: try tensor(job.baseName, in: model, for: job))
        }
        let recipe = MergeRecipe(settings: settings, job: job, kernels: registry.kernels)
        try recipe.checkShapes(([base].compactMap(\.self)) + inputs)
        return try recipe.tensor(inputs, base: base)
    }

    private func tensor(_ name: String, in model: RewriteSource, for job: Job) throws -> PlannedTensor {
        if let tensor = model[name] { return tensor }
        let isHead = TensorStorage.isOutputHead(name)
        throw FormatError(
            .refused, "\(model.name) has no tensor of this name, and the other models have", tensor: name,
            remedy: isHead
                ? "Its output is tied to the embedding: merge models of which all or none are tied"
                : "Merge models of one architecture and size")
    }

    /// Tensors of the other models that have no place in the result.
    private func notes(_ jobs: [Job]) -> [String] {
        guard !settings.isStacked else { return [] }
        let names = Set(jobs.map(\.name))
        return models.values.sorted { $0.name < $1.name }.compactMap { model in
            let extra = model.tensors.filter { !names.contains($0.name) }
            guard let first = extra.first else { return nil }
            let more = extra.count > 1 ? " and \(extra.count - 1) more" : ""
            return "\(model.name) has '\(first.name)'\(more), which \(main.name) has not: left out"
        }
    }
}

/// A tensor of one of the models that become one.
struct MergeInput: Sendable {
    let settings: MergeSettings.Source
    let model: RewriteSource
    let tensor: PlannedTensor

    func rows() throws -> any RowSource { try model.rows(of: tensor) }
}

extension RewriteSource {
    /// One more than the greatest number of a layer.
    var layerCount: Int {
        (tensors.compactMap { LayeredName($0.name, family: family).layer }.max() ?? -1) + 1
    }
}
