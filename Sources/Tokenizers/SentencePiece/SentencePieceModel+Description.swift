extension SentencePieceModel {
    /// The model of a SentencePiece tokenizer. Padding at the end is left out; elsewhere it holds its place.
    ///
    /// Nil without an unknown token: SentencePiece loads no such model. It takes exactly one, so that others are
    /// unused.
    init?(_ description: TokenizerDescription) {
        let vocabulary = WritableVocabulary(description)
        let unknown = description.effectiveTokens[.unknown] ?? description.tokens.firstIndex { $0.type == .unknown }
        guard let unknown, unknown < vocabulary.count else { return nil }
        var seen: Set<[UInt8]> = []
        for (id, token) in description.tokens.prefix(vocabulary.count).enumerated() {
            var piece = token
            if token.type == .userDefined {
                piece.text = token.text.replacing([UInt8(ascii: " ")], with: TokenizerKind.wordStart)
            }
            if token.type == .unknown { piece.type = .unused }
            if id == unknown { piece.type = .unknown }
            if piece.text.isEmpty || !seen.insert(piece.text).inserted { piece = .padding(id) }
            pieces.append(piece)
        }
        algorithm = description.kind == .sentencePieceBPE ? .bpe : .unigram
        specialTokens = description.specialTokens.filter { token, id in
            [.unknown, .beginning, .end, .padding].contains(token) && id < pieces.count
        }
        specialTokens[.unknown] = unknown
        hasByteFallback = description.tokens.contains { $0.type == .byte }
        characterMap = description.characterMap
        addsSpacePrefix = description.addsSpacePrefix ?? (description.kind == .sentencePieceBPE)
        removesExtraWhitespace = description.removesExtraWhitespace ?? false
    }
}
