package import Bytes

/// What was done to make a variant: steps with their parameters and rules, as `schemas/recipe.schema.json` says.
///
/// The digest is that of the canonical text (compact, keys sorted), so equal recipes have equal digests.
package struct Recipe: Equatable, Sendable {
    /// One pure transform.
    package struct Step: Equatable, Sendable {
        /// `quantize`, `cast` …
        package let transform: String
        package let parameters: JSONObject
        /// Which tensors the step treats in another way.
        package let rules: [TensorRule]

        package init(transform: String, parameters: JSONObject, rules: [TensorRule]) {
            self.transform = transform
            self.parameters = parameters
            self.rules = rules
        }
    }

    package let steps: [Step]

    package init(steps: [Step]) { self.steps = steps }

    /// The canonical JSON text.
    package var text: String {
        let steps = steps.map { step in
            JSONValue.object(
                JSONObject([
                    ("parameters", .object(step.parameters.sorted())),
                    ("rules", .array(step.rules.map(\.json))),
                    ("transform", .string(step.transform)),
                ]))
        }
        return JSONValue.object(JSONObject([("steps", .array(steps))])).text(.compact)
    }

    /// SHA-256 of the canonical text.
    package var digest: Digest { Digest(of: text) }
}
