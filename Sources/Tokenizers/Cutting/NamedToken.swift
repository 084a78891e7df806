package import Bytes

/// A token that a file of the model names by its id, and that cannot go.
package struct NamedToken: Equatable, Sendable {
    package let id: Int
    /// The member that names it.
    package let key: String
    package let file: String

    /// Those that a configuration names: tokens that end a text, stand for an image, are forced or the like.
    package static func needed(by configuration: JSONValue, file: String) -> [Self] {
        (configuration.objectValue?.members ?? []).flatMap { key, value -> [Self] in
            if key == "text_config" { return needed(by: value, file: file) }
            return ids(value, TokenMember(key)).map { Self(id: $0, key: key, file: file) }
        }
    }

    private static func ids(_ value: JSONValue, _ member: TokenMember?) -> [Int] {
        switch member {
        case .needed: numbers(value)
        case .forced: (value.arrayValue ?? []).flatMap { numbers($0.arrayValue?.last ?? .null) }
        default: []
        }
    }

    /// The ids in a value; those below zero stand for none.
    private static func numbers(_ value: JSONValue) -> [Int] {
        switch value {
        case .number: value.intValue.flatMap { $0 < 0 ? nil : [$0] } ?? []
        case .array(let values): values.flatMap(numbers)
        default: []
        }
    }

    /// Those that tokenizer.json names, beside its vocabulary.
    static func needed(byTokenizer tree: JSONValue) -> [Self] {
        var tokens: [Self] = []
        func add(_ id: Int?, _ key: String) {
            if let id { tokens.append(Self(id: id, key: key, file: "tokenizer.json")) }
        }
        for token in tree["added_tokens"]?.arrayValue ?? [] { add(token["id"]?.intValue, "added_tokens") }
        add(tree["model"]?["unk_id"]?.intValue, "model.unk_id")
        add(tree["padding"]?["pad_id"]?.intValue, "padding.pad_id")
        for id in templateIDs(tree["post_processor"] ?? .null) { add(id, "post_processor") }
        return tokens
    }

    /// The ids that a template of special tokens names, and those of pairs of a text and its id.
    private static func templateIDs(_ value: JSONValue) -> [Int] {
        switch value {
        case .array(let values): return values.flatMap(templateIDs)
        case .object(let object):
            return object.members.flatMap { key, member -> [Int] in
                if key == "ids" { return numbers(member) }
                if ["sep", "cls"].contains(key) { return numbers(member) }
                return templateIDs(member)
            }
        default: return []
        }
    }

    /// Refuses an id that no row of the embedding belongs to.
    func check(rows: Int) throws(FormatError) {
        guard !(0..<rows).contains(id) else { return }
        throw FormatError(
            .corrupt, "'\(key)' has the token \(id), and the embedding has \(rows) rows", file: file,
            remedy: "Correct it there, and register the model again")
    }
}

/// What a member of a configuration says about tokens.
enum TokenMember: Equatable {
    /// An id, or ids however they are nested, that all must stay.
    case needed
    /// Ids, without those that go.
    case list
    /// Lists of ids, each without meaning when one of its ids goes.
    case sequences
    /// Pairs of such a list and a number.
    case biases
    /// Pairs of a position and an id that must stay.
    case forced

    init?(_ key: String) {
        switch key {
        case "suppress_tokens", "begin_suppress_tokens": self = .list
        case "bad_words_ids": self = .sequences
        case "sequence_bias": self = .biases
        case "forced_decoder_ids": self = .forced
        case "force_words_ids": self = .needed
        default:
            guard ["_token_id", "_token_ids", "_token_index"].contains(where: key.hasSuffix) else { return nil }
            self = .needed
        }
    }
}
