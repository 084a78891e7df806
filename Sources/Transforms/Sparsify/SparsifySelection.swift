import Architectures
package import Bytes
import Numbers

/// Which tensors of a model get zeros.
package struct SparsifySelection: Sendable {
    package enum Decision: Hashable, Sendable {
        case mask
        /// It stays as it is, for a reason that the user reads.
        case keep(reason: String)
    }

    /// In the order of the tensors that were given.
    package let decisions: [Decision]

    /// - Parameter tensors: all tensors of the model.
    /// - Throws: `FormatError` for rules that contradict each other or mean nothing, and when nothing is left to mask.
    package init(_ settings: SparsifySettings, tensors: [SelectionTensor]) throws(FormatError) {
        let matches = RuleMatches(settings.rules, tensors: tensors)
        var used: Set<Int> = []
        var decisions: [Decision] = []
        for tensor in tensors {
            let places = matches.places(for: tensor)
            used.formUnion(places)
            if let reason = Self.reasonToKeep(tensor) {
                decisions.append(.keep(reason: reason))
            } else if let place = try matches.narrowest(places, for: tensor) {
                decisions.append(.keep(reason: "kept by '\(settings.rules[place].pattern)'"))
            } else {
                decisions.append(.mask)
            }
        }
        for (place, rule) in settings.rules.enumerated() where !used.contains(place) && !rule.isOptional {
            throw FormatError(
                .refused, "the rule '\(rule.selector.text)' matches none of the \(tensors.count) tensors",
                remedy: "Look at their names with 'ingot tensors'")
        }
        guard decisions.contains(.mask) else {
            throw FormatError(
                .refused, "none of its \(tensors.count) tensors is the matrix of a linear layer that may get zeros",
                remedy: "Look at their names with 'ingot tensors'")
        }
        self.decisions = decisions
    }

    /// What is not multiplied by vectors of the layers stays: embeddings, norms, routers and the last matrix.
    private static func reasonToKeep(_ tensor: SelectionTensor) -> String? {
        guard tensor.dtype?.isFloatingPoint == true else { return "stored as \(tensor.storedAs)" }
        guard tensor.shape.count > 1, tensor.elementCount > 0 else { return "no matrix" }
        switch tensor.role {
        case .linear, .conv1D, .expert, .stackedExpert: return nil
        case .embedding: return "embedding"
        case .norm: return "norm"
        case .outputHead: return "output head"
        case .router: return "router"
        case .bias: return "bias"
        case .other: return "no linear layer"
        }
    }
}
