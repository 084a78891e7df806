import Bytes

extension TensorRule {
    /// Reads a rule of a recipe file.
    /// - Parameter family: the family that schemes must belong to; nil for any.
    init(_ node: RecipeNode, family: TensorScheme.Family?) throws(FormatError) {
        let members = try node.members(["name", "pattern", "role", "layers", "size", "action", "optional"])
        guard let action = members["action"] else { throw node.fault("it has no 'action'") }
        let selector = TensorSelector(
            name: try members["name"]?.text(), pattern: try members["pattern"]?.text(),
            part: try members["role"]?.word(RulePart.self),
            layers: try members["layers"]?.parsed { text throws(FormatError) in try LayerRange(parsing: text) },
            size: try members["size"]?.parsed { text throws(FormatError) in try SizeBound(parsing: text) })
        guard selector != TensorSelector() else {
            throw node.fault("it names no tensors", remedy: "Give it a name, pattern, role, layers or size")
        }
        let meant = try action.parsed { text throws(FormatError) in
            try TensorRule.Action(parsing: text, family: family)
        }
        let isOptional = try members["optional"]?.bool() ?? false
        self = try (members["pattern"] ?? node).caught { () throws(FormatError) in
            try TensorRule(selector, meant, isOptional: isOptional)
        }
    }
}

extension RecipeNode {
    /// What `make` makes, its error said to be here.
    fileprivate func caught<Value>(_ make: () throws(FormatError) -> Value) throws(FormatError) -> Value {
        do { return try make() } catch { throw fault(error.problem, remedy: error.remedy) }
    }
}
