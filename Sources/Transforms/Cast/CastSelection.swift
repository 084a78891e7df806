package import Bytes
package import Numbers

/// What becomes of each tensor of a model in a cast.
package struct CastSelection: Sendable {
    package enum Decision: Hashable, Sendable {
        case cast(DType)
        /// It stays as it is, for a reason that the user reads.
        case keep(reason: String)
    }

    /// In the order of the tensors that were given.
    package let decisions: [Decision]

    /// - Parameter tensors: all tensors of the model to write.
    /// - Throws: `FormatError` for rules that contradict each other or mean nothing, and for infinities that the dtype
    ///   has not.
    package init(_ settings: CastSettings, tensors: [SelectionTensor]) throws(FormatError) {
        let matches = RuleMatches(settings.rules, tensors: tensors)
        var used: Set<Int> = []
        var decisions: [Decision] = []
        for tensor in tensors {
            let places = matches.places(for: tensor)
            used.formUnion(places)
            var decision = Self.usual(tensor, settings)
            if let place = try matches.narrowest(places, for: tensor) {
                let rule = settings.rules[place]
                switch rule.action {
                case .keep, .quantize: decision = .keep(reason: "kept by '\(rule.pattern)'")
                case .cast(let dtype) where tensor.dtype?.isFloatingPoint != false: decision = .cast(dtype)
                case .cast: break
                }
            }
            decisions.append(try Self.checked(decision, tensor, settings))
        }
        for (place, rule) in settings.rules.enumerated() where !used.contains(place) && !rule.isOptional {
            throw FormatError(
                .refused, "the rule '\(rule.selector.text)' matches none of the \(tensors.count) tensors",
                remedy: "Look at their names with 'ingot tensors'")
        }
        self.decisions = decisions
    }

    /// What the dtype alone says: vectors, as norms and biases are, would lose too much in 8 bits.
    private static func usual(_ tensor: SelectionTensor, _ settings: CastSettings) -> Decision {
        guard tensor.dtype?.isFloatingPoint != false else { return .keep(reason: "stored as \(tensor.storedAs)") }
        if settings.dtype.bitCount == 8, tensor.shape.count < 2 {
            return .keep(reason: "a vector, which 8 bits would not hold well")
        }
        return .cast(settings.dtype)
    }

    private static func checked(
        _ decision: Decision, _ tensor: SelectionTensor, _ settings: CastSettings
    ) throws(FormatError) -> Decision {
        guard case .cast(.F8_E4M3) = decision, let found = tensor.nonfinite, found.contains("infinite") else {
            return decision
        }
        guard settings.nonfinite == .keep else {
            throw FormatError(
                .refused, "it holds \(found), and F8_E4M3 has no infinity", tensor: tensor.name,
                remedy: "Choose f8_e5m2, or leave such tensors as they are with --nonfinite keep")
        }
        return .keep(reason: "holds \(found)")
    }
}
