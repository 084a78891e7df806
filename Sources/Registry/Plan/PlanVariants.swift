import Bytes
import Planner
import Transforms

extension ModelRegistry {
    /// Which forms of a model fit into a device's memory, which of them are worth making, and what would fit where none
    /// does.
    /// - Parameter registry: the store; nil when there is none, so that the model is a config.json.
    /// - Throws: for sizes that contradict each other, with the fields and their values.
    public static func planVariants(
        _ request: VariantsPlanRequest, in registry: ModelRegistry?
    ) throws -> VariantsPlanReport {
        guard let memory = request.target.memoryBytes else {
            throw RegistryError("there is no limit of memory", remedy: "Give the device's memory with --memory")
        }
        let model = try PlannedModel(request.target.model, in: registry)
        let contexts = request.contexts.isEmpty ? [model.context(request.target.context)] : request.contexts
        let orders = try contexts.map { context in
            try request.target.inferenceOrder(context: context, cache: request.cache, shape: model.shape)
        }
        var collection = try VariantCollection(model, request, in: registry)
        var choice = VariantChoice(
            model: model, memory: memory, maxError: request.maxError, batch: request.target.batch,
            shortensContexts: contexts.count == 1)
        for form in try collection.forms() { for order in orders { try choice.add(form, order) } }
        let candidates = try choice.candidates()
        let isAnswered = candidates.contains { $0.outcome == "front" && contexts.contains($0.context) }
        let advice = isAnswered ? ([], []) : try choice.advice(candidates, target: request.target)
        var notes = model.notes + collection.notes + request.target.parallelism.notes(model.shape)
        if candidates.contains(where: { $0.schemeRelRmseEvidence == Evidence.estimate.rawValue }) {
            notes.append(
                "errors marked as estimates were not measured of this model: convert it to learn the true ones")
        }
        if candidates.contains(where: { $0.outcome == "quality unknown" && $0.results.isEmpty }) {
            notes.append(
                "what a cut does to a model is unknown until it is measured: prune it, evaluate the result, and record "
                    + "that with 'ingot results'")
        }
        return VariantsPlanReport(
            model: model.report, contexts: contexts, batch: request.target.batch, cache: request.cache,
            tensor: request.target.tensor, memoryBytes: memory, maxError: request.maxError, candidates: candidates,
            advice: advice.0, figures: advice.1, notes: notes)
    }
}

/// Which forms of a model are weighed: the model and its cuts, each as it is and in every scheme.
private struct VariantCollection {
    private let model: PlannedModel
    private let request: VariantsPlanRequest
    private let registry: ModelRegistry?
    private var variants: VariantForms
    private(set) var notes: [String] = []

    init(_ model: PlannedModel, _ request: VariantsPlanRequest, in registry: ModelRegistry?) throws {
        self.model = model
        self.request = request
        self.registry = registry
        variants = try VariantForms(model, in: registry)
    }

    /// The whole model's forms first.
    mutating func forms() throws -> [VariantForm] {
        let cuts = try cuts()
        let names = request.schemes
        let presets = try names.isEmpty ? VariantForms.usual : names.map { try Preset(named: $0) }
        var forms = [variants.original()]
        for preset in presets { forms.append(try variants.form(preset)) }
        let unbeaten = forms.unbeatenSchemes
        for cut in cuts {
            var all = [variants.form(after: cut)]
            if cut.sketch != nil {
                for preset in presets { all.append(try variants.form(preset, after: cut)) }
            }
            // Unless they were asked for, those that another scheme beats after the same cut are not worth a line, nor
            // are those that cannot be made and would be beaten if they could.
            let kept = all.unbeatenSchemes
            forms += all.filter { form in
                !names.isEmpty || kept.contains(form.scheme) || (form.weights == nil && unbeaten.contains(form.scheme))
            }
        }
        return forms
    }

    /// The cuts that were named, else those of the store and the usual ones, as far as the model allows them.
    private mutating func cuts() throws -> [PlannedCut] {
        let named = try request.cuts.filter { $0 != "none" }.map { text in
            try CutText(parsing: text, multiple: request.multiple).settings
        }
        guard request.cuts.isEmpty || !named.isEmpty else { return [] }
        if let multiple = request.multiple {
            var settings = PruneSettings()
            try settings.setMultiple(multiple)
        }
        if !named.isEmpty {
            let cuttable = try CuttableModel(model, in: registry)
            return try named.map { try cuttable.cut($0) }
        }
        do {
            let cuttable = try CuttableModel(model, in: registry)
            let usual = UsualCuts(model: cuttable.axes).all(
                isQuantized: cuttable.isQuantized, multiple: request.multiple)
            let all = variants.knownCuts + usual.filter { !variants.knownCuts.contains($0) }
            return try all.compactMap { try allowed($0, of: cuttable) }
        } catch let error as FormatError {
            notes.append("no cuts are weighed: \(error.description)")
        } catch let error as RegistryError {
            notes.append("no cuts are weighed: \(error.description)")
        }
        return []
    }

    /// A cut that nobody asked for; nil, with a note, when the model does not allow it.
    private mutating func allowed(_ settings: PruneSettings, of model: CuttableModel) throws -> PlannedCut? {
        do {
            return try model.cut(settings)
        } catch let error where error is FormatError || error is RegistryError || error is PlanError {
            notes.append("'ingot prune \(settings.options)' is not weighed: \(error)")
            return nil
        }
    }
}
