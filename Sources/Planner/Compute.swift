/// Operations that a model takes; a multiplication with an addition counts as two.
package struct Compute: Equatable, Sendable {
    /// Of one token, forward, without attention: 2·P_mm.
    package let dense: Double
    /// Of one token's attention to all of the context: 4·L·a·d·s.
    package let attention: Double
    /// Of one token's projections to queries, keys and values: 2·L·h·(a + 2k)·d.
    private let projections: Double

    package init(_ shape: ModelShape, matrixParameters: Int, context: Int) {
        dense = 2 * Double(matrixParameters)
        let windowed = Double(shape.windowedLayers) * Double(min(context, shape.window ?? context))
        let full = Double(shape.layers - shape.windowedLayers) * Double(context)
        attention = 4 * Double(shape.queryWidth) * (full + windowed)
        let projected = Double(shape.queryWidth) + 2 * Double(shape.keyValueWidth)
        projections = 2 * Double(shape.layers) * Double(shape.hidden) * projected
    }

    /// One token, forward, at the end of the context.
    package var forward: NumberFigure {
        NumberFigure(dense + attention, "FLOP/token", .exact, "2·P_mm + 4·L·a·d·s")
    }

    /// One token, forward, on average over a causal text.
    package var causalForward: NumberFigure {
        NumberFigure(dense + attention / 2, "FLOP/token", .exact, "2·P_mm + 2·L·a·d·s")
    }

    /// One token of training.
    package func training(_ recomputation: Recomputation) -> NumberFigure {
        let forward = dense + attention
        switch recomputation {
        case .none: return NumberFigure(3 * forward, "FLOP/token", .exact, "3·forward")
        case .selective:
            return NumberFigure(3 * forward + attention, "FLOP/token", .exact, "3·forward + attention")
        case .projections:
            return NumberFigure(
                3 * forward + attention + projections, "FLOP/token", .exact,
                "3·forward + attention + 2·L·h·(a + 2k)·d")
        case .full: return NumberFigure(4 * forward, "FLOP/token", .exact, "4·forward")
        }
    }

    /// Kaplan et al., arXiv 2001.08361: 6·P for each token of training. Low by some percent at long contexts.
    package static func kaplan(parameters: Int) -> NumberFigure {
        NumberFigure(6 * Double(parameters), "FLOP/token", .published, "6·P")
    }

    /// Operations of a training step of a GPT: Narayanan et al., arXiv 2104.04473, section 5.1.
    package static func narayanan(_ shape: ModelShape, batch: Int, context: Int, isRecomputed: Bool) -> NumberFigure {
        let h = Double(shape.hidden), layers = Double(shape.layers)
        let s = Double(context)
        let factor: Double = isRecomputed ? 96 : 72
        let head = Double(shape.vocabulary) / ((isRecomputed ? 16 : 12) * h * layers)
        let rest: Double = 1 + s / (6 * h) + head
        return NumberFigure(
            factor * Double(batch) * s * layers * h * h * rest, "FLOP/step", .published,
            isRecomputed ? "96·B·s·L·h²·(1 + s/6h + v/16hL)" : "72·B·s·L·h²·(1 + s/6h + v/12hL)")
    }

    /// What Korthikanti et al. (arXiv 2205.05198, section 5) count of a step with selective recomputation. They add three
    /// times the attention of a forward pass, where computing it again takes one: see `training`.
    package static func korthikanti(_ shape: ModelShape, batch: Int, context: Int) -> NumberFigure {
        let h = Double(shape.hidden), layers = Double(shape.layers)
        let s = Double(context)
        let head = Double(shape.vocabulary) / (12 * h * layers)
        let rest: Double = 1 + s / (3 * h) + head
        return NumberFigure(
            72 * Double(batch) * s * layers * h * h * rest, "FLOP/step", .published,
            "72·B·s·L·h²·(1 + s/3h + v/12hL)")
    }

    /// Days of training at a share of the devices' peak; recomputation is not counted as use.
    package static func days(
        tokens: Double, perToken: Double, devices: Int, peak: Double, utilization: Double
    ) throws(PlanError) -> NumberFigure {
        let rate = try PlanError.positive(peak, "peak operations") * PlanError.positive(utilization, "utilization")
        let total = try PlanError.positive(tokens, "tokens") * perToken
        return NumberFigure(
            total / (Double(devices) * rate) / 86_400, "days", .estimate,
            "tokens·3·forward/(devices·peak·MFU)/86400")
    }

    /// The share of the devices' peak that training made use of, at so many tokens a second: MFU with the operations that
    /// a step needs, HFU with those that it does, computed again or not.
    ///
    /// Source: Chowdhery et al., arXiv 2204.02311, appendix B.
    package static func utilization(
        tokensPerSecond: Double, perToken: Double, devices: Int, peak: Double
    ) throws(PlanError) -> NumberFigure {
        let speed = try PlanError.positive(tokensPerSecond, "tokens per second")
        let peak = try PlanError.positive(peak, "peak operations")
        let all = try PlanError.positive(devices, "devices")
        return NumberFigure(
            speed * perToken / (Double(all) * peak), "of the peak", .exact, "tokens/s·FLOP/(devices·peak)")
    }

    /// Operations per second that each device achieved, from published device hours: 6·P·tokens/(hours·3600).
    package static func achieved(parameters: Int, tokens: Double, deviceHours: Double) -> NumberFigure {
        NumberFigure(
            6 * Double(parameters) * tokens / (deviceHours * 3600), "FLOP/s", .published, "6·P·tokens/(hours·3600)")
    }
}

/// What the backward pass computes again instead of keeping.
package enum Recomputation: String, CaseIterable, Sendable {
    case none
    /// Scores, softmax and the product with V (Korthikanti et al., arXiv 2205.05198).
    case selective
    /// The same, and the projections of queries, keys and values.
    case projections
    /// Whole blocks, from their inputs: activation checkpointing.
    case full
}
