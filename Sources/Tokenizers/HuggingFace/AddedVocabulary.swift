import Bytes

/// The tokens that a folder adds to a vocabulary, from all its files together.
struct AddedVocabulary {
    /// In the order in which the files name them; each id once.
    private(set) var tokens: [TokenizerJSON.AddedToken] = []
    private var places: [Int: Int] = [:]

    /// - Parameters:
    ///   - json: tokenizer.json's own, whose flags count most.
    ///   - configuration: the small files. A special token that they name only by its text is looked up.
    ///   - vocabulary: the id of a text in the vocabulary itself.
    init(
        _ json: [TokenizerJSON.AddedToken], _ configuration: TokenizerConfiguration, in vocabulary: (String) -> Int?
    ) {
        for token in json + configuration.addedTokens + configuration.decoderTokens { add(token) }
        let named = SpecialToken.allCases.compactMap { configuration.specialTexts[$0] }
        let added = Dictionary(tokens.map { (Array($0.text.utf8), $0.id) }) { first, _ in first }
        for text in named + Self.more(configuration) {
            guard let id = added[Array(text.utf8)] ?? vocabulary(text) else { continue }
            add(TokenizerJSON.AddedToken(id: id, text: text, match: AddedTokenMatch(isSpecial: true)))
        }
    }

    /// A token that is special in one file is special.
    private mutating func add(_ token: TokenizerJSON.AddedToken) {
        if let place = places[token.id] {
            if token.match.isSpecial { tokens[place].match.isSpecial = true }
        } else {
            places[token.id] = tokens.count
            tokens.append(token)
        }
    }

    /// Further special tokens that tokenizer_config.json lists by their texts.
    private static func more(_ configuration: TokenizerConfiguration) -> [String] {
        ["additional_special_tokens", "extra_special_tokens"].flatMap { key -> [String] in
            let value = configuration.tokenizer?[key]
            let entries = value?.arrayValue ?? value?.objectValue?.members.map(\.value) ?? []
            return entries.compactMap { $0.stringValue ?? $0["content"]?.stringValue }
        }
    }

    /// Puts one of the tokens into its place.
    ///
    /// Special ones are control tokens, and so are those that look special but are not called so in some models. Others
    /// are looked for in text, where a space is a space.
    /// - Throws: `FormatError` when the id has another text.
    static func put(
        _ added: TokenizerJSON.AddedToken, into slots: inout VocabularySlots, score: Float
    ) throws(FormatError) {
        let isControl = added.match.isSpecial || looksSpecial(added.text)
        let text = isControl ? added.text : added.text.replacing("\u{2581}", with: " ")
        let token = Token(Array(text.utf8), isControl ? .control : .userDefined, score: score)
        if let other = slots.token(at: added.id), other.text != Array(added.text.utf8) {
            try slots.put(token, at: added.id)  // says which two texts have the id
        }
        try slots.replace(token, at: added.id)
    }

    /// Whether a token's text is one that only special tokens have. Source: llama.cpp, conversion/base.py,
    /// `does_token_look_special`.
    static func looksSpecial(_ text: String) -> Bool {
        if ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text) { return true }
        let text = text.utf8
        func isBetween(_ start: String, _ end: String) -> Bool {
            text.starts(with: start.utf8) && text.suffix(end.utf8.count).elementsEqual(end.utf8)
        }
        return isBetween("<|", "|>") || isBetween("<\u{FF5C}", "\u{FF5C}>") || isBetween("<unused", ">")
    }
}
