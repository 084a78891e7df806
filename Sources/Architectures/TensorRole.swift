/// The part that a tensor plays in its model.
package enum TensorRole: String, CaseIterable, Hashable, Sendable {
    /// The matrix of a linear layer, [out, in].
    case linear
    /// The matrix of a linear layer that is stored as [in, out], as GPT-2's are.
    case conv1D = "conv1d"
    /// A table that is looked up by token, position or type.
    case embedding
    /// What belongs to a normalization layer.
    case norm
    /// The last matrix: logits of tokens or classes.
    case outputHead = "output_head"
    /// The matrix that chooses experts.
    case router
    /// The matrix of one expert, [out, in].
    case expert
    /// The matrices of all experts of a layer in one tensor.
    case stackedExpert = "stacked_expert"
    /// What is added behind one of the matrices above.
    case bias
    /// Buffers, and whatever the family does not name.
    case other

    /// What a tensor seems to be when no family is known: a matrix called `….weight` is a linear layer's, unless its name
    /// tells otherwise.
    package static func guess(name: String, dimensions: [Int]) -> Self {
        let folded = name.lowercased()
        let telling: [(String, Self)] = [
            ("lm_head", .outputHead), ("embed", .embedding), ("wte", .embedding), ("wpe", .embedding),
            ("norm", .norm), ("router", .router),
        ]
        if let (_, role) = telling.first(where: { folded.contains($0.0) }) { return role }
        if folded.hasSuffix(".bias") { return .bias }
        return folded.hasSuffix(".weight") && dimensions.count == 2 ? .linear : .other
    }
}
