/// A JSON document as it was written: object keys in order, numbers as their own text, so that nothing is lost when a
/// configuration file is changed in one place and written again.
package indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number, as its literal text.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object, in order; no key twice.
package struct JSONObject: Equatable, Sendable {
    package private(set) var members: [(key: String, value: JSONValue)] = []
    private var places: [String: Int] = [:]

    package init() {}

    package init(_ members: [(String, JSONValue)]) {
        for (key, value) in members { self[key] = value }
    }

    package subscript(key: String) -> JSONValue? {
        get { places[key].map { members[$0].value } }
        set {
            if let newValue {
                if let place = places[key] {
                    members[place].value = newValue
                } else {
                    places[key] = members.count
                    members.append((key, newValue))
                }
            } else if let place = places[key] {
                members.remove(at: place)
                places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
            }
        }
    }

    /// The same members, ordered by key, as `json.dump(..., sort_keys=True)` orders them.
    package func sorted() -> Self {
        Self(members.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) })
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.members.elementsEqual(right.members) { $0.key == $1.key && $0.value == $1.value }
    }
}

extension JSONValue {
    package var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var doubleValue: Double? { if case .number(let text) = self { Double(text) } else { nil } }
    /// The number, when it is written without fraction or exponent and fits.
    package var intValue: Int? { if case .number(let text) = self { Int(text) } else { nil } }

    package static func number(_ value: Int) -> Self { .number(String(value)) }

    /// The member `key`, when this is an object that has it.
    package subscript(key: String) -> JSONValue? { objectValue?[key] }
}
