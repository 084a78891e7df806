import Bytes

/// Turns a report into JSON: keys in snake_case, sorted, each always present (null when there is no value), so that a
/// document's form never depends on what happened.
enum JSONReport {
    /// The report as a document.
    static func document(_ report: some Encodable) throws -> JSONValue {
        let node = Node()
        try report.encode(to: ReportEncoder(node: node))
        return node.value
    }

    /// `unique_bytes` from `uniqueBytes`.
    static func snakeCase(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase {
                result += "_" + character.lowercased()
            } else {
                result.append(character)
            }
        }
        return result
    }

    /// One place of the document that is being built.
    fileprivate final class Node {
        enum Content { case scalar(JSONValue), array([Node]), object([String: Node]) }
        var content = Content.scalar(.null)

        func member(_ key: String) -> Node {
            let node = Node()
            var members: [String: Node] = [:]
            if case .object(let present) = content { members = present }
            members[key] = node
            content = .object(members)
            return node
        }

        func element() -> Node {
            let node = Node()
            var elements: [Node] = []
            if case .array(let present) = content { elements = present }
            // Dropped before the append, so that the array is grown in place.
            content = .scalar(.null)
            elements.append(node)
            content = .array(elements)
            return node
        }

        func set(_ value: some Encodable) throws {
            switch value {
            case let value as Bool: content = .scalar(.bool(value))
            case let value as String: content = .scalar(.string(value))
            case let value as Double: content = .scalar(value.isFinite ? .number("\(value)") : .null)
            case let value as any BinaryInteger: content = .scalar(.number("\(value)"))
            default: try value.encode(to: ReportEncoder(node: self))
            }
        }

        var value: JSONValue {
            switch content {
            case .scalar(let value): value
            case .array(let elements): .array(elements.map(\.value))
            case .object(let members): .object(JSONObject(members.map { ($0, $1.value) }).sorted())
            }
        }
    }
}

private struct ReportEncoder: Encoder {
    let node: JSONReport.Node
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.content = .object([:])
        return KeyedEncodingContainer(Members(node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.content = .array([])
        return Elements(node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(node: node) }
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: JSONReport.Node
    var codingPath: [any CodingKey] { [] }

    private func member(_ key: some CodingKey) -> JSONReport.Node {
        node.member(JSONReport.snakeCase(key.stringValue))
    }

    mutating func encodeNil(forKey key: Key) { _ = member(key) }
    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try member(key).set(value) }

    // The standard library's own versions leave the key out.
    mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try set(value, key) }
    mutating func encodeIfPresent(_ value: String?, forKey key: Key) throws { try set(value, key) }
    mutating func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try set(value, key) }
    mutating func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try set(value, key) }
    mutating func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try set(value, key) }
    mutating func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws { try set(value, key) }

    private func set(_ value: (some Encodable)?, _ key: Key) throws {
        let node = member(key)
        if let value { try node.set(value) }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        ReportEncoder(node: member(key)).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        ReportEncoder(node: member(key)).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { ReportEncoder(node: node.member("super")) }
    mutating func superEncoder(forKey key: Key) -> any Encoder { ReportEncoder(node: member(key)) }
}

private struct Elements: UnkeyedEncodingContainer {
    let node: JSONReport.Node
    var count = 0
    var codingPath: [any CodingKey] { [] }

    private mutating func element() -> JSONReport.Node {
        count += 1
        return node.element()
    }

    init(node: JSONReport.Node) { self.node = node }

    mutating func encodeNil() { _ = element() }
    mutating func encode<T: Encodable>(_ value: T) throws { try element().set(value) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        ReportEncoder(node: element()).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        ReportEncoder(node: element()).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { ReportEncoder(node: element()) }
}

private struct Single: SingleValueEncodingContainer {
    let node: JSONReport.Node
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() { node.content = .scalar(.null) }
    mutating func encode<T: Encodable>(_ value: T) throws { try node.set(value) }
}
