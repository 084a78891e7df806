package import Bytes

extension VocabularyCut {
    /// A configuration with the new ids of the tokens that it names.
    /// - Throws: `FormatError` for a token that goes, and for a member that is written in a way that is not known.
    package func configuration(_ tree: JSONValue, _ file: String) throws(FormatError) -> JSONValue {
        guard var root = tree.objectValue else { return tree }
        for (key, value) in root.members {
            if key == "text_config" {
                root[key] = try configuration(value, file)
            } else if let member = TokenMember(key), value != .null {
                root[key] = try TokenRenumbering(cut: self, key: key, file: file).value(value, member)
            }
        }
        return .object(root)
    }
}

/// Writes a member of a configuration with new ids.
private struct TokenRenumbering {
    let cut: VocabularyCut
    let key: String
    let file: String

    func value(_ value: JSONValue, _ member: TokenMember) throws(FormatError) -> JSONValue {
        if member == .needed { return try needed(value) }
        guard let items = value.arrayValue else { throw fault(value) }
        var left: [JSONValue] = []
        for item in items {
            if let made = try self.item(item, member) { left.append(made) }
        }
        // An empty list of sequences is no value that transformers takes.
        return left.isEmpty && [.sequences, .biases].contains(member) ? .null : .array(left)
    }

    /// Nil for an item that goes.
    private func item(_ item: JSONValue, _ member: TokenMember) throws(FormatError) -> JSONValue? {
        switch member {
        case .needed: return try needed(item)
        case .list:
            guard let id = item.intValue else { throw fault(item) }
            return cut.newID(id).map { .number($0) }
        case .sequences: return try sequence(item)
        case .biases:
            guard let pair = item.arrayValue, pair.count == 2 else { throw fault(item) }
            return try sequence(pair[0]).map { .array([$0, pair[1]]) }
        case .forced:
            guard let pair = item.arrayValue, pair.count == 2 else { throw fault(item) }
            return .array([pair[0], try needed(pair[1])])
        }
    }

    private func needed(_ value: JSONValue) throws(FormatError) -> JSONValue {
        switch value {
        case .array(let values):
            return .array(try values.map { item throws(FormatError) in try needed(item) })
        case .number:
            guard let id = value.intValue else { throw fault(value) }
            guard id >= 0 else { return value }
            guard let new = cut.newID(id) else { throw gone(id) }
            return .number(new)
        default: return value
        }
    }

    /// Nil for a sequence of which a token goes.
    private func sequence(_ value: JSONValue) throws(FormatError) -> JSONValue? {
        guard let items = value.arrayValue else { throw fault(value) }
        var left: [JSONValue] = []
        for item in items {
            guard let id = item.intValue else { throw fault(item) }
            guard let new = cut.newID(id) else { return nil }
            left.append(.number(new))
        }
        return .array(left)
    }

    private func fault(_ value: JSONValue) -> FormatError {
        FormatError(
            .unsupported, "'\(key)' has \(value.text(.compact).shortened), in which no ids of tokens can be told",
            file: file, remedy: "Remove '\(key)' there, and register the model again")
    }

    private func gone(_ id: Int) -> FormatError {
        FormatError(
            .refused, "'\(key)' is the token \(id), which would go", file: file,
            remedy: "Add it to the list of tokens to keep")
    }
}
