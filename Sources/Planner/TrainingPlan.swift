/// The memory of training on one device, at the peak of a step.
package struct TrainingPlan: Equatable, Sendable {
    /// How a model is trained.
    package struct Order: Equatable, Sendable {
        /// s
        package var context: Int
        /// b
        package var batch: Int
        package var parallelism = Parallelism()
        package var attention = AttentionKind.flash
        package var kernels = BlockKernels.separate
        package var recomputation = Recomputation.none
        /// Tokens of each sequence whose logits the loss has at once; nil for all.
        package var lossChunk: Int?
        package var isSequenceParallel = false
        /// Machines over which the devices are spread: host memory is counted for each.
        package var machines = 1
        /// Whether tensor parallelism may reach across machines, whose links are slow.
        package var crossesMachines = false
        package var buckets: Buckets?
        package var reserve = 0

        package init(context: Int, batch: Int) {
            self.context = context
            self.batch = batch
        }

        package func check(_ shape: ModelShape?, world: Int? = nil) throws(PlanError) {
            for (value, field) in [(context, "context"), (batch, "batch"), (machines, "machines")] {
                _ = try PlanError.count(value, field)
            }
            if let lossChunk { _ = try PlanError.count(lossChunk, "loss-chunk") }
            guard reserve >= 0 else { throw PlanError("reserve is \(reserve)", remedy: "Give it 0 or more bytes") }
            try parallelism.check(shape, world: world)
            if !crossesMachines { try parallelism.checkMachines(machines) }
            try buckets?.check()
            guard let shape, shape.style != .llama, shape.positions > 0, context > shape.positions else { return }
            throw PlanError(
                "context is \(context), and the model has learned positions for \(shape.positions) tokens",
                remedy: "Give context \(shape.positions) or less")
        }
    }

    package var weights: ByteFigure
    package var gradients: ByteFigure
    package var optimizer: ByteFigure
    /// Weights of whole blocks that sharding gathers while they are used.
    package var gathered: ByteFigure
    /// What gradients and weights pass through on their way to other replicas.
    package var buckets: ByteFigure
    /// At the peak, with those of the head; nil where no formula is known.
    package var activations: ByteFigure?
    package var reserve: ByteFigure
    package var total: ByteFigure
    /// Host memory of each machine, with offload.
    package var host: ByteFigure?

    /// - Parameters:
    ///   - shape: nil for a model without formulas.
    ///   - parameters: P, and those of the largest module and block; the latter two 0 where they are not known.
    package init(
        _ recipe: TrainingRecipe, sharding: Sharding, offload: Offload, shape: ModelShape?,
        parameters: (total: Int, largestModule: Int, block: Int), order: Order
    ) throws(PlanError) {
        try order.check(shape)
        try DeepSpeedEstimate.check(sharding, offload)
        let spread = order.parallelism
        let ranks = try (Count(spread.tensor) * Count(spread.pipeline)).value(of: "the ranks")
        let own = try Count(parameters.total).shared(by: ranks).value(of: "the rank's parameters")
        let keeps = spread.microBatches > 1 || spread.data > 1
        let share = try shape.flatMap { shape throws(PlanError) -> Int? in
            let tensors = try ShardedTensors(shape, replicas: spread.data)
            return try tensors.total == own && ranks == 1 ? tensors.largest : nil
        }
        let states = try TrainingStates(
            keeps ? recipe.keepingGradients() : recipe, parameters: own, sharding: sharding, replicas: spread.data,
            largestShare: share)
        let estimate = try Self.offloaded(
            recipe, sharding, offload, own, (parameters.largestModule + spread.tensor - 1) / spread.tensor, order)
        let moved = ByteFigure(0, .published, "on the host")
        weights = estimate?.device ?? states.weights
        gradients = estimate == nil ? states.gradients : moved
        optimizer = estimate == nil ? states.optimizer : moved
        gathered =
            estimate == nil
            ? try Self.gathered(recipe, sharding, block: parameters.block, order)
            : ByteFigure(0, .published, "counted with the weights")
        buckets = try Self.buckets(recipe, sharding, parameters: own, order)
        host = try estimate.map { estimate throws(PlanError) in
            guard ranks > 1 else { return estimate.host }
            // A machine's memory holds the parts of all model-parallel ranks.
            return try ByteFigure(
                Count(estimate.host.byteCount) * Count(ranks), .estimate, "t·p·(\(estimate.host.formula))")
        }
        reserve = ByteFigure(order.reserve, order.reserve == 0 ? .exact : .measured, "as given")
        activations = nil
        if let shape { activations = try Self.activations(shape, recipe, order) }
        let parts = [weights, gradients, optimizer, gathered, buckets, reserve] + (activations.map { [$0] } ?? [])
        total = try .sum(parts, "the sum" + (activations == nil ? " without activations" : ""))
    }

    private static func gathered(
        _ recipe: TrainingRecipe, _ sharding: Sharding, block: Int, _ order: Order
    ) throws(PlanError) -> ByteFigure {
        let spread = order.parallelism
        guard sharding == .weights, spread.data > 1 else { return ByteFigure(0, .exact, "nothing is gathered") }
        if order.buckets != nil { return ByteFigure(0, .published, "counted with the buckets") }
        let units = recipe.weights * (2 * Count(block).shared(by: spread.tensor))
        return try ByteFigure(units, .estimate, "two blocks: the current one and the next")
    }

    private static func buckets(
        _ recipe: TrainingRecipe, _ sharding: Sharding, parameters: Int, _ order: Order
    ) throws(PlanError) -> ByteFigure {
        guard let buckets = order.buckets, order.parallelism.data > 1 else {
            return ByteFigure(0, .exact, "no buckets were asked for")
        }
        return try buckets.figure(recipe, sharding, parameters: parameters)
    }

    /// DeepSpeed's estimate for offload; nil without.
    private static func offloaded(
        _ recipe: TrainingRecipe, _ sharding: Sharding, _ offload: Offload, _ parameters: Int, _ largest: Int,
        _ order: Order
    ) throws(PlanError) -> DeepSpeedEstimate? {
        guard offload != .none else { return nil }
        guard recipe.name == "mixed" else {
            throw PlanError(
                "offload is known for the recipe 'mixed', not for '\(recipe.name)'",
                remedy: "Use --recipe mixed, or leave offload out")
        }
        return try DeepSpeedEstimate(
            parameters: parameters, largestModule: largest, sharding: sharding, offload: offload,
            devices: order.parallelism.data, machines: min(order.machines, order.parallelism.data))
    }
}

