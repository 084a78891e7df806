/// The memory of inference on one device.
package struct InferencePlan: Equatable, Sendable {
    /// What a model is asked to do.
    package struct Order: Equatable, Sendable {
        /// Tokens of each sequence.
        package var context: Int
        /// Sequences at once.
        package var batch: Int
        package var cache = KVCache.Element.bf16
        package var parallelism = Parallelism()
        /// Tokens of each sequence that one pass over a prompt takes.
        package var chunk = 2048
        /// Tokens of a page of the cache.
        package var page = 1
        /// What the framework takes before any tensor, on the machine that is meant.
        package var reserve = 0

        package init(context: Int, batch: Int) {
            self.context = context
            self.batch = batch
        }

        package func check(_ shape: ModelShape?) throws(PlanError) {
            for (value, field) in [
                (context, "context"), (batch, "batch"), (chunk, "chunk"), (page, "page"),
            ] { _ = try PlanError.count(value, field) }
            guard reserve >= 0 else { throw PlanError("reserve is \(reserve)", remedy: "Give it 0 or more bytes") }
            var spread = parallelism
            spread.microBatches = max(spread.microBatches, spread.pipeline)
            try spread.check(shape)
            guard let shape, shape.style != .llama, shape.positions > 0, context > shape.positions else { return }
            throw PlanError(
                "context is \(context), and the model has learned positions for \(shape.positions) tokens",
                remedy: "Give context \(shape.positions) or less")
        }
    }

    package var weights: ByteFigure
    /// Nil for a model without formulas.
    package var cache: ByteFigure?
    /// Nil for a model without formulas.
    package var working: ByteFigure?
    package var reserve: ByteFigure
    package var total: ByteFigure
    /// What a sequence more takes; nil for a model without formulas.
    package var bytesOfSequence: Int?

    /// - Parameters:
    ///   - weights: of the whole model.
    ///   - shape: nil for a model without formulas.
    package init(weights whole: ByteFigure, shape: ModelShape?, order: Order) throws(PlanError) {
        try order.check(shape)
        let ranks = try (Count(order.parallelism.tensor) * Count(order.parallelism.pipeline)).value(of: "the ranks")
        weights = whole
        if ranks > 1 {
            weights = ByteFigure(
                (whole.byteCount + ranks - 1) / ranks, max(whole.evidence, .estimate), "(\(whole.formula)) / (t·p)")
        }
        reserve = ByteFigure(order.reserve, order.reserve == 0 ? .exact : .measured, "as given")
        var parts = [weights, reserve]
        if let shape {
            let cache = Self.cache(shape, order)
            let held = try Self.held(cache, order, isCached: shape.hasCache)
            let working = try Self.working(shape, order)
            self.cache = held
            self.working = working
            bytesOfSequence = shape.hasCache ? try cache.byteCount(context: order.context, batch: 1).byteCount : nil
            parts += [held, working]
        }
        total = try .sum(parts, shape == nil ? "weights + reserve" : "weights + cache + working + reserve")
    }

    /// The cache of one pipeline rank.
    package static func cache(_ shape: ModelShape, _ order: Order) -> KVCache {
        var cache = KVCache(shape, element: order.cache)
        cache.ranks = order.parallelism.tensor
        cache.page = order.page
        let stages = order.parallelism.pipeline
        cache.layers = (cache.layers + stages - 1) / stages
        cache.windowedLayers /= stages
        return cache
    }

    private static func held(_ cache: KVCache, _ order: Order, isCached: Bool) throws(PlanError) -> ByteFigure {
        guard isCached else { return ByteFigure(0, .exact, "an encoder caches nothing") }
        var held = try cache.byteCount(context: order.context, batch: order.batch)
        // Which layers a stage has is not known, so that windows count for as few as it can have.
        if order.parallelism.pipeline > 1, cache.window != nil { held.evidence = .estimate }
        return held
    }

    /// What a pass over a piece of the prompt holds besides: the residual stream, the wider of attention and MLP, and the
    /// logits of the last token in 16 and 32 bits.
    private static func working(_ shape: ModelShape, _ order: Order) throws(PlanError) -> ByteFigure {
        let ranks = order.parallelism.tensor
        let tokens = Count(min(order.context, order.chunk)) * Count(order.batch)
        let width = shape.experts.map { $0.feedForward * $0.active + $0.sharedFeedForward } ?? shape.feedForward
        let attention = try (4 * Count(shape.queryWidth) + 4 * Count(shape.keyValueWidth)).value(of: "a token's heads")
        let mlp = try (6 * Count(width)).value(of: "a token's MLP")
        let token = 4 * Count(shape.hidden) + Count(max(attention, mlp)).shared(by: ranks)
        let bytes = tokens * token + 6 * Count(order.batch) * Count(shape.vocabulary)
        return try ByteFigure(
            bytes, .estimate,
            "min(s, \(order.chunk))·b·(4h + max(4·a·d + 4·k·d, 6f)\(ranks > 1 ? "/t" : "")) + 6·b·v: a prompt in pieces, "
                + "flash attention")
    }

    /// What an engine may take of a device's memory, with everything that it holds, when it is held to a share of it.
    ///
    /// Source: vLLM, `gpu_memory_utilization` of its cache configuration.
    /// - Throws: `PlanError` for a share that is not above 0 and at most 1.
    package static func usable(_ memory: Int, share: Double) throws(PlanError) -> ByteFigure {
        guard share.isFinite, share > 0, share <= 1 else {
            throw PlanError(
                "memory-utilization is \(share), and must be above 0 and at most 1",
                remedy: "Give the share of the memory that the engine may take, such as 0.9")
        }
        // All of it is told apart, as a Double does not hold every count of 64 bits.
        let bytes = share == 1 ? memory : Int(exactly: (Double(memory) * share).rounded()) ?? memory
        return ByteFigure(bytes, .exact, "memory·utilization")
    }

    /// How many sequences fit besides the weights; nil for a model without cache or formulas.
    /// - Parameter memory: what may be taken of the device.
    package func sequences(in memory: Int) -> Int? {
        guard let bytesOfSequence, bytesOfSequence > 0, let working else { return nil }
        let room = memory - weights.byteCount - working.byteCount - reserve.byteCount
        return max(0, room) / bytesOfSequence
    }
}
