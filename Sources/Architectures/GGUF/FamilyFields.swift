import Bytes

/// The members of an object in a family's file, none of which is unknown.
struct FamilyFields {
    private let object: JSONObject

    init(_ value: JSONValue, knows names: Set<String>) throws(FormatError) {
        guard let object = value.objectValue else { throw Self.fault("an object is needed") }
        for member in object.members where !names.contains(member.key) {
            throw Self.fault("'\(member.key)' is unknown")
        }
        self.object = object
    }

    static func fault(_ problem: String) -> FormatError {
        FormatError(.corrupt, problem, remedy: "Compare it with the other files in Families")
    }

    subscript(name: String) -> JSONValue? { object[name] }

    func text(_ name: String) throws(FormatError) -> String {
        guard let text = try optionalText(name) else { throw Self.fault("'\(name)' is missing") }
        return text
    }

    func optionalText(_ name: String) throws(FormatError) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.stringValue else { throw Self.fault("'\(name)' is no string") }
        return text
    }

    /// A string, or a list of strings; none when the member is missing.
    func texts(_ name: String) throws(FormatError) -> [String] {
        guard let value = object[name] else { return [] }
        let texts = (value.arrayValue ?? [value]).compactMap(\.stringValue)
        guard texts.count == value.arrayValue?.count ?? 1 else { throw Self.fault("'\(name)' lists strings") }
        return texts
    }

    /// An expression, or a plain number.
    func expression(_ name: String) throws(FormatError) -> SizeExpression? {
        switch object[name] {
        case nil: return nil
        case .string(let text)?, .number(let text)?: return SizeExpression(text)
        default: throw Self.fault("'\(name)' is no expression")
        }
    }

    func list<Item>(
        _ name: String, _ item: (JSONValue) throws(FormatError) -> Item
    ) throws(FormatError) -> [Item] {
        guard let value = object[name] else { return [] }
        guard let values = value.arrayValue else { throw Self.fault("'\(name)' is no list") }
        return try values.map(item)
    }
}
