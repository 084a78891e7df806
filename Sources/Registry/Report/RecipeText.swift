import Bytes

/// Recipes as a few words.
package enum RecipeText {
    /// `quantize bnb-nf4` from a recipe's JSON; steps are joined by `+`. The text itself when it is no recipe.
    package static func summary(_ recipe: String?) -> String? {
        guard let recipe, !recipe.isEmpty else { return nil }
        guard let steps = (try? JSONValue(parsing: Array(recipe.utf8)))?["steps"]?.arrayValue else {
            return recipe.count > 60 ? recipe.prefix(59) + "…" : recipe
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
