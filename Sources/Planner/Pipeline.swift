/// What a pipeline of p stages wastes and holds, over m micro-batches, with V chunks of the model a stage.
///
/// Source: Narayanan et al., arXiv 2104.04473, section 2.2.
package struct Pipeline: Equatable, Sendable {
    package let stages: Int
    package let microBatches: Int
    package let chunks: Int

    package init(stages: Int, microBatches: Int, chunks: Int = 1) {
        precondition(stages > 0 && microBatches > 0 && chunks > 0, "a pipeline needs stages, batches and chunks")
        self.stages = stages
        self.microBatches = microBatches
        self.chunks = chunks
    }

    /// Idle time ÷ ideal time.
    package var idleOfIdeal: NumberFigure {
        NumberFigure(
            Double(stages - 1) / (Double(chunks) * Double(microBatches)), "of the ideal time", .published,
            "(p - 1)/(V·m)")
    }

    /// Idle time ÷ total time.
    package var idleOfTotal: NumberFigure {
        let idle = Double(stages - 1)
        return NumberFigure(
            idle / (Double(chunks) * Double(microBatches) + idle), "of the total time", .published,
            "(p - 1)/(V·m + p - 1)")
    }

    /// Micro-batches whose activations a stage (from 0) holds at once, under one forward, one backward.
    package func inFlight(stage: Int) -> Ratio {
        let held = min(microBatches, stages - stage)
        guard chunks > 1, stage == 0 else { return Ratio(held, over: 1) }
        // Interleaving holds 1 + (p - 1)/(p·V) as much on the first stage.
        return Ratio(held * (stages * chunks + stages - 1), over: stages * chunks)
    }

    /// The same under GPipe: all.
    package var inFlightOfGPipe: Int { microBatches }
}
