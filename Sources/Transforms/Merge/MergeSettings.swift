import Bytes
package import Numbers

/// A merge of models, in mergekit's words.
///
/// Recipes of variants name models by their digests, `@` before them; the file that a user writes names them as the
/// store does.
package struct MergeSettings: StepSettings {
    package static let transform = "merge"

    /// A model, or some layers of one, with its own parameters.
    package struct Source: Equatable, Sendable {
        package var model: String
        /// The layers that are taken; nil for all.
        package var layers: Range<Int>?
        package var values: [String: MergeParameter]

        package init(model: String, layers: Range<Int>?, values: [String: MergeParameter]) {
            self.model = model
            self.layers = layers
            self.values = values
        }
    }

    /// Layers of the result: as many as each of its sources gives.
    package struct Slice: Equatable, Sendable {
        package var sources: [Source]
        package var values: [String: MergeParameter]
    }

    package var method: MergeMethod
    /// Whole models as one slice without layers, or slices that are stacked.
    package var slices: [Slice]
    /// Whether the result is a stack of slices, and not whole models.
    package var isStacked: Bool
    package var baseModel: String?
    package var values: [String: MergeParameter]
    /// The dtype of the result's numbers; nil for that of the base or first model's.
    package var dtype: DType?
    /// The model whose tokenizer the result has: a model's name, or `base`; nil for the base or first model.
    package var tokenizerSource: String?
    /// What the random choices of DARE begin with.
    package var seed: UInt64 = 0

    /// All models, each once, the base first.
    package var models: [String] {
        var seen: Set<String> = []
        return ([baseModel].compactMap(\.self) + slices.flatMap(\.sources).map(\.model)).filter {
            seen.insert($0).inserted
        }
    }

    /// The model that gives the configuration and all files beside the weights.
    package var mainModel: String { baseModel ?? slices.first?.sources.first?.model ?? "" }

    /// The recipe of this one step.
    package var recipe: Recipe { Recipe(steps: [.merge(self)]) }

    /// The same with other names for models.
    package func renamingModels(_ rename: (String) throws -> String) rethrows -> Self {
        var renamed = self
        renamed.baseModel = try baseModel.map(rename)
        for slice in slices.indices {
            for source in slices[slice].sources.indices {
                renamed.slices[slice].sources[source].model = try rename(slices[slice].sources[source].model)
            }
        }
        if let name = tokenizerSource, name != Self.base { renamed.tokenizerSource = try rename(name) }
        return renamed
    }

    package static let base = "base"

    /// A parameter's value: what the model's own entry says, then its slice's, then the recipe's.
    /// - Parameters:
    ///   - tensor: the tensor's name in the result.
    ///   - place: where its layer stands in its slice, from 0 to 1.
    package func value(
        _ name: String, of source: Source?, in slice: Slice, tensor: String, place: Double
    ) -> Double? {
        for values in [source?.values ?? [:], slice.values, values] {
            if let value = values[name]?.value(of: tensor, at: place) { return value }
        }
        return nil
    }
}
