/// How attention keeps its scores for the backward pass.
package enum AttentionKind: String, CaseIterable, Sendable {
    /// Scores are never stored; an F32 log-sum-exp for each query is.
    case flash
    /// Scores are stored before and after softmax.
    case eager
}

/// What a block keeps from the forward pass for the backward pass.
///
/// GPT's blocks: Korthikanti et al., arXiv 2205.05198, Table 2. Llama's: as transformers runs them in BF16 without
/// dropout; each RMSNorm keeps an F32 copy (4 bytes), the normalized value (2) and its output (2); Q and the attention's
/// output 2 each, K and V 2 each, and gate, silu(gate), up and their product 2 each.
package struct Activations: Equatable, Sendable {
    package let shape: ModelShape
    package var attention = AttentionKind.flash
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
    /// - Parameter recomputation: what is not kept; `full` keeps the block's input alone.
    /// - Returns: nil where no formula is known: for blocks with experts.
    package func block(
        tokens: Int, context: Int, _ recomputation: Recomputation = .none
    ) throws(PlanError) -> ByteFigure? {
        guard shape.experts == nil else { return nil }
        var terms = terms(context: context, recomputation)
        var evidence = evidence(recomputation)
        if elementBytes == 4 {
            terms = (2 * terms.whole, 2 * terms.split, "2·(\(terms.formula))")
            evidence = .estimate
        } else if isAutocast, recomputation != .full {
            terms.whole = terms.whole + 8 * Count(shape.normsPerBlock) * Count(shape.hidden)
            terms.formula += " + 16·h for F32 norms"
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

    private var suffix: String {
        guard ranks > 1 else { return "" }
        return isSequenceParallel ? " / t" : ", products / t"
    }

    private typealias Terms = (whole: Count, split: Count, formula: String)

    /// Bytes of one token: what every rank keeps, and what tensor parallelism splits.
    private func terms(context: Int, _ recomputation: Recomputation) -> Terms {
        let h = Count(shape.hidden)
        if recomputation == .full { return (2 * h, 0, "2h") }
        return shape.style == .llama ? llama(context, recomputation) : gpt(context, recomputation)
    }

    private func gpt(_ context: Int, _ recomputation: Recomputation) -> Terms {
        let h = Count(shape.hidden), a = Count(shape.heads)
        let products = 8 * h + 4 * Count(shape.feedForward)
        let base = "18h + 4f"
        if recomputation == .selective { return (10 * h, products, base) }
        switch attention {
        case .eager: return (10 * h, products + 5 * a * Count(context), base + " + 5·a·s")
        case .flash: return (10 * h, products + 4 * a, base + " + 4a")
        }
    }

    private func llama(_ context: Int, _ recomputation: Recomputation) -> Terms {
        let a = Count(shape.heads), queries = Count(shape.queryWidth), keys = Count(shape.keyValueWidth)
        var norms = 8 * Count(shape.normsPerBlock) * Count(shape.hidden)
        var text = "\(8 * shape.normsPerBlock)h"
        if shape.hasHeadNorms {
            norms = norms + 8 * (queries + keys)
            text += " + 8·(a + k)·d"
        }
        let mlp = 8 * Count(shape.feedForward)
        if attention == .eager || recomputation == .selective {
            let products = 8 * queries + mlp
            text += " + 8·a·d + 8f"
            if recomputation == .selective { return (norms, products, text) }
            return (norms, products + 6 * a * Count(context), text + " + 6·a·s")
        }
        return (norms, 4 * queries + 4 * keys + mlp + 4 * a, text + " + 4·a·d + 4·k·d + 8f + 4a")
    }

    private func evidence(_ recomputation: Recomputation) -> Evidence {
        switch shape.style {
        case .gpt2: return ranks == 1 ? .measured : .published
        case .bert: return .estimate
        case .llama:
            let isPlain = shape.normsPerBlock == 2 && !shape.hasHeadNorms
            return isPlain && ranks == 1 && recomputation != .selective ? .measured : .estimate
        }
    }

    /// The block's bytes as a coefficient of s·b·h, as papers write them.
    package func coefficient(context: Int, _ recomputation: Recomputation = .none) throws(PlanError) -> Double? {
        try block(tokens: 1, context: context, recomputation).map { Double($0.byteCount) / Double(shape.hidden) }
    }
}

/// What logits and their loss take, with logits of 16 bits that are widened to F32 for cross entropy.
package enum HeadMemory {
    /// Kept after the forward pass: 6·s·b·v, and 8·s·b·h of the final norm.
    package static func kept(_ shape: ModelShape, tokens: Int) throws(PlanError) -> ByteFigure {
        let bytes = 6 * Count(shape.vocabulary) * Count(tokens) + 8 * Count(shape.hidden) * Count(tokens)
        return try ByteFigure(bytes, .measured, "6·s·b·v + 8·s·b·h")
    }

    /// While the loss is computed: 10·s·b·v.
    package static func forwardPeak(_ shape: ModelShape, tokens: Int) throws(PlanError) -> ByteFigure {
        try ByteFigure(10 * Count(shape.vocabulary) * Count(tokens), .measured, "10·s·b·v")
    }

    /// While its gradient is computed: 12·s·b·v. A loss in pieces replaces the tokens by those of a piece.
    package static func backwardPeak(_ shape: ModelShape, tokens: Int, ranks: Int = 1) throws(PlanError) -> ByteFigure {
        let bytes = (12 * Count(shape.vocabulary) * Count(tokens)).shared(by: ranks)
        return try ByteFigure(
            bytes, ranks == 1 ? .measured : .estimate, ranks == 1 ? "12·s·b·v" : "12·s·b·v / t")
    }
}
