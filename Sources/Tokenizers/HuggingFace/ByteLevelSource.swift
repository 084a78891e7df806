import Bytes

/// Reads byte-level BPE from a tokenizer.json.
struct ByteLevelSource: TokenizerSource {
    let json: TokenizerJSON
    var file = "tokenizer.json"

    /// Whether a tokenizer.json with a BPE model spells bytes as visible characters.
    static func reads(_ json: TokenizerJSON) -> Bool {
        guard !json.hasFlag("byte_fallback") else { return false }
        let parts =
            PreTokenizerStructure.flatten(json.parts["decoder"], "decoders")
            + PreTokenizerStructure.flatten(json.parts["pre_tokenizer"], "pretokenizers")
        return parts.contains { $0["type"]?.stringValue == "ByteLevel" }
    }

    func preTokenizer(_ configuration: TokenizerConfiguration) throws(FormatError) -> PreTokenizerMatch {
        let structure = PreTokenizerStructure(
            normalizer: json.parts["normalizer"], preTokenizer: json.parts["pre_tokenizer"],
            ignoresMerges: json.hasFlag("ignore_merges"))
        return try PreTokenizerMatch(
            of: structure, modelType: configuration.modelType, hint: configuration.preTokenizerHint)
    }

    func description(_ configuration: TokenizerConfiguration) throws(FormatError) -> TokenizerDescription {
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard json.model[key]?.stringValue?.isEmpty ?? true else {
                throw FormatError(
                    .unsupported, "the model has '\(key)', which GGUF cannot say",
                    remedy: "GGUF has no form for such a tokenizer")
            }
        }
        var vocabulary = try MergedVocabulary(json, configuration)
        var description = TokenizerDescription(kind: .byteLevelBPE, tokens: [], preTokenizer: PreTokenizer.defaultID)
        try vocabulary.addTokens(score: 0)
        description.tokens = try vocabulary.slots.padded(to: configuration.vocabularySize).map {
            Token($0.text, $0.type)
        }
        description.addedTokens = vocabulary.matches
        description.merges = vocabulary.merges
        if let text = json.model["unk_token"]?.stringValue {
            description.specialTokens[.unknown] = vocabulary.index[text]
        }
        return description
    }

    func postProcessor(_ configuration: TokenizerConfiguration) -> PostProcessor {
        PostProcessor(json.parts["post_processor"], texts: configuration.specialTexts)
    }
}

/// The vocabulary, merges and added tokens of a BPE model, checked against each other.
struct MergedVocabulary {
    var slots: VocabularySlots
    let index: TokenIndex
    let merges: [TokenMerge]
    let added: AddedVocabulary
    private(set) var matches: [Int: AddedTokenMatch] = [:]

    init(_ json: TokenizerJSON, _ configuration: TokenizerConfiguration) throws(FormatError) {
        var slots = VocabularySlots(
            entryCount: json.vocabulary.count + json.addedTokens.count + configuration.addedTokens.count
                + configuration.decoderTokens.count)
        for (text, id) in json.vocabulary { try slots.put(Token(Array(text.utf8)), at: id) }
        guard slots.count > 0 || !json.addedTokens.isEmpty else {
            throw FormatError(.corrupt, "the vocabulary is empty", remedy: "Fetch the tokenizer's files again")
        }
        let index = TokenIndex(try slots.padded(to: nil))
        var merges: [TokenMerge] = []
        merges.reserveCapacity(json.merges.count)
        for (number, merge) in json.merges.enumerated() {
            merges.append(try index.merge(Array(merge.left.utf8), Array(merge.right.utf8), number: number))
        }
        added = AddedVocabulary(json.addedTokens, configuration) { index[$0] }
        self.slots = slots
        self.index = index
        self.merges = merges
    }

    /// Puts the added tokens into their places.
    /// - Throws: `FormatError` for one whose text has another id already, or whose id has another text.
    mutating func addTokens(score: Float) throws(FormatError) {
        for token in added.tokens {
            guard let id = index[token.text], id != token.id else { continue }
            throw FormatError(
                .corrupt, "the token '\(token.text)' has two ids, \(id) and \(token.id)",
                remedy: "Fetch the tokenizer's files again")
        }
        for token in added.tokens {
            try AddedVocabulary.put(token, into: &slots, score: score)
            matches[token.id] = token.match
        }
    }
}
