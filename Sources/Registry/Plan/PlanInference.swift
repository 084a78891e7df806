import Catalog
import Planner
import Tensors
import Transforms

extension ModelRegistry {
    /// What running a model takes: weights, cache and working memory of each device.
    /// - Parameter registry: the store; nil when there is none, so that the model is a config.json.
    /// - Throws: for sizes that contradict each other, with the fields and their values.
    public static func planInference(
        _ request: InferencePlanRequest, in registry: ModelRegistry?
    ) throws -> InferencePlanReport {
        let target = request.target
        let model = try PlannedModel(target.model, in: registry)
        let order = try target.inferenceOrder(
            context: model.context(target.context), cache: request.cache, chunk: request.chunk, page: request.page,
            shape: model.shape)
        let latency = try request.bandwidth.map { try Latency(bandwidth: $0, peak: target.peakOperations) }
        let forms = try weightForms(request.forms, of: model, in: registry)
        let usable = try usable(request)
        let rows = try forms.map { form in
            try row(form, model, order, latency, memory: usable?.byteCount)
        }
        var notes = model.notes + target.parallelism.notes(model.shape) + forms.compactMap(\.note)
        if target.reserveBytes == 0 {
            notes.append("nothing is counted for the framework itself; give what it takes on the device with --reserve")
        }
        return InferencePlanReport(
            model: model.report, context: order.context, batch: target.batch, cache: request.cache,
            tensor: target.tensor, pipeline: target.pipeline, memoryBytes: target.memoryBytes,
            memoryUtilization: request.memoryUtilization, rows: rows,
            figures: memory(usable, request) + (try figures(model, order, target)) + limits(rows), notes: notes)
    }

    /// What may be taken of each device; nil without a limit. A share that is none is refused in any case.
    private static func usable(_ request: InferencePlanRequest) throws -> ByteFigure? {
        let share = request.memoryUtilization
        guard let memory = request.target.memoryBytes else {
            _ = try InferencePlan.usable(1, share: share)
            return nil
        }
        return try InferencePlan.usable(memory, share: share)
    }

    /// What may be taken, where that is not all.
    private static func memory(_ usable: ByteFigure?, _ request: InferencePlanRequest) -> [PlanFigure] {
        guard let usable, request.memoryUtilization < 1 else { return [] }
        return [PlanFigure("memory that may be taken", usable)]
    }

    /// The limits that rows are held against.
    private static func limits(_ rows: [PlanRow]) -> [PlanFigure] {
        guard rows.contains(where: { $0.mlperfLimits != nil }) else { return [] }
        return [
            PlanFigure("limit of the first token", LatencyLimits.mlperf.firstToken),
            PlanFigure("limit of each further token", LatencyLimits.mlperf.perToken),
        ]
    }

    /// The weights of a model in one form.
    struct WeightForm {
        var name: String
        var description: String
        var weights: ByteFigure
        /// What the user should read of it.
        var note: String?
    }

    private static func weightForms(
        _ names: [String], of model: PlannedModel, in registry: ModelRegistry?
    ) throws -> [WeightForm] {
        if !names.isEmpty { return try names.map { try weightForm(named: $0, of: model, in: registry) } }
        var forms = try ["f32", "bf16"].map { try weightForm(named: $0, of: model, in: registry) }
        if let artifact = model.artifact {
            forms.append(
                WeightForm(
                    name: "as stored", description: artifact.record.scheme,
                    weights: ByteFigure(artifact.record.weightByteCount, .exact, "Σ over the stored tensors")))
        }
        return forms
    }

