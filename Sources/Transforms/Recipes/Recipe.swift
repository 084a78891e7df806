package import Bytes

/// What was done to make a variant: steps with their parameters and rules, as `schemas/recipe.schema.json` says.
///
/// The digest is that of the canonical text (compact, keys sorted), so equal recipes have equal digests.
package struct Recipe: Equatable, Sendable {
    /// One pure transform with its settings. A new transform is a case here, and a line in `settings` and `kinds`.
    package enum Step: Equatable, Sendable {
        case quantize(QuantizeSettings)
        case cast(CastSettings)
        case prune(PruneSettings)
        case sparsify(SparsifySettings)
        case student(StudentSettings)
        case merge(MergeSettings)
        case mergeAdapter(AdapterSettings)

        package var settings: any StepSettings {
            switch self {
            case .quantize(let settings): settings
            case .cast(let settings): settings
            case .prune(let settings): settings
            case .sparsify(let settings): settings
            case .student(let settings): settings
            case .merge(let settings): settings
            case .mergeAdapter(let settings): settings
            }
        }

        /// How the parameters of each transform are read, by its name.
        private static let kinds:
            [(name: String, read: @Sendable (RecipeNode, [RecipeNode]) throws(FormatError) -> Step)] = [
                (
                    QuantizeSettings.transform,
                    { node, rules throws(FormatError) in
                        .quantize(try QuantizeSettings(parameters: node, rules: rules))
                    }
                ),
                (
                    CastSettings.transform,
                    { node, rules throws(FormatError) in
                        .cast(try CastSettings(parameters: node, rules: rules))
                    }
                ),
                (
                    PruneSettings.transform,
                    { node, rules throws(FormatError) in
                        .prune(try PruneSettings(parameters: node, rules: rules))
                    }
                ),
                (
                    SparsifySettings.transform,
                    { node, rules throws(FormatError) in
                        .sparsify(try SparsifySettings(parameters: node, rules: rules))
                    }
                ),
                (
                    StudentSettings.transform,
                    { node, rules throws(FormatError) in
                        .student(try StudentSettings(parameters: node, rules: rules))
                    }
                ),
                (
                    MergeSettings.transform,
                    { node, rules throws(FormatError) in
                        .merge(try MergeSettings(parameters: node, rules: rules))
                    }
                ),
                (
                    AdapterSettings.transform,
                    { node, rules throws(FormatError) in
                        .mergeAdapter(try AdapterSettings(parameters: node, rules: rules))
                    }
                ),
            ]

        /// Rules beyond this would say tensors one by one.
        private static let mostRules = 10_000

        /// Reads a step of a recipe file.
        /// - Throws: `FormatError` that names file, line and key.
        package init(_ node: RecipeNode) throws(FormatError) {
            let members = try node.members(["transform", "parameters", "rules"])
            guard let transform = members["transform"] else { throw node.fault("it has no 'transform'") }
            let name = try transform.text()
            guard let kind = Self.kinds.first(where: { $0.name == name }) else {
                let known = Self.kinds.map(\.name).joined(separator: ", ")
                throw transform.fault("'\(name.shortened)' is no step", remedy: "Known are \(known)")
            }
            guard let parameters = members["parameters"] else { throw node.fault("it has no 'parameters'") }
            self = try kind.read(parameters, try members["rules"]?.items(atMost: Self.mostRules) ?? [])
        }

        /// `quantize`, `cast` …
        package var transform: String { type(of: settings).transform }

        var json: JSONValue {
            let settings = settings
            return .object(
                JSONObject([
                    ("parameters", .object(settings.parameters.sorted())),
                    ("rules", .array(settings.rules.map(\.json))),
                    ("transform", .string(transform)),
                ]))
        }
    }

    package let steps: [Step]

    package init(steps: [Step]) { self.steps = steps }

    /// The canonical JSON text.
    package var text: String {
        JSONValue.object(JSONObject([("steps", .array(steps.map(\.json)))])).text(.compact)
    }

    /// SHA-256 of the canonical text.
    package var digest: Digest { Digest(of: text) }
}
