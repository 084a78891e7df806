package import Bytes

/// The tokens of a model as far as a cut must know them: their texts, which of them stay in any case, and which are
/// made of which.
package struct VocabularyTexts: Sendable {
    /// Ids by text.
    private let ids: [String: Int]
    /// The tokens that a cut never takes: special and added ones, and those by which any text can be spelled.
    package let required: Set<Int>
    /// The two tokens that are joined to make one, by its id.
    private let parts: [Int: (Int, Int)]
    /// One more than the greatest id.
    package let count: Int

    /// - Parameters:
    ///   - tokenizer: tokenizer.json.
    ///   - special: ids that config.json names.
    package init(tokenizer: JSONValue, special: [Int]) throws(FormatError) {
        guard let model = tokenizer["model"] else {
            throw FormatError(.corrupt, "it has no 'model'", file: "tokenizer.json", remedy: "Fetch the file again")
        }
        var ids: [String: Int] = [:]
        switch model["vocab"] {
        case .object(let vocabulary)?:
            for member in vocabulary.members { ids[member.key] = member.value.intValue }
        case .array(let pieces)?:
            for (id, piece) in pieces.enumerated() { ids[piece.arrayValue?.first?.stringValue ?? ""] = id }
        default: break
        }
        var required = Set(special)
        for token in tokenizer["added_tokens"]?.arrayValue ?? [] {
            guard let id = token["id"]?.intValue, let text = token["content"]?.stringValue else { continue }
            ids[text] = id
            required.insert(id)
        }
        for key in ["unk_token", "continuing_subword_prefix"] {
            if let text = model[key]?.stringValue, let id = ids[text] { required.insert(id) }
        }
        if let unknown = model["unk_id"]?.intValue { required.insert(unknown) }
        let isByteLevel = model["merges"]?.arrayValue != nil && model["byte_fallback"]?.boolValue != true
        for (text, id) in ids where Self.isByte(text) || isByteLevel && text.unicodeScalars.count == 1 {
            required.insert(id)
        }
        var parts: [Int: (Int, Int)] = [:]
        for merge in model["merges"]?.arrayValue ?? [] {
            guard let (left, right) = Self.parts(of: merge), let made = ids[left + right], parts[made] == nil,
                let first = ids[left], let second = ids[right]
            else { continue }
            parts[made] = (first, second)
        }
        self.ids = ids
        self.required = required
        self.parts = parts
        count = (ids.values.max() ?? -1) + 1
    }

    /// Tokens without texts: a model without a tokenizer.
    package init(count: Int, special: [Int]) {
        ids = [:]
        parts = [:]
        required = Set(special)
        self.count = count
    }

    package func id(of text: String) -> Int? { ids[text] }

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
    private static func isByte(_ text: String) -> Bool {
        text.utf8.count == 6 && text.hasPrefix("<0x") && text.hasSuffix(">")
    }

    /// The two sides of a merge, written in either way.
    static func parts(of merge: JSONValue) -> (left: String, right: String)? {
        if let pair = merge.arrayValue?.compactMap(\.stringValue), pair.count == 2 { return (pair[0], pair[1]) }
        return merge.stringValue.flatMap(TokenizerJSON.mergeParts)
    }
}
