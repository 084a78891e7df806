package import Bytes

/// The settings of one kind of step: all that decides about its bytes, as recipes hold it.
package protocol StepSettings: Equatable, Sendable {
    /// The transform's name in recipes: `quantize`, `cast` …
    static var transform: String { get }
    /// The parameters as the canonical text has them: nothing that is as usual, everything else.
    var parameters: JSONObject { get }
    /// Which tensors the step treats in another way.
    var rules: [TensorRule] { get }

    /// - Parameters:
    ///   - parameters: the step's parameters in a recipe file.
    ///   - rules: the step's rules there; empty when there are none.
    /// - Throws: `FormatError` that names file, line and key.
    init(parameters: RecipeNode, rules: [RecipeNode]) throws(FormatError)
}

extension StepSettings {
    package var rules: [TensorRule] { [] }

    /// Refuses rules, of transforms that have none.
    package static func refuse(rules: [RecipeNode]) throws(FormatError) {
        guard let first = rules.first else { return }
        throw first.fault("the transform \(transform) takes no rules", remedy: "Leave 'rules' out")
    }
}
