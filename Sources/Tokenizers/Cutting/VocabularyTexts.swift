package import Bytes

/// The tokens of a model as far as a cut must know them: their texts, which of them stay in any case, and which are
/// made of which.
package struct VocabularyTexts: Sendable {
    /// Ids by text in UTF-8: strings are equal in Swift when they are canonically equivalent, and tokens are not.
    private let ids: [[UInt8]: Int]
    /// The tokens that a cut never takes: special and added ones, and those by which any text can be spelled.
    package let required: Set<Int>
    /// The two tokens that are joined to make one, by its id.
    private let parts: [Int: (Int, Int)]
    /// One more than the greatest id.
    package let count: Int

    /// - Parameters:
    ///   - tokenizer: tokenizer.json.
    ///   - named: the tokens that configurations name.
    ///   - rows: the embedding's rows, of which each token has one.
    /// - Throws: `FormatError` for an id that no row belongs to.
    package init(tokenizer: JSONValue, named: [NamedToken], rows: Int) throws(FormatError) {
        guard let model = tokenizer["model"] else {
            throw FormatError(.corrupt, "it has no 'model'", file: "tokenizer.json", remedy: "Fetch the file again")
        }
        var ids = try Self.vocabulary(model["vocab"] ?? .null, rows)
        let needed = named + NamedToken.needed(byTokenizer: tokenizer)
        for token in needed { try token.check(rows: rows) }
        var required = Set(needed.map(\.id))
        for token in tokenizer["added_tokens"]?.arrayValue ?? [] {
            guard let id = token["id"]?.intValue, let text = token["content"]?.stringValue else { continue }
            ids[Array(text.utf8)] = id
        }
        for key in ["unk_token", "continuing_subword_prefix"] {
            if let text = model[key]?.stringValue, let id = ids[Array(text.utf8)] { required.insert(id) }
        }
        let isByteLevel = model["merges"]?.arrayValue != nil && model["byte_fallback"]?.boolValue != true
        for (text, id) in ids where Self.isByte(text) || isByteLevel && Self.isOneScalar(text) {
            required.insert(id)
        }
        self.ids = ids
        self.required = required
        parts = Self.parts(of: model["merges"]?.arrayValue ?? [], ids)
        count = (ids.values.max() ?? -1) + 1
    }

    /// Tokens without texts: a model without a tokenizer.
    package init(count: Int, named: [NamedToken]) throws(FormatError) {
        for token in named { try token.check(rows: count) }
        ids = [:]
        parts = [:]
        required = Set(named.map(\.id))
        self.count = count
    }

    private static func vocabulary(_ value: JSONValue, _ rows: Int) throws(FormatError) -> [[UInt8]: Int] {
        var ids: [[UInt8]: Int] = [:]
        func add(_ text: String, _ id: Int) throws(FormatError) {
            try NamedToken(id: id, key: "model.vocab", file: "tokenizer.json").check(rows: rows)
            ids[Array(text.utf8)] = id
        }
        switch value {
        case .object(let vocabulary):
            for member in vocabulary.members {
                if let id = member.value.intValue { try add(member.key, id) }
            }
        case .array(let pieces):
            for (id, piece) in pieces.enumerated() { try add(piece.arrayValue?.first?.stringValue ?? "", id) }
        default: break
        }
        return ids
    }

    private static func parts(of merges: [JSONValue], _ ids: [[UInt8]: Int]) -> [Int: (Int, Int)] {
        var parts: [Int: (Int, Int)] = [:]
        for merge in merges {
            guard let (left, right) = Self.parts(of: merge) else { continue }
            let one = Array(left.utf8), two = Array(right.utf8)
            guard let made = ids[one + two], parts[made] == nil, let first = ids[one], let second = ids[two] else {
                continue
            }
            parts[made] = (first, second)
        }
        return parts
    }

    /// The texts of some tokens, in UTF-8.
    func texts(of kept: [Int]) -> Set<[UInt8]> {
        let kept = Set(kept)
        return Set(ids.filter { kept.contains($0.value) }.keys)
    }

    package func id(of text: String) -> Int? { ids[Array(text.utf8)] }

    /// The required tokens, and those with the lowest ids: `count` in all.
    package func lowest(_ count: Int) throws(FormatError) -> [Int] {
        guard count < self.count else {
            throw FormatError(
                .refused, "--vocabulary \(count) would cut nothing of \(self.count) tokens",
                remedy: "Name a smaller count")
        }
        guard count >= required.count else {
            throw FormatError(
                .refused, "--vocabulary \(count): \(required.count) tokens cannot go, as texts are spelled with them",
                remedy: "Keep \(required.count) at least")
        }
        var kept = required
        for id in 0..<self.count where kept.count < count { kept.insert(id) }
        return kept.sorted()
    }

    /// Those of a list, the required ones, and what they are made of.
    package func closed(_ listed: [Int]) -> [Int] {
        var kept = required
        var waiting = listed
        while let id = waiting.popLast() {
            guard kept.insert(id).inserted || required.contains(id), let (left, right) = parts[id] else { continue }
            waiting += [left, right].filter { !kept.contains($0) }
        }
        return kept.sorted()
    }

    /// `<0x0A>`
    private static func isByte(_ text: [UInt8]) -> Bool {
        text.count == 6 && text.starts(with: Array("<0x".utf8)) && text.last == UInt8(ascii: ">")
    }

    private static func isOneScalar(_ text: [UInt8]) -> Bool {
        text.count <= 4 && String(decoding: text, as: UTF8.self).unicodeScalars.count == 1
    }

    /// The two sides of a merge, written in either way.
    static func parts(of merge: JSONValue) -> (left: String, right: String)? {
        if let pair = merge.arrayValue?.compactMap(\.stringValue), pair.count == 2 { return (pair[0], pair[1]) }
        return merge.stringValue.flatMap(TokenizerJSON.mergeParts)
    }
}
