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

/// The members of a JSON object, in order; no key twice. Keys are equal when their bytes are.
package struct JSONObject: Equatable, Sendable {
    package private(set) var members: [(key: String, value: JSONValue)] = []
    private var places: [JSONKey: Int] = [:]

    package init() {}

    package init(_ members: [(String, JSONValue)]) {
        for (key, value) in members { self[key] = value }
    }

    package subscript(key: String) -> JSONValue? {
        get { places[JSONKey(key)].map { members[$0].value } }
        set {
            if let newValue {
                if let place = places[JSONKey(key)] {
                    members[place].value = newValue
                } else {
                    places[JSONKey(key)] = members.count
                    members.append((key, newValue))
                }
            } else if let place = places[JSONKey(key)] {
                members.remove(at: place)
                index()
            }
        }
    }

    /// The same members, ordered by key, as `json.dump(..., sort_keys=True)` orders them.
    package func sorted() -> Self {
        Self(members.sorted { Self.precedes($0.key, $1.key) })
    }

    /// Puts a new member in front of the first key that sorts behind it, and so keeps a sorted object sorted; an
    /// object that is not sorted gets it at its end. A key that is there keeps its place and gets the new value.
    package mutating func insertSorted(_ key: String, _ value: JSONValue) {
        let isSorted = zip(members, members.dropFirst()).allSatisfy { Self.precedes($0.key, $1.key) }
        guard self[key] == nil, isSorted, let place = members.firstIndex(where: { Self.precedes(key, $0.key) }) else {
            return self[key] = value
        }
        members.insert((key, value), at: place)
        index()
    }

    /// Python's order of strings, by code point.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    }

    private mutating func index() {
        places = Dictionary(uniqueKeysWithValues: members.enumerated().map { (JSONKey($1.key), $0) })
    }

    /// Whether both have the same members in the same order.
    package static func == (left: Self, right: Self) -> Bool {
        left.members.elementsEqual(right.members) { JSONKey($0.key) == JSONKey($1.key) && $0.value == $1.value }
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
