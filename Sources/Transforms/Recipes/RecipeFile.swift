package import Bytes
import Tensors

/// A recipe in a file of its own, in YAML or JSON, as `schemas/recipe.schema.json` says.
package struct RecipeFile: Equatable, Sendable {
    package let name: String?
    package let description: String?
    package let steps: [Recipe.Step]

    package init(name: String?, description: String?, steps: [Recipe.Step]) {
        self.name = name
        self.description = description
        self.steps = steps
    }

    /// - Parameters:
    ///   - text: the file.
    ///   - file: its name, for messages.
    /// - Throws: `FormatError` that names file, line and key.
    package init(parsing text: [UInt8], file: String) throws(FormatError) {
        let root = try YAMLDocument(parsing: text, file: file).root
        let members = try root.members(["name", "description", "steps"])
        name = try members["name"]?.text()
        description = try members["description"]?.text()
        guard let steps = members["steps"] else { throw root.fault("it has no 'steps'") }
        let list = try steps.items(atMost: 16)
        guard list.count == 1 else {
            throw steps.fault(
                "\(list.count) steps; a recipe has one", remedy: "Make a recipe of each, and convert twice")
        }
        self.steps = try list.map { node throws(FormatError) in try Recipe.Step(node) }
    }

    package var recipe: Recipe { Recipe(steps: steps) }

    /// The settings of a recipe that does nothing but quantize; nil for others.
    package var quantization: QuantizeSettings? {
        guard steps.count == 1, case .quantize(let settings) = steps[0] else { return nil }
        return settings
    }
}
