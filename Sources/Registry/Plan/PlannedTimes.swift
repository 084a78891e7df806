import Planner

/// The least time that a model's steps take on the devices of a plan.
struct PlannedTimes {
    /// Of a pass over the prompts of the batch, after which the first tokens are there.
    let prefillSeconds: Double
    /// Of a pass over one prompt, as of a sequence that begins when the others have begun.
    let promptSeconds: Double
    /// Of one decoding step.
    let decodeSeconds: Double

    /// Of the weights, the matrices' share is read once in each step, and in decoding the caches too. Of experts those of
    /// one token count, the fewest that a batch can go through.
    ///
    /// Nil for a model without formulas, and for one that caches nothing.
    init?(_ plan: InferencePlan, _ model: PlannedModel, _ order: InferencePlan.Order, _ latency: Latency) {
        guard let shape = model.shape, let counts = model.counts, let cache = plan.cache, shape.hasCache else {
            return nil
        }
        let compute = Compute(shape, matrixParameters: counts.matrix, context: order.context)
        let share = min(1, Double(counts.matrix) / Double(max(1, model.parameters)))
        let weights = share * Double(plan.weights.byteCount)
        let tensor = Double(order.parallelism.tensor), stages = Double(order.parallelism.pipeline)
        let step = latency.decode(
            weightByteCount: weights, cacheByteCount: Double(cache.byteCount),
            operations: compute.forward.value * Double(order.batch) / tensor)
        // The stages of a pipeline work one after the other on a token.
        decodeSeconds = step.value * stages
        // They share a prompt's operations, but its last token waits until each has read its weights.
        func prefill(sequences: Double) -> Double {
            let tokens = Double(order.context) * sequences
            return latency.prefill(
                operations: compute.causalForward.value * tokens / (tensor * stages), byteCount: weights * stages
            ).value
        }
        prefillSeconds = prefill(sequences: Double(order.batch))
        promptSeconds = prefill(sequences: 1)
    }
}
