import Bytes

/// Which rule holds for each tensor, when all rules and tensors are known.
///
/// The order of rules plays no part. Of several rules that speak of one tensor the narrowest holds: one with the
/// tensor's whole name, then one with parts of it, then one with an expression, then one with role, layers or size; among
/// equals the one with more conditions. Two that are equally narrow and say different things are a fault.
struct RuleMatches {
    private let rules: [TensorRule]
    /// By rule, whether some tensor has the whole name that the rule gives; then it means only that one.
    private let hasWholeName: [Bool]
    private let layerCount: Int

    init(_ rules: [TensorRule], tensors: [SelectionTensor]) {
        self.rules = rules
        layerCount = (tensors.compactMap(\.layer).max() ?? -1) + 1
        hasWholeName = rules.map { rule in tensors.contains { $0.names.contains(where: rule.isWhole) } }
    }

    /// The rules that speak of a tensor.
    func places(for tensor: SelectionTensor) -> [Int] {
        rules.indices.filter {
            rules[$0].applies(to: tensor, layerCount: layerCount, onlyWhole: hasWholeName[$0])
        }
    }

    /// The narrowest of the rules at these places.
    /// - Throws: `FormatError` when several are equally narrow and disagree.
    func narrowest(_ places: [Int], for tensor: SelectionTensor) throws(FormatError) -> Int? {
        let ranked = places.map { (place: $0, rank: rules[$0].selector.rank(isWholeName: hasWholeName[$0])) }
        guard let best = ranked.max(by: { $0.rank < $1.rank }) else { return nil }
        let equals = ranked.filter { $0.rank == best.rank }.map { rules[$0.place] }
        if let first = equals.first, let other = equals.first(where: { $0.action != first.action }) {
            throw FormatError(
                .refused,
                "two rules speak of it and disagree: '\(first.selector.text)' says \(first.action.text), "
                    + "'\(other.selector.text)' says \(other.action.text)",
                tensor: tensor.name,
                remedy: "Make one of them narrower, or add a rule with both conditions or the tensor's whole name")
        }
        return best.place
    }
}
