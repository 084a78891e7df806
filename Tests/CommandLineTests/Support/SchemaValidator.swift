import Bytes

/// Checks a JSON value against a JSON Schema, as far as the project's schemas go: `type`, `properties`, `required`,
/// `items`, `enum`, `additionalProperties`.
struct SchemaValidator {
    private let schema: JSONValue

    private static let known: Set<String> = [
        "$schema", "title", "description", "type", "properties", "required", "items", "enum", "additionalProperties",
    ]

    /// The schema of a command's `--json` output.
    init(command: String) throws {
        schema = try JSONValue(parsing: Project.bytes("schemas/output/\(command).schema.json"))
    }

    init(_ schema: JSONValue) { self.schema = schema }

    /// What is wrong with `value`, each with its place; empty when nothing is.
    func faults(in value: JSONValue) -> [String] { Self.faults(value, schema, "$") }

    private static func faults(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        if case .bool(let isAllowed) = schema { return isAllowed ? [] : ["\(place): not allowed"] }
        guard let rules = schema.objectValue else { return ["\(place): the schema is no object"] }
        var faults = rules.members.map(\.key).filter { !known.contains($0) }.map { "\(place): unknown rule \($0)" }
        if let types = rules["type"].map({ $0.arrayValue ?? [$0] }),
            !types.contains(where: { isType(value, $0.stringValue ?? "") })
        {
            faults.append("\(place): not \(types.compactMap(\.stringValue).joined(separator: " or "))")
        }
        if let allowed = rules["enum"]?.arrayValue, !allowed.contains(value) { faults.append("\(place): not in enum") }
        for (index, element) in (value.arrayValue ?? []).enumerated() {
            if let items = rules["items"] { faults += Self.faults(element, items, "\(place)[\(index)]") }
        }
        return faults + (value.objectValue.map { memberFaults($0, rules, place) } ?? [])
    }

    private static func memberFaults(_ object: JSONObject, _ rules: JSONObject, _ place: String) -> [String] {
        let required = rules["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return required.filter { object[$0] == nil }.map { "\(place): \($0) is missing" }
            + object.members.flatMap { key, value in
                let rule = rules["properties"]?[key] ?? rules["additionalProperties"] ?? .bool(true)
                return faults(value, rule, "\(place).\(key)")
            }
    }

    private static func isType(_ value: JSONValue, _ type: String) -> Bool {
        switch value {
        case .null: type == "null"
        case .bool: type == "boolean"
        case .number: type == "number" || type == "integer" && value.intValue != nil
        case .string: type == "string"
        case .array: type == "array"
        case .object: type == "object"
        }
    }
}
