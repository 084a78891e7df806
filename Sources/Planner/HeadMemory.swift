/// What logits and their loss take, with logits of 16 bits that are widened to F32 for cross entropy.
///
/// A loss that is computed in pieces, or in one kernel with the head, has the logits of so many tokens of each sequence at
/// once: those replace s. Whether logits are then kept or made again is up to the program, so that these are estimates.
package struct HeadMemory: Equatable, Sendable {
    package let shape: ModelShape
    /// s
    package let context: Int
    /// b
    package let batch: Int
    /// Tokens of each sequence whose logits are there at once; nil for all.
    package var lossChunk: Int?
    /// t
    package var ranks = 1

    package init(_ shape: ModelShape, context: Int, batch: Int) {
        self.shape = shape
        self.context = context
        self.batch = batch
    }

    /// Kept after the forward pass: 6·s·b·v, and 8·s·b·h of the final norm, which is not computed in pieces.
    package func kept() throws(PlanError) -> ByteFigure {
        let norm = 8 * Count(context) * Count(batch) * Count(shape.hidden)
        return try ByteFigure(6 * logits + norm, evidence, "6·\(symbols) + 8·s·b·h")
    }

    /// While the loss is computed: 10·s·b·v.
    package func forwardPeak() throws(PlanError) -> ByteFigure {
        try ByteFigure(10 * logits, evidence, "10·\(symbols)")
    }

    /// While its gradient is computed: 12·s·b·v.
    package func backwardPeak() throws(PlanError) -> ByteFigure {
        let bytes = (12 * logits).shared(by: ranks)
        guard ranks > 1 else { return try ByteFigure(bytes, evidence, "12·\(symbols)") }
        return try ByteFigure(bytes, .estimate, "12·\(symbols) / t")
    }

    /// The piece, where the loss is computed in more than one.
    private var piece: Int? { lossChunk.flatMap { $0 < context ? $0 : nil } }

    /// Numbers of the logits that are there at once.
    private var logits: Count { Count(piece ?? context) * Count(batch) * Count(shape.vocabulary) }

    private var evidence: Evidence { piece == nil ? .measured : .estimate }

    private var symbols: String { piece.map { "min(s, \($0))·b·v" } ?? "s·b·v" }
}