extension TrainingPlan.Order {
    /// What blocks keep, in 16 bits.
    package func activations(_ shape: ModelShape) -> Activations {
        var activations = Activations(shape)
        activations.attention = attention
        activations.kernels = kernels
        activations.ranks = parallelism.tensor
        activations.isSequenceParallel = isSequenceParallel
        return activations
    }

    /// What logits and loss take.
    package func head(_ shape: ModelShape) -> HeadMemory {
        var head = HeadMemory(shape, context: context, batch: batch)
        head.lossChunk = lossChunk
        head.ranks = parallelism.tensor
        return head
    }
}

extension TrainingPlan {
    /// The most that a pipeline stage holds: the first has the most micro-batches in flight, the last has the head.
    static func activations(
        _ shape: ModelShape, _ recipe: TrainingRecipe, _ order: Order
    ) throws(PlanError) -> ByteFigure {
        let spread = order.parallelism
        var activations = order.activations(shape)
        activations.elementBytes = recipe.activationBytes
        activations.isAutocast = recipe.isAutocast
        let tokens = try (Count(order.context) * Count(order.batch)).value(of: "the tokens of a micro-batch")
        let layers = shape.layers / spread.pipeline
        let kept = try activations.blocks(
            layers, as: spread.pipeline == 1 ? "L" : "L/p·in flight", tokens: tokens, context: order.context,
            order.recomputation)
        let whole = try activations.largestBlock(tokens: tokens, context: order.context)
        let head = try order.head(shape).backwardPeak()
        let pipeline = Pipeline(
            stages: spread.pipeline, microBatches: spread.microBatches, chunks: spread.chunks)
        let stages = try [0, spread.pipeline - 1].map { stage throws(PlanError) in
            let inFlight = spread.pipeline == 1 ? 1 : pipeline.inFlight(stage: stage)
            let stored = inFlight * Count(kept.byteCount)
            let isLast = stage == spread.pipeline - 1
            let atHead = isLast ? head.byteCount : 0
            let again = order.recomputation == .full ? max(whole.byteCount, atHead) : atHead
            return try (stored + Count(again)).value(of: "the activations")
        }
        let isFirst = spread.pipeline > 1 && stages[0] >= stages[1]
        let evidence = max(kept.evidence, isFirst ? .exact : head.evidence, spread.pipeline > 1 ? .published : .exact)
        return ByteFigure(
            max(stages[0], stages[1]), evidence,
            formula(kept, head, order.recomputation, stage: spread.pipeline == 1 ? nil : isFirst ? "first" : "last"))
    }

    private static func formula(
        _ kept: ByteFigure, _ head: ByteFigure, _ recomputation: Recomputation, stage: String?
    ) -> String {
        let place = stage.map { ", on the \($0) stage" } ?? ""
        if stage == "first", recomputation != .full { return kept.formula + place }
        let rest = recomputation == .full ? "max(a block's, \(head.formula))" : head.formula
        return "\(kept.formula) + \(rest)\(place)"
    }
}
