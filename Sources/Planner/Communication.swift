/// What a device sends for one optimizer step.
package enum Communication {
    /// Elements of gradients and weights that replicas exchange, with Ψ parameters a rank and A micro-batches.
    ///
    /// Source: Rajbhandari et al., arXiv 1910.02054, section 7.
    package static func elements(
        _ sharding: Sharding, parameters: Int, microBatches: Int, replicas: Int
    ) throws(PlanError) -> NumberFigure {
        guard replicas > 1 else { return NumberFigure(0, "elements", .exact, "nothing to share") }
        let count = Count(parameters)
        let (elements, formula): (Count, String) =
            switch sharding {
            case .none, .optimizer: (2 * count, "2Ψ")
            case .gradients: (count * Count(microBatches) + count, "(A + 1)Ψ")
            case .weights: (3 * Count(microBatches) * count, "3A·Ψ")
            }
        return NumberFigure(
            Double(try elements.value(of: "the elements sent")), "elements", .published, formula)
    }

    /// Elements of activations that tensor parallelism all-reduces: 4 of b·s·h for each block and micro-batch, 6 with full
    /// recomputation.
    ///
    /// Source: Shoeybi et al., arXiv 1909.08053, section 3.
    package static func tensorElements(
        _ shape: ModelShape, layers: Int, tokens: Int, microBatches: Int, isRecomputed: Bool
    ) throws(PlanError) -> NumberFigure {
        let times = isRecomputed ? 6 : 4
        let block = Count(tokens) * Count(shape.hidden)
        let elements = Count(times) * Count(layers) * block * Count(microBatches)
        return NumberFigure(
            Double(try elements.value(of: "the elements all-reduced")), "elements", .published,
            "\(times)·L/p·b·s·h·m, all-reduced")
    }

    /// Elements that tensor parallelism all-reduces in a step of decoding: two of b·h in each block. At batch 1 their
    /// number counts, and not their size.
    package static func decodeElements(_ shape: ModelShape, batch: Int) throws(PlanError) -> NumberFigure {
        let elements = 2 * Count(shape.layers) * Count(batch) * Count(shape.hidden)
        return NumberFigure(
            Double(try elements.value(of: "the elements all-reduced")), "elements", .published,
            "2·L·b·h, in 2·L all-reduces")
    }

    /// Elements that cross one boundary of a pipeline, forward and backward.
    package static func pipelineElements(
        _ shape: ModelShape, tokens: Int, microBatches: Int
    ) throws(PlanError) -> NumberFigure {
        let elements = 2 * Count(tokens) * Count(shape.hidden) * Count(microBatches)
        return NumberFigure(
            Double(try elements.value(of: "the elements sent between stages")), "elements", .published, "2·b·s·h·m")
    }

    /// What a ring over `ranks` moves of a buffer: (n - 1)/n of it to gather or to scatter, twice that to all-reduce.
    package static func ringShare(ranks: Int, isAllReduce: Bool) -> Double {
        Double(ranks - 1) / Double(ranks) * (isAllReduce ? 2 : 1)
    }

    /// An estimate of the time: latency for each message, and bytes at what the link really carries.
    package static func seconds(
        bytes: Double, messages: Int, latency: Double, bandwidth: Double, efficiency: Double
    ) throws(PlanError) -> NumberFigure {
        let rate = try PlanError.positive(bandwidth, "bandwidth") * PlanError.positive(efficiency, "efficiency")
        return NumberFigure(
            latency * Double(messages) + bytes / rate, "s", .estimate,
            "latency·messages + bytes/(bandwidth·efficiency)")
    }
}
