/// How attention keeps its scores for the backward pass.
package enum AttentionKind: String, CaseIterable, Sendable {
    /// Scores are never stored; an F32 log-sum-exp for each query is.
    case flash
    /// Scores are stored before and after softmax.
    case eager
}

/// Whether an engine computes a norm, or what stands between the matrices of a gated MLP, in one kernel each.
package enum BlockKernels: String, CaseIterable, Sendable {
    /// Step by step, as transformers does: what each step makes is kept.
    case separate
    /// RMSNorm and SwiGLU at once: of each norm input and output are kept, of the MLP gate, up and their product.
    case fused
}

/// What a block keeps from the forward pass for the backward pass.
///
/// GPT's blocks: Korthikanti et al., arXiv 2205.05198, Table 2. Llama's: as transformers runs them in BF16 without
/// dropout; each RMSNorm keeps an F32 copy (4 bytes), the normalized value (2) and its output (2); Q and the attention's
/// output 2 each, K and V 2 each, and gate, silu(gate), up and their product 2 each. With fused kernels it is about 12h for
/// norms, Q and output, and 6f for the MLP; engines differ, so that this is an estimate.
///
/// A block with experts is a Llama block with another MLP; its figure is an estimate that nobody measured. A token goes
/// through K of E experts of width fₑ, so that all experts together see K·s·b rows however unevenly these spread. The
/// router keeps its logits in 16 bits (2·E) and their softmax in F32 (4·E), by which the choice is differentiated. Each
/// chosen expert keeps the copy of the token that it was given (2h), gate, silu(gate), up and their product (8·fₑ), and
/// its output before that is weighted (2h). An expert that all tokens go through, of width fₛ, keeps 8·fₛ, and its output
/// before its gate (2h). Of the MLP, the widths are split over the ranks; copies, outputs and router are not.
package struct Activations: Equatable, Sendable {
    package let shape: ModelShape
    package var attention = AttentionKind.flash
    package var kernels = BlockKernels.separate
    /// t
    package var ranks = 1
    /// Whether norms and dropout are spread over the ranks too.
    package var isSequenceParallel = false
    /// Bytes of a number: 2 or 4.
    package var elementBytes = 2
    /// Whether norms stay F32 beside 16-bit products.
    package var isAutocast = false

    package init(_ shape: ModelShape) { self.shape = shape }

    /// Bytes that one block keeps of `tokens` tokens (s·b) in sequences of `context` (s).
    /// - Parameters:
    ///   - recomputation: what is not kept; `full` keeps the block's input alone.
    ///   - isDense: whether, in a model with experts, one of the blocks is meant that have a plain MLP.
    /// - Throws: `PlanError` for fused kernels of a block that has no RMSNorm and no gated MLP.
    package func block(
        tokens: Int, context: Int, _ recomputation: Recomputation = .none, isDense: Bool = false
    ) throws(PlanError) -> ByteFigure {
        try checkKernels()
        let experts = isDense ? nil : shape.experts
        var terms = terms(context: context, recomputation, experts)
        var evidence = evidence(recomputation)
        if experts != nil, recomputation != .full { evidence = .estimate }
        if elementBytes == 4 {
            terms = (2 * terms.whole, 2 * terms.split, "2·(\(terms.formula))")
            evidence = .estimate
        } else if isAutocast, recomputation != .full {
            let bytes = normBytes * shape.normsPerBlock
            terms.whole = terms.whole + Count(bytes) * Count(shape.hidden)
            terms.formula += " + \(bytes)h for F32 norms"
            evidence = .estimate
        }
        let divided: Count
        if isSequenceParallel {
            divided = (terms.whole + terms.split).shared(by: ranks)
        } else {
            divided = terms.whole + terms.split.shared(by: ranks)
        }
        return try ByteFigure(divided * Count(tokens), evidence, "s·b·(\(terms.formula))" + suffix)
    }

    private func checkKernels() throws(PlanError) {
        guard kernels == .fused, shape.style != .llama else { return }
        throw PlanError(
            "fused kernels are known for blocks with RMSNorm and a gated MLP, and those of '\(shape.family)' have neither",
            remedy: "Leave out --kernels")
    }

    /// Bytes that a norm keeps of each number.
    private var normBytes: Int { kernels == .fused ? 4 : 8 }

    /// Bytes that a gated MLP keeps of each of its channels.
    private var gateBytes: Int { kernels == .fused ? 6 : 8 }

    private var suffix: String {
        guard ranks > 1 else { return "" }
        return isSequenceParallel ? " / t" : ", products / t"
    }

    private typealias Terms = (whole: Count, split: Count, formula: String)

    /// Bytes of one token: what every rank keeps, and what tensor parallelism splits.
    private func terms(
        context: Int, _ recomputation: Recomputation, _ experts: ModelShape.Experts?
    ) -> Terms {
        let h = Count(shape.hidden)
        if recomputation == .full { return (2 * h, 0, "2h") }
        guard shape.style == .llama else { return gpt(context, recomputation) }
        let attention = attention(context, recomputation), mlp = mlp(experts)
        return (
            attention.whole + mlp.whole, attention.split + mlp.split, "\(attention.formula) + \(mlp.formula)"
        )
    }

    /// What the MLP of Llama's relatives keeps, or their router and experts.
    private func mlp(_ experts: ModelShape.Experts?) -> Terms {
        guard let experts else { return (0, Count(gateBytes) * Count(shape.feedForward), "\(gateBytes)f") }
        let h = Count(shape.hidden), active = Count(experts.active)
        var whole = 6 * Count(experts.count) + 4 * active * h
        var split = Count(gateBytes) * active * Count(experts.feedForward)
        var text = "6·E + K·(4h + \(gateBytes)·fₑ)"
        if experts.sharedFeedForward > 0 {
            whole = whole + 2 * h
            split = split + Count(gateBytes) * Count(experts.sharedFeedForward)
            text += " + 2h + \(gateBytes)·fₛ"
        }
        return (whole, split, text)
    }

    private func gpt(_ context: Int, _ recomputation: Recomputation) -> Terms {
        let h = Count(shape.hidden), a = Count(shape.heads)
        let products = 8 * h + 4 * Count(shape.feedForward)
        let base = "18h + 4f"
        if recomputation == .selective { return (10 * h, products, base) }
        if recomputation == .projections { return (10 * h, 2 * h + 4 * Count(shape.feedForward), "12h + 4f") }
        switch attention {
        case .eager: return (10 * h, products + 5 * a * Count(context), base + " + 5·a·s")
        case .flash: return (10 * h, products + 4 * a, base + " + 4a")
        }
    }

    /// Norms and attention of Llama's relatives.
    private func attention(_ context: Int, _ recomputation: Recomputation) -> Terms {
        let a = Count(shape.heads), queries = Count(shape.queryWidth), keys = Count(shape.keyValueWidth)
        var norms = Count(normBytes * shape.normsPerBlock) * Count(shape.hidden)
        var text = "\(normBytes * shape.normsPerBlock)h"
        if shape.hasHeadNorms {
            norms = norms + Count(normBytes) * (queries + keys)
            text += " + \(normBytes)·(a + k)·d"
        }
        if recomputation == .projections { return (norms, 2 * queries, text + " + 2·a·d") }
        if attention == .eager || recomputation == .selective {
            text += " + 8·a·d"
            if recomputation == .selective { return (norms, 8 * queries, text) }
            return (norms, 8 * queries + 6 * a * Count(context), text + " + 6·a·s")
        }
        return (norms, 4 * queries + 4 * keys + 4 * a, text + " + 4·a·d + 4·k·d + 4a")
    }

    private func evidence(_ recomputation: Recomputation) -> Evidence {
        switch shape.style {
        case .gpt2: return ranks == 1 ? .measured : .published
        case .bert: return .estimate
        case .llama:
            let isUsual = kernels == .separate || recomputation == .full
            let isPlain = shape.normsPerBlock == 2 && !shape.hasHeadNorms && isUsual
            let isKept = recomputation == .none || recomputation == .full
            return isPlain && ranks == 1 && isKept ? .measured : .estimate
        }
    }

    /// The block's bytes as a coefficient of s·b·h, as papers write them.
    package func coefficient(context: Int, _ recomputation: Recomputation = .none) throws(PlanError) -> Double {
        Double(try block(tokens: 1, context: context, recomputation).byteCount) / Double(shape.hidden)
    }

    /// What the largest block keeps, without recomputation.
    package func largestBlock(tokens: Int, context: Int) throws(PlanError) -> ByteFigure {
        let block = try block(tokens: tokens, context: context)
        guard let experts = shape.experts, experts.denseLayers > 0 else { return block }
        let dense = try self.block(tokens: tokens, context: context, isDense: true)
        return dense.byteCount > block.byteCount ? dense : block
    }

    /// Bytes that some of the blocks keep, of a pipeline stage or of the whole model.
    ///
    /// Which blocks of a model with experts have a plain MLP is not known here, so that a stage counts for as many of the
    /// larger kind as it can have.
    /// - Parameter symbol: what the formula calls their number.
    package func blocks(
        _ count: Int, as symbol: String, tokens: Int, context: Int, _ recomputation: Recomputation
    ) throws(PlanError) -> ByteFigure {
        let block = try block(tokens: tokens, context: context, recomputation)
        guard let experts = shape.experts, experts.denseLayers > 0, recomputation != .full else {
            return try ByteFigure(Count(count) * Count(block.byteCount), block.evidence, "\(symbol)·\(block.formula)")
        }
        let dense = try self.block(tokens: tokens, context: context, recomputation, isDense: true)
        let sparse = shape.layers - experts.denseLayers
        let isSparseLarger = block.byteCount >= dense.byteCount
        let larger = min(count, isSparseLarger ? sparse : experts.denseLayers)
        let (most, least) = isSparseLarger ? (block, dense) : (dense, block)
        let bytes = Count(larger) * Count(most.byteCount) + Count(count - larger) * Count(least.byteCount)
        return try ByteFigure(
            bytes, .estimate,
            "\(symbol)·mean(\(larger)·\(most.formula), \(count - larger)·\(least.formula))")
    }
}
