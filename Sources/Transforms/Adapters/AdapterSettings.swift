package import Bytes
package import Numbers

/// A merge of a low-rank adapter into its base: the adapter is a parent, so that there is little to say.
package struct AdapterSettings: StepSettings {
    package static let transform = "merge_adapter"

    /// The dtype of the matrices that change; nil for the base's own.
    package var dtype: DType?

    package init() {}

    /// The recipe of this one step.
    package var recipe: Recipe { Recipe(steps: [.mergeAdapter(self)]) }

    package var parameters: JSONObject {
        var parameters = JSONObject()
        if let dtype { parameters["dtype"] = .string(dtype.rawValue.lowercased()) }
        return parameters
    }

    package init(parameters node: RecipeNode, rules: [RecipeNode]) throws(FormatError) {
        try Self.refuse(rules: rules)
        let members = try node.members(["dtype"])
        guard let word = members["dtype"] else { return }
        guard let dtype = CastSettings.dtype(named: try word.text()), [.BF16, .F16, .F32].contains(dtype) else {
            throw word.fault("'\(try word.text().shortened)' is no dtype of a merge", remedy: "Choose bf16, f16 or f32")
        }
        self.dtype = dtype
    }
}
