import Bytes

/// Reads SentencePiece BPE from a tokenizer.json alone, where merges stand for the scores.
///
/// A token's score is its rank: the earlier the first merge that makes it, the higher. So the same pairs are joined
/// first by who goes by scores. llama.cpp's converter gives every token -1000 instead, and its runtime then joins from
/// the left.
struct MergedPiecesSource: TokenizerSource {
    let json: TokenizerJSON
    var file = "tokenizer.json"

    func preTokenizer(_ configuration: TokenizerConfiguration) throws(FormatError) -> PreTokenizerMatch {
        try WhitespaceRules(json).match(hint: configuration.preTokenizerHint)
    }

    func description(_ configuration: TokenizerConfiguration) throws(FormatError) -> TokenizerDescription {
        var vocabulary = try MergedVocabulary(json, configuration)
        try rank(&vocabulary)
        try vocabulary.addTokens(score: Token.addedScore)
        var description = TokenizerDescription(
            kind: .sentencePieceBPE, tokens: try vocabulary.slots.padded(to: configuration.vocabularySize),
            preTokenizer: PreTokenizer.defaultID)
        description.addedTokens = vocabulary.matches
        if !WhitespaceRules(json).addsPrefix { description.addsSpacePrefix = false }
        // transformers writes no `unk_token` where bytes stand in for the unknown.
        if let id = vocabulary.index[json.model["unk_token"]?.stringValue ?? "<unk>"] {
            description.specialTokens[.unknown] = id
            if vocabulary.matches[id] == nil { description.tokens[id].type = .unknown }
        }
        return description
    }

    /// Gives tokens their types, and scores from 0 down: what merges make in the order of the merges, then the rest.
    private func rank(_ vocabulary: inout MergedVocabulary) throws(FormatError) {
        var rank: Float = 0
        var ranked: Set<Int> = []
        func made(by merge: TokenMerge) -> Int? {
            let slots = vocabulary.slots
            guard let left = slots.token(at: Int(merge.left)), let right = slots.token(at: Int(merge.right)) else {
                return nil
            }
            return vocabulary.index[left.text + right.text]
        }
        let order = vocabulary.merges.lazy.compactMap(made) + Array(0..<vocabulary.slots.count)
        for id in order where ranked.insert(id).inserted {
            guard var token = vocabulary.slots.token(at: id) else { continue }
            token.score = rank
            if Self.isByte(token.text) {
                token.type = .byte
                token.score = 0
            }
            try vocabulary.slots.replace(token, at: id)
            rank -= 1
        }
    }

    /// Whether a token stands for a byte: `<0x0A>`.
    static func isByte(_ text: [UInt8]) -> Bool {
        guard text.count == 6, text.starts(with: "<0x".utf8), text[5] == UInt8(ascii: ">") else { return false }
        return text[3...4].allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    }

    func postProcessor(_ configuration: TokenizerConfiguration) -> PostProcessor {
        PostProcessor(json.parts["post_processor"], texts: configuration.specialTexts)
    }
}
