import Bytes

/// Reads SentencePiece unigram from a tokenizer.json.
struct UnigramSource: TokenizerSource {
    let json: TokenizerJSON
    var file = "tokenizer.json"

    func preTokenizer(_ configuration: TokenizerConfiguration) throws(FormatError) -> PreTokenizerMatch {
        try WhitespaceRules(json).match(hint: configuration.preTokenizerHint)
    }

    func description(_ configuration: TokenizerConfiguration) throws(FormatError) -> TokenizerDescription {
        var slots = VocabularySlots(
            entryCount: json.pieces.count + json.addedTokens.count + configuration.addedTokens.count
                + configuration.decoderTokens.count)
        let hasBytes = json.hasFlag("byte_fallback")
        for (id, piece) in json.pieces.enumerated() {
            let text = Array(piece.text.utf8)
            let isByte = hasBytes && MergedPiecesSource.isByte(text)
            try slots.put(Token(text, isByte ? .byte : .normal, score: piece.score), at: id)
        }
        let index = TokenIndex(try slots.padded(to: nil))
        let added = AddedVocabulary(json.addedTokens, configuration) { index[$0] }
        var matches: [Int: AddedTokenMatch] = [:]
        for token in added.tokens {
            try AddedVocabulary.put(token, into: &slots, score: slots.token(at: token.id)?.score ?? Token.addedScore)
            matches[token.id] = token.match
        }
        var description = TokenizerDescription(
            kind: .sentencePieceUnigram, tokens: try slots.padded(to: configuration.vocabularySize),
            preTokenizer: PreTokenizer.defaultID)
        let named = configuration.specialTexts[.unknown].flatMap { text in
            added.tokens.first { $0.text.utf8.elementsEqual(text.utf8) }?.id
        }
        if let unknown = named ?? json.model["unk_id"]?.intValue, description.tokens.indices.contains(unknown) {
            description.tokens[unknown].type = .unknown
            description.specialTokens[.unknown] = unknown
        }
        description.addedTokens = matches
        description.segmentTypeCount = configuration.model?["type_vocab_size"]?.intValue
        let rules = WhitespaceRules(json)
        description.addsSpacePrefix = rules.addsPrefix
        description.removesExtraWhitespace = rules.removesExtra
        description.characterMap = rules.characterMap
        return description
    }

    func postProcessor(_ configuration: TokenizerConfiguration) -> PostProcessor {
        PostProcessor(json.parts["post_processor"], texts: configuration.specialTexts)
    }
}
