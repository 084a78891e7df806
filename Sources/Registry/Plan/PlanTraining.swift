import Planner

extension ModelRegistry {
    /// What training a model takes: weights, gradients, optimizer and activations of each device.
    /// - Parameter registry: the store; nil when there is none, so that the model is a config.json.
    /// - Throws: for sizes that contradict each other, with the fields and their values.
    public static func planTraining(
        _ request: TrainingPlanRequest, in registry: ModelRegistry?
    ) throws -> TrainingPlanReport {
        let target = request.target
        let model = try PlannedModel(target.model, in: registry)
        try target.checkLimits()
        let order = try request.order(context: model.context(target.context))
        try order.check(model.shape, world: target.world)
        let rows = try request.combinations().map { combination in
            try row(combination, model, order, memory: target.memoryBytes)
        }
        var notes = model.notes + target.parallelism.notes(model.shape)
        if model.shape?.experts != nil {
            notes.append("activations of blocks with experts are derived, and nobody measured them: docs/planning.md")
        }
        if target.reserveBytes == 0 {
            notes.append("nothing is counted for the framework itself; give what it takes on the device with --reserve")
        }
        return TrainingPlanReport(
            model: model.report, context: order.context, batch: target.batch, microBatches: request.microBatches,
            data: target.data, tensor: target.tensor, pipeline: target.pipeline, chunks: request.chunks,
            recomputation: request.recomputation, attention: request.attention, kernels: request.kernels,
            lossChunk: request.lossChunk, memoryBytes: target.memoryBytes,
            rows: rows, figures: try TrainingFigures(model, request, order).all(), notes: notes)
    }

    private static func row(
        _ combination: TrainingPlanRequest.Combination, _ model: PlannedModel, _ order: TrainingPlan.Order, memory: Int?
    ) throws -> PlanRow {
        let recipe = combination.recipe
        let plan = try TrainingPlan(
            recipe, sharding: combination.sharding, offload: combination.offload, shape: model.shape,
            parameters: (model.parameters, model.counts?.largestModule ?? 0, model.counts?.block ?? 0), order: order)
        var figures = [
            PlanFigure("weights", plan.weights), PlanFigure("gradients", plan.gradients),
            PlanFigure("optimizer", plan.optimizer), PlanFigure("gathered", plan.gathered),
            PlanFigure("buckets", plan.buckets),
            .optional("activations", plan.activations, PlannedModel.unknown), PlanFigure("reserve", plan.reserve),
            PlanFigure("total", plan.total),
        ]
        if let host = plan.host { figures.append(PlanFigure("host", host)) }
        return PlanRow(
            name: recipe.name, description: recipe.description, sharding: combination.sharding.name,
            offload: combination.offload.rawValue, figures: figures,
            verdict: try memory.map { try Verdict(plan.total.byteCount, of: $0).rawValue }, sequences: nil,
            prefillSeconds: nil, decodeSeconds: nil, mlperfLimits: nil)
    }
}

extension TrainingPlanRequest {
    /// One row of the plan.
    struct Combination {
        var recipe: TrainingRecipe
        var sharding: Sharding
        var offload: Offload
    }

    /// What the formulas need to know.
    func order(context: Int) throws -> TrainingPlan.Order {
        var order = TrainingPlan.Order(context: context, batch: target.batch)
        order.parallelism = target.parallelism
        order.parallelism.microBatches = microBatches
        order.parallelism.chunks = chunks
        order.attention = try Self.choice(attention, "attention")
        order.kernels = try Self.choice(kernels, "kernels")
        order.lossChunk = lossChunk
        order.recomputation = try Self.choice(recomputation, "recompute")
        order.isSequenceParallel = isSequenceParallel
        order.machines = machines
        order.crossesMachines = crossesMachines
        order.buckets = bucketElements.map { Buckets(reduce: $0, allGather: $0, live: Buckets.usual.live) }
        order.reserve = target.reserveBytes
        return order
    }

    /// The rows: every recipe with every stage that makes a difference, and offload where it is known.
    func combinations() throws -> [Combination] {
        let names = recipes.isEmpty ? ["fp32", "amp", "bf16", "mixed"] : recipes
        let asked: Offload? = try offload.map { try Self.choice($0, "offload") }
        let stages = try self.stages.map { number in
            guard let stage = Sharding(rawValue: number) else {
                throw RegistryError("there is no ZeRO stage \(number)", remedy: "Choose 0, 1, 2 or 3 with --zero")
            }
            return stage
        }
        return try names.flatMap { name in
            let recipe = try TrainingRecipe(named: name)
            return try Self.rows(recipe, stages, asked, replicas: target.data)
        }
    }

    private static func rows(
        _ recipe: TrainingRecipe, _ stages: [Sharding], _ asked: Offload?, replicas: Int
    ) throws -> [Combination] {
        let usual: [Sharding] = replicas > 1 ? Sharding.allCases : [.none]
        if let asked {
            let able: [Sharding] = asked == .all ? [.weights] : [.gradients, .weights]
            let chosen = stages.isEmpty ? (asked == .none ? usual : able) : stages
            for stage in chosen { try DeepSpeedEstimate.check(stage, asked) }
            return chosen.map { Combination(recipe: recipe, sharding: $0, offload: asked) }
        }
        let chosen = stages.isEmpty ? usual : stages
        let plain = chosen.map { Combination(recipe: recipe, sharding: $0, offload: .none) }
        // The published figures of offload are those of this recipe.
        guard recipe.name == "mixed" else { return plain }
        let pairs: [(Sharding, Offload)] = [(.gradients, .optimizer), (.weights, .optimizer), (.weights, .all)]
        return plain
            + pairs.filter { stages.isEmpty || stages.contains($0.0) }
            .map { Combination(recipe: recipe, sharding: $0.0, offload: $0.1) }
    }

    private static func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ field: String
    ) throws -> Value {
        guard let value = Value(rawValue: text) else {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw RegistryError("'\(text)' is no value of \(field)", remedy: "Choose one of \(known)")
        }
        return value
    }
}
