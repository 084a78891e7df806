import Planner

/// The figures of a training plan that hold for all of its rows.
struct TrainingFigures {
    private let model: PlannedModel
    private let request: TrainingPlanRequest
    private let order: TrainingPlan.Order

    init(_ model: PlannedModel, _ request: TrainingPlanRequest, _ order: TrainingPlan.Order) {
        self.model = model
        self.request = request
        self.order = order
    }

    private var spread: Parallelism { order.parallelism }

    func all() throws -> [PlanFigure] {
        try activations() + operations() + messages() + pipeline()
    }

    private func tokens() throws -> Int {
        try (Count(order.context) * Count(order.batch)).value(of: "the tokens of a micro-batch")
    }

    private func activations() throws -> [PlanFigure] {
        guard let shape = model.shape else { return [.unknown("activations of a block", PlannedModel.unknown)] }
        let activations = order.activations(shape), head = order.head(shape)
        let tokens = try tokens()
        let block = try activations.block(tokens: tokens, context: order.context)
        let kept = try activations.block(tokens: tokens, context: order.context, order.recomputation)
        return [
            PlanFigure("activations of a block, 16-bit", block), PlanFigure("kept of a block, 16-bit", kept),
            PlanFigure("head, kept", try head.kept()),
            PlanFigure("head, backward peak", try head.backwardPeak()),
        ]
    }

    private func operations() throws -> [PlanFigure] {
        guard let shape = model.shape, let counts = model.counts else {
            return [.unknown("operations per token", unit: "FLOP/token", PlannedModel.unknown)]
        }
        let compute = Compute(shape, matrixParameters: counts.matrix, context: order.context)
        let needed = compute.training(.none), done = compute.training(order.recomputation)
        var figures = [
            PlanFigure("operations per token", needed), PlanFigure("operations per token, done", done),
            PlanFigure(
                "6·P, to compare",
                Compute.kaplan(parameters: shape.experts == nil ? model.parameters : counts.active)),
        ]
        let devices = try spread.world.value(of: "the number of devices")
        if let speed = request.tokensPerSecond, let peak = request.target.peakOperations {
            for (name, operations) in [("MFU", needed), ("HFU", done)] {
                figures.append(
                    PlanFigure(
                        name,
                        try Compute.utilization(
                            tokensPerSecond: speed, perToken: operations.value, devices: devices, peak: peak)))
            }
        }
        if let tokens = request.tokens, let peak = request.target.peakOperations {
            figures.append(
                PlanFigure(
                    "days",
                    try Compute.days(
                        tokens: tokens, perToken: needed.value, devices: devices, peak: peak,
                        utilization: request.utilization)))
        }
        return figures
    }

    /// What is sent for each step, of one device.
    private func messages() throws -> [PlanFigure] {
        let ranks = try (Count(spread.tensor) * Count(spread.pipeline)).value(of: "the ranks")
        let own = try Count(model.parameters).shared(by: ranks).value(of: "the rank's parameters")
        var figures: [PlanFigure] = []
        if spread.data > 1 {
            for sharding in Sharding.allCases {
                figures.append(
                    PlanFigure(
                        "sent per step, \(sharding.name)",
                        try Communication.elements(
                            sharding, parameters: own, microBatches: spread.microBatches, replicas: spread.data)))
            }
        }
        guard let shape = model.shape else { return figures }
        if spread.tensor > 1 {
            figures.append(
                PlanFigure(
                    "sent per step, tensor parallel",
                    try Communication.tensorElements(
                        shape, layers: shape.layers / spread.pipeline, tokens: try tokens(),
                        microBatches: spread.microBatches, isRecomputed: order.recomputation == .full)))
        }
        if spread.pipeline > 1 {
            figures.append(
                PlanFigure(
                    "sent per step, each boundary of the pipeline",
                    try Communication.pipelineElements(
                        shape, tokens: try tokens(), microBatches: spread.microBatches)))
        }
        return figures
    }

    private func pipeline() -> [PlanFigure] {
        guard spread.pipeline > 1 else { return [] }
        let pipeline = Pipeline(
            stages: spread.pipeline, microBatches: spread.microBatches, chunks: spread.chunks)
        return [
            PlanFigure("idle time", pipeline.idleOfIdeal), PlanFigure("idle time", pipeline.idleOfTotal),
        ]
    }
}
