package import Bytes
package import Numbers

/// What becomes of each tensor of a model, by a recipe.
package struct RecipeSelection: Sendable {
    package enum Decision: Hashable, Sendable {
        case quantize(TensorScheme)
        /// It becomes plain numbers.
        case cast(DType)
        /// It stays as it is, for a reason that the user reads. GGUF stores norms, biases and routers as F32 then.
        case keep(reason: String)
    }

    /// A tensor that could not get what was meant for it.
    package struct Replacement: Hashable, Sendable {
        package let tensor: String
        /// What was meant, and what it became: `q6_k`, `q8_0`, `keep`.
        package let wanted: String
        package let stored: String
    }

    /// In the order of the tensors that were given.
    package let decisions: [Decision]
    package let replacements: [Replacement]
    /// What the user should read.
    package let notes: [String]

    /// - Parameters:
    ///   - settings: the recipe's step.
    ///   - tensors: all tensors of the model to write; for GGUF under their GGUF names.
    ///   - model: the model's own numbers, which mixtures need.
    /// - Throws: `FormatError` for rules that contradict each other or mean nothing, for rows that blocks do not divide,
    ///   for NaN and infinities, and when nothing is left to do. Each names the tensors.
    package init(
        _ settings: QuantizeSettings, tensors: [SelectionTensor], model: MixtureModel? = nil
    ) throws(FormatError) {
        var draft = SelectionDraft(settings: settings, tensors: tensors)
        try draft.applyRules()
        try draft.applyTarget(model: model)
        try draft.applyFallbacks()
        try draft.refuseNonfinite()
        guard draft.decisions.contains(where: \.changesNumbers) else {
            throw FormatError(
                .refused, "none of the \(tensors.count) tensors is one that \(settings.target.id) could quantize",
                remedy: "Look at them with 'ingot tensors', and check the rules")
        }
        decisions = draft.decisions
        replacements = draft.replacements
        notes = draft.notes
    }
}

extension RecipeSelection.Decision {
    var changesNumbers: Bool {
        switch self {
        case .quantize, .cast: true
        case .keep: false
        }
    }

    /// As recipes and messages spell it.
    package var text: String {
        switch self {
        case .quantize(let scheme): scheme.id
        case .cast(let dtype): dtype.rawValue.lowercased()
        case .keep: "keep"
        }
    }
}
