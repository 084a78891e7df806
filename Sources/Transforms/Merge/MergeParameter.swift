package import Bytes

/// A parameter of a merge as mergekit's recipes write it: a number, a gradient over the layers, or values by parts of
/// tensor names.
package indirect enum MergeParameter: Equatable, Sendable {
    case number(Double)
    /// Values at even distances from the first layer to the last; between two of them the straight line holds.
    case gradient([Double])
    /// The first whose filter is part of the tensor's name; one without a filter, or with `*`, is for all.
    case filtered([Condition])

    package struct Condition: Equatable, Sendable {
        package var filter: String?
        package var value: MergeParameter

        func applies(to tensor: String) -> Bool { filter.map { $0 == "*" || tensor.contains($0) } ?? true }
    }

    /// The value for a tensor; nil when no condition speaks of it.
    ///
    /// Source: mergekit, `config.py`, `evaluate_setting`.
    /// - Parameter place: where its layer stands, from 0 for the first to 1 for the last.
    package func value(of tensor: String, at place: Double) -> Double? {
        switch self {
        case .number(let number): return number
        case .gradient(let values):
            let scaled = place * Double(values.count - 1)
            let first = min(max(0, Int(scaled)), values.count - 1)
            let next = min(values.count - 1, first + 1)
            let share = scaled - Double(first)
            return (1 - share) * values[first] + share * values[next]
        case .filtered(let conditions):
            return conditions.first { $0.applies(to: tensor) }?.value.value(of: tensor, at: place)
        }
    }

    /// Gradients beyond this have more values than models have layers.
    private static let mostValues = 4096

    /// - Throws: `FormatError` for what is neither a number, true or false, a list of numbers nor a list of conditions.
    package init(_ node: RecipeNode) throws(FormatError) {
        guard node.isList else {
            self = .number(try Self.number(node))
            return
        }
        let items = try node.items(atMost: Self.mostValues)
        guard let first = items.first else { throw node.fault("an empty list is no parameter") }
        guard first.isMapping else {
            self = .gradient(try items.map { item throws(FormatError) in try Self.number(item) })
            return
        }
        self = .filtered(
            try items.map { item throws(FormatError) in
                let members = try item.members(["filter", "value"])
                guard let value = members["value"] else { throw item.fault("it has no 'value'") }
                return Condition(filter: try members["filter"]?.text(), value: try MergeParameter(value))
            })
    }

    private static func number(_ node: RecipeNode) throws(FormatError) -> Double {
        switch try node.text() {
        case "true", "True": 1
        case "false", "False": 0
        default: try node.number()
        }
    }

    var json: JSONValue {
        switch self {
        case .number(let number): .pythonNumber(number)
        case .gradient(let values): .array(values.map(JSONValue.pythonNumber))
        case .filtered(let conditions):
            .array(
                conditions.map { condition in
                    var members = JSONObject()
                    if let filter = condition.filter { members["filter"] = .string(filter) }
                    members["value"] = condition.value.json
                    return .object(members)
                })
        }
    }
}
