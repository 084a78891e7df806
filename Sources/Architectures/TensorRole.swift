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

    /// What a tensor seems to be when no family is known: a matrix called `….weight` is a linear layer's, unless its
    /// name tells otherwise. In doubt a matrix is none: one too few in 4 bits still loads, one too many does not.
    ///
    /// Compared with what transformers 5.23.0 and bitsandbytes 0.50.2 choose in 84 small models.
    /// - Parameters:
    ///   - name: the tensor's name.
    ///   - dimensions: its shape.
    ///   - names: the names of all tensors beside it, which tell an attention module of one piece.
    package static func guess(name: String, dimensions: [Int], among names: Set<String> = []) -> Self {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map { $0.lowercased() }
        let parameter = parts.popLast() ?? ""
        let last = parts.last { Int($0) == nil } ?? ""
        if let role = telling(parts, last: last) { return parameter == "bias" && role != .norm ? .bias : role }
        if parameter == "bias" { return .bias }
        guard parameter == "weight", dimensions.count == 2 else { return .other }
        let module = name.split(separator: ".", omittingEmptySubsequences: false).dropLast(2).joined(separator: ".")
        return last == "out_proj" && names.contains(module + ".in_proj_weight") ? .other : .linear
    }

    /// What the parts of a module's path tell; nil when they tell nothing. `last` is the last that is no number.
    private static func telling(_ parts: [String], last: String) -> Self? {
        if parts.contains("experts") { return .expert }
        if parts.contains("router") || last.contains("router") || last == "gate" { return .router }
        if parts.contains("lm_head") || heads.contains(last) || parts.suffix(2) == ["predictions", "decoder"] {
            return .outputHead
        }
        if last == "embedding_hidden_mapping_in" { return nil }  // ALBERT's is a linear layer
        if last.contains("norm") || last.split(separator: "_").contains("ln") { return .norm }
        let isTable = ["embed", "wte", "wpe", "position", "relative_attention_bias"].contains(where: last.contains)
        return isTable || last == "shared" ? .embedding : nil
    }

    private static let heads: Set<String> = [
        "embed_out", "output_projection", "proj_out", "vocab_projector", "generator_lm_head", "score",
    ]
}
