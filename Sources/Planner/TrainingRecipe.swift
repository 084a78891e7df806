/// What training keeps for each parameter on one device, in bytes.
package struct TrainingRecipe: Equatable, Sendable {
    package var name: String
    package var description: String
    package var weights: Ratio
    /// Casts of the weights that stay while gradients are kept across micro-batches.
    package var casts: Ratio = 0
    package var gradients: Ratio
    /// A second, wider sum of the gradients.
    package var mainGradients: Ratio = 0
    package var optimizer: Ratio
    package var evidence: Evidence
    /// Bytes of a number of the activations: 2 or 4.
    package var activationBytes = 2
    /// Whether norms and the residual stream stay F32 beside 16-bit products.
    package var isAutocast = false

    init(
        _ name: String, _ description: String, weights: Ratio, gradients: Ratio, optimizer: Ratio, _ evidence: Evidence
    ) {
        self.name = name
        self.description = description
        self.weights = weights
        self.gradients = gradients
        self.optimizer = optimizer
        self.evidence = evidence
    }

    /// Peak bytes for each parameter.
    package var peak: Ratio { weights + casts + gradients + mainGradients + optimizer }

    /// Adam with 8-bit states: each of two states takes a byte, and an F32 scale for each block of 2048.
    private static let eightBitAdam = Ratio(2 * 2048 + 8, over: 2048)

    private static let fp32 = Self(
        "fp32", "F32 weights and gradients, Adam", weights: 4, gradients: 4, optimizer: 8, .measured)

    private static let autocast: Self = {
        var recipe = Self(
            "amp", "autocast to BF16 over F32 weights, Adam", weights: 4, gradients: 4, optimizer: 8, .measured)
        recipe.isAutocast = true
        return recipe
    }()

    private static let pure = Self(
        "bf16", "BF16 weights, gradients and Adam states", weights: 2, gradients: 2, optimizer: 4, .measured)

    /// The recipes by name, the usual ones first. Source: formulas of docs/planning.md, "Model states".
    package static let all: [Self] = {
        var full = fp32
        full.activationBytes = 4
        var sgd = Self(
            "fp32-sgd", "F32 weights and gradients, SGD with momentum", weights: 4, gradients: 4, optimizer: 4, .exact)
        sgd.activationBytes = 4
        let mixed = Self(
            "mixed", "16-bit weights and gradients; F32 master weights, momentum and variance (ZeRO's K = 12)",
            weights: 2, gradients: 2, optimizer: 12, .published)
        var megatronBF16 = mixed
        megatronBF16.name = "megatron-bf16"
        megatronBF16.description = "BF16 weights, F32 main gradients, F32 master weights and Adam states (Megatron)"
        megatronBF16.gradients = 4
        var megatronFP16 = mixed
        megatronFP16.name = "megatron-fp16"
        megatronFP16.description = "F16 weights and gradients, F32 main gradients, master weights and Adam (Megatron)"
        megatronFP16.mainGradients = 4
        return [full, autocast, pure, mixed, sgd, megatronBF16, megatronFP16]
            + [full, autocast, pure].map { base in
                var recipe = base
                recipe.name += "-adam8bit"
                recipe.description += " with 8-bit states"
                recipe.optimizer = eightBitAdam
                recipe.evidence = .exact
                return recipe
            }
    }()

    /// The recipe of a name.
    /// - Throws: `PlanError` that lists the names.
    package init(named name: String) throws(PlanError) {
        guard let recipe = Self.all.first(where: { $0.name == name }) else {
            throw PlanError(
                "there is no training recipe '\(name)'",
                remedy: "Choose one of \(Self.all.map(\.name).joined(separator: ", "))")
        }
        self = recipe
    }

    /// The recipe when gradients outlive the backward pass: through accumulation, or in buckets that replicas share.
    package func keepingGradients() -> Self {
        guard isAutocast else { return self }
        var recipe = self
        recipe.casts = 2
        return recipe
    }

    /// Low-rank adapters: a frozen base, and Adam in F32 for the share of parameters that is trained.
    /// - Parameters:
    ///   - baseByteCount: the bytes of the frozen weights.
    ///   - trainable: the adapters' parameters.
    package static func adapterStates(
        baseByteCount: Int, trainable: Int
    ) throws(PlanError) -> (weights: Int, gradients: Int, optimizer: Int) {
        let adapters = Count(trainable)
        return (
            try (Count(baseByteCount) + adapters * 4).value(of: "the weights"),
            try (adapters * 4).value(of: "the gradients"), try (adapters * 8).value(of: "the optimizer's states")
        )
    }
}
