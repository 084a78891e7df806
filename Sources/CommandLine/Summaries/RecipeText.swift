import Bytes

/// Recipes as a few words.
enum RecipeText {
    /// `quantize bnb-nf4` from a recipe's JSON; steps are joined by `+`. The text itself when it is no recipe.
    static func summary(_ recipe: String?) -> String? {
        guard let recipe, !recipe.isEmpty else { return nil }
        guard let steps = (try? JSONValue(parsing: Array(recipe.utf8)))?["steps"]?.arrayValue else {
            return TerminalText.fitted(recipe, in: 60)
        }
        let texts = steps.compactMap { step -> String? in
            guard let transform = step["transform"]?.stringValue else { return nil }
            let parameters = step["parameters"]
            let target = parameters?["scheme"]?.stringValue ?? parameters?["dtype"]?.stringValue
            return [transform, target].compactMap(\.self).joined(separator: " ")
        }
        return texts.isEmpty ? nil : texts.joined(separator: " + ")
    }
}