    /// Plain numbers of all parameters, or what a conversion would make.
    private static func weightForm(
        named name: String, of model: PlannedModel, in registry: ModelRegistry?
    ) throws -> WeightForm {
        let plain: [String: (bytes: Int, words: String)] = [
            "f32": (4, "all weights as F32"), "bf16": (2, "all weights as BF16"), "f16": (2, "all weights as F16"),
        ]
        if let form = plain[name.lowercased()] {
            let bytes = Count(form.bytes) * Count(model.parameters)
            return WeightForm(
                name: name.lowercased(), description: form.words,
                weights: try ByteFigure(bytes, .exact, "\(form.bytes)·P"))
        }
        let preset = try Preset(named: name)
        let forecast = try forecast(preset, of: model, model.sketch(), in: registry)
        return WeightForm(
            name: preset.name, description: preset.description,
            weights: ByteFigure(forecast.byteCount, .exact, "Σ over tensors, as a conversion stores them"),
            note: forecast.replaced.map { "\(preset.name): \($0)" })
    }

    /// What a conversion would make of a model.
    /// - Parameter sketch: the model's tensors, where only config.json tells of them.
    static func forecast(
        _ preset: Preset, of model: PlannedModel, _ sketch: SketchedModel?, in registry: ModelRegistry?
    ) throws -> SchemeForecast {
        if let registry, model.artifact != nil {
            return try SchemeForecast(preset.name, for: model.name, in: registry)
        }
        guard let sketch else {
            throw RegistryError(
                "the bytes of \(preset.name) are not known for \(model.name)", remedy: "Register the model's weights")
        }
        return try SchemeForecast(preset, of: sketch, kernels: registry?.kernels ?? Kernels())
    }

    private static func row(
        _ form: WeightForm, _ model: PlannedModel, _ order: InferencePlan.Order, _ latency: Latency?, memory: Int?
    ) throws -> PlanRow {
        let plan = try InferencePlan(weights: form.weights, shape: model.shape, order: order)
        let times = latency.flatMap { PlannedTimes(plan, model, order, $0) }
        return PlanRow(
            name: form.name, description: form.description, sharding: nil, offload: nil,
            figures: [
                PlanFigure("weights", plan.weights), .optional("cache", plan.cache, PlannedModel.unknown),
                .optional("working", plan.working, PlannedModel.unknown), PlanFigure("reserve", plan.reserve),
                PlanFigure("total", plan.total),
            ], verdict: try memory.map { try Verdict(plan.total.byteCount, of: $0).rawValue },
            sequences: memory.flatMap { plan.sequences(in: $0) },
            prefillSeconds: times?.prefillSeconds, decodeSeconds: times?.decodeSeconds,
            mlperfLimits: times.map { times in
                LatencyLimits.mlperf.outcome(firstToken: times.promptSeconds, perToken: times.decodeSeconds).rawValue
            })
    }

    private static func figures(
        _ model: PlannedModel, _ order: InferencePlan.Order, _ target: PlanTarget
    ) throws -> [PlanFigure] {
        guard let shape = model.shape, let counts = model.counts else {
            return [
                .unknown("cache per token", PlannedModel.unknown),
                .unknown("operations per token", unit: "FLOP/token", PlannedModel.unknown),
            ]
        }
        let compute = Compute(shape, matrixParameters: counts.matrix, context: order.context)
        var figures: [PlanFigure] = []
        if shape.hasCache {
            figures.append(PlanFigure("cache per token", try InferencePlan.cache(shape, order).byteCountOfToken()))
        }
        figures.append(PlanFigure("operations per token", compute.forward))
        figures.append(PlanFigure("operations per token, causal average", compute.causalForward))
        if target.tensor > 1 {
            figures.append(
                PlanFigure(
                    "all-reduced per decoding step",
                    try Communication.decodeElements(shape, batch: order.batch)))
        }
        if let peak = target.peakOperations {
            let operations = compute.causalForward.value * Double(order.context) * Double(order.batch)
            let devices = Double(target.tensor) * Double(target.pipeline)
            figures.append(
                PlanFigure(
                    "prefill", NumberFigure(operations / devices / peak, "s", .estimate, "≥ FLOP/(t·p·peak)")))
        }
        return figures
    }
}
