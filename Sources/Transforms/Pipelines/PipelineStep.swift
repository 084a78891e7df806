/// A step of a recipe, with where it stands among the others: what it is done to, what its result must be, and what is
/// done instead when it is not.
///
/// None of this decides about bytes: the digest of what a step makes is that of its transform alone, so a step that
/// another recipe did before is not done again.
package struct PipelineStep: Equatable, Sendable {
    /// What other steps call it: unique in the recipe.
    package let id: String
    package let step: Recipe.Step
    /// The step whose result it is done to; nil for what the recipe is applied to.
    package let input: String?
    /// The registered adapter that is merged into it; nil for what is done to one artifact alone.
    package let adapter: String?
    package let gates: Gates
    /// The step that is done in its place, to the same input, when a gate refuses its result.
    package let replacement: String?
    /// The tag of its result; nil lets the recipe's name decide.
    package let tag: String?
    /// Whether it is only done in the place of another.
    package let isReplacement: Bool

    package init(
        id: String, step: Recipe.Step, input: String? = nil, adapter: String? = nil, gates: Gates = Gates(),
        replacement: String? = nil,
        tag: String? = nil, isReplacement: Bool = false
    ) {
        self.id = id
        self.step = step
        self.input = input
        self.adapter = adapter
        self.gates = gates
        self.replacement = replacement
        self.tag = tag
        self.isReplacement = isReplacement
    }

    /// What the result of a step must be, held against what the step was done to.
    package struct Gates: Equatable, Sendable {
        /// The greatest relative RMSE of the changed tensors; nil for any.
        package var maxRelRmse: Double?
        /// The least share of the input's bytes that must be saved, below 1; nil for any.
        package var minSaving: Double?

        package init(maxRelRmse: Double? = nil, minSaving: Double? = nil) {
            self.maxRelRmse = maxRelRmse
            self.minSaving = minSaving
        }

        package var isEmpty: Bool { maxRelRmse == nil && minSaving == nil }
    }
}
