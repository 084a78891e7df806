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
        let presets = try request.schemes.isEmpty ? VariantForms.usual : request.schemes.map { try Preset(named: $0) }
        var forms = try VariantForms(model, in: registry)
        let all = [forms.original()] + (try presets.map { try forms.form($0) })
        var choice = VariantChoice(
            model: model, memory: memory, maxError: request.maxError, batch: request.target.batch)
        for order in orders { for form in all { try choice.add(form, order) } }
        let candidates = try choice.candidates()
        let isEmpty = !candidates.contains { $0.outcome == "front" }
        let advice = isEmpty ? try choice.advice(candidates, target: request.target) : ([], [])
        var notes = model.notes + request.target.parallelism.notes(model.shape)
        if candidates.contains(where: { $0.relRmseEvidence == Evidence.estimate.rawValue }) {
            notes.append(
                "errors marked as estimates were not measured of this model: convert it to learn the true ones")
        }
        return VariantsPlanReport(
            model: model.report, contexts: contexts, batch: request.target.batch, cache: request.cache,
            tensor: request.target.tensor, memoryBytes: memory, maxError: request.maxError, candidates: candidates,
            advice: advice.0, figures: advice.1, notes: notes)
    }
}
