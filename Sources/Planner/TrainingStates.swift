/// How replicas share the states: ZeRO's stages, and FSDP's equivalents.
package enum Sharding: Int, CaseIterable, Sendable {
    /// Each replica keeps everything (DDP).
    case none = 0
    /// The optimizer's states are shared.
    case optimizer = 1
    /// Gradients too (FSDP `SHARD_GRAD_OP`).
    case gradients = 2
    /// Weights too (FSDP `FULL_SHARD`).
    case weights = 3

    package var name: String { self == .none ? "none" : "ZeRO-\(rawValue)" }
}

/// What moves to the host's memory.
package enum Offload: String, CaseIterable, Sendable {
    case none, optimizer
    /// The optimizer's states and the weights.
    case all
}

/// The memory that weights, gradients and the optimizer take on one device.
///
/// With Ψ parameters on the model-parallel rank and N replicas. Rajbhandari et al., arXiv 1910.02054, sections 3 and 5;
/// Megatron-LM's guide of its distributed optimizer.
package struct TrainingStates: Equatable, Sendable {
    package var weights: ByteFigure
    package var gradients: ByteFigure
    package var optimizer: ByteFigure

    /// - Parameters:
    ///   - recipe: what each parameter needs.
    ///   - parameters: Ψ, those of the rank.
    ///   - sharding: what the replicas share.
    ///   - replicas: N
    ///   - largestShare: the parameters of the replica that has most when weights are shared; nil for Ψ/N.
    package init(
        _ recipe: TrainingRecipe, parameters: Int, sharding: Sharding, replicas: Int, largestShare: Int? = nil
    ) throws(PlanError) {
        _ = try PlanError.positive(replicas, "data")
        let count = Count(parameters)
        func figure(_ bytes: Ratio, _ isShared: Bool) throws(PlanError) -> ByteFigure {
            let whole = bytes * count
            let formula = Self.symbols(bytes) + "Ψ" + (isShared && replicas > 1 ? "/N" : "")
            if isShared, sharding == .weights, let largestShare {
                return try ByteFigure(bytes * Count(largestShare), recipe.evidence, formula)
            }
            return try ByteFigure(isShared ? whole.shared(by: replicas) : whole, recipe.evidence, formula)
        }
        weights = try figure(recipe.weights + recipe.casts, sharding == .weights)
        let gradients = try figure(recipe.gradients, sharding.rawValue >= Sharding.gradients.rawValue)
        let isShared = sharding != .none
        if recipe.mainGradients.numerator > 0 {
            let main = try figure(recipe.mainGradients, isShared)
            self.gradients = try .sum([gradients, main], "\(gradients.formula) + \(main.formula)")
        } else {
            self.gradients = gradients
        }
        optimizer = try figure(recipe.optimizer, isShared)
    }

    /// All three.
    package func total() throws(PlanError) -> ByteFigure {
        let parts = [weights, gradients, optimizer]
        return try .sum(parts, parts.map(\.formula).joined(separator: " + "))
    }

    private static func symbols(_ ratio: Ratio) -> String {
        ratio.denominator == 1 ? "\(ratio.numerator)" : "\(ratio.value)·"
    }
}
