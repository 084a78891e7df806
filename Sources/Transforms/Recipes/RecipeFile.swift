package import Bytes
import Tensors

/// A recipe in a file of its own, in YAML or JSON, as `schemas/recipe.schema.json` says.
package struct RecipeFile: Equatable, Sendable {
    package let name: String?
    package let description: String?
    /// Its steps, each behind what it needs.
    package let pipeline: [PipelineStep]

    /// - Parameter steps: each is done to the result of the one before it.
    package init(name: String?, description: String?, steps: [Recipe.Step]) {
        self.name = name
        self.description = description
        var pipeline: [PipelineStep] = []
        for (number, step) in steps.enumerated() {
            pipeline.append(PipelineStep(id: "step-\(number + 1)", step: step, input: pipeline.last?.id))
        }
        self.pipeline = pipeline
    }

    /// The transforms alone.
    package var steps: [Recipe.Step] { pipeline.map(\.step) }

    /// The transform of a recipe that is nothing more; nil for one with several steps, or with gates.
    package var onlyStep: Recipe.Step? {
        pipeline.count == 1 && pipeline[0].gates.isEmpty ? pipeline[0].step : nil
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
        let list = try steps.items(atMost: PipelineReading.mostSteps)
        guard !list.isEmpty else { throw steps.fault("it has no step") }
        pipeline = try PipelineReading(list).steps()
    }

    package var recipe: Recipe { Recipe(steps: steps) }

    /// The settings of a recipe that does nothing but quantize; nil for others.
    package var quantization: QuantizeSettings? {
        guard case .quantize(let settings) = onlyStep else { return nil }
        return settings
    }
}
