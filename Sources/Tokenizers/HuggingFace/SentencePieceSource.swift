import Bytes

/// Reads a SentencePiece model, with what a tokenizer.json beside it says of added tokens.
///
/// Tokens keep their scores and types; user-defined pieces stand with spaces, as they are looked for in text. Tokens
/// that the folder adds have the score -1000. Source: llama.cpp, conversion/base.py, `_create_vocab_sentencepiece`.
struct SentencePieceSource: TokenizerSource {
    let model: SentencePieceModel
    let json: TokenizerJSON?

    var file: String { "tokenizer.model" }

    /// The names that such models go by.
    static let fileNames = ["tokenizer.model", "spiece.model"]
    /// The name of those whose ids a model shifts (fairseq's XLM-R, NLLB, mBART): they serve only beside a
    /// tokenizer.json, which has the ids.
    static let shiftedName = "sentencepiece.bpe.model"

    /// A model type whose tokens in tokenizer.json replace those of tokenizer.model. Source: conversion/phi.py.
    private static let replacingModelTypes = ["phi3"]

    var notes: [String] {
        guard model.algorithm == .bpe else { return [] }
        var notes: [String] = []
        if !model.characterMap.isEmpty { notes.append("llama.cpp does not apply SentencePiece's table of characters") }
        if model.removesExtraWhitespace { notes.append("llama.cpp does not drop extra spaces") }
        return notes
    }

    func preTokenizer(_ configuration: TokenizerConfiguration) -> PreTokenizerMatch {
        PreTokenizerMatch(id: configuration.preTokenizerHint ?? PreTokenizer.defaultID)
    }

    func description(_ configuration: TokenizerConfiguration) throws(FormatError) -> TokenizerDescription {
        let kind: TokenizerKind
        switch model.algorithm {
        case .bpe: kind = .sentencePieceBPE
        case .unigram: kind = .sentencePieceUnigram
        case .word, .character:
            throw FormatError(
                .unsupported, "a SentencePiece model of \(model.algorithm)s; known are BPE and unigram",
                remedy: "GGUF has no form for such a tokenizer")
        }
        let (slots, matches) = try place(configuration)
        var description = TokenizerDescription(
            kind: kind, tokens: try slots.padded(to: configuration.vocabularySize), preTokenizer: PreTokenizer.defaultID
        )
        description.specialTokens = model.specialTokens
        for (id, token) in description.tokens.enumerated() where token.type.isFoundInText || token.type == .unknown {
            description.addedTokens[id] = matches[id] ?? AddedTokenMatch(isSpecial: token.type != .userDefined)
        }
        if kind == .sentencePieceUnigram {
            description.addsSpacePrefix = model.addsSpacePrefix
            description.removesExtraWhitespace = model.removesExtraWhitespace
            description.characterMap = model.characterMap
        } else if !model.addsSpacePrefix {
            description.addsSpacePrefix = false
        }
        return description
    }

    /// The pieces, and the tokens that the folder adds to them or puts in their places: those of added_tokens.json,
    /// then of tokenizer_config.json, then those of tokenizer.json that are beyond the pieces.
    private func place(
        _ configuration: TokenizerConfiguration
    ) throws(FormatError) -> (slots: VocabularySlots, matches: [Int: AddedTokenMatch]) {
        let replaces = configuration.modelType.map(Self.replacingModelTypes.contains) ?? false
        let beside = (json?.addedTokens ?? []).filter { replaces || $0.id >= model.pieces.count }
        var slots = VocabularySlots(
            entryCount: model.pieces.count + configuration.addedTokens.count + configuration.decoderTokens.count
                + beside.count)
        for (id, piece) in model.pieces.enumerated() {
            var token = piece
            if token.type == .userDefined { token.text = Self.spaced(token.text) }
            try slots.put(token, at: id)
        }
        var matches: [Int: AddedTokenMatch] = [:]
        for token in json?.addedTokens ?? [] { matches[token.id] = token.match }
        for token in configuration.addedTokens {
            try slots.replace(Token(Array(token.text.utf8), .userDefined, score: Token.addedScore), at: token.id)
        }
        for token in configuration.decoderTokens + beside {
            matches[token.id] = token.match
            try slots.replace(Self.added(token), at: token.id)
        }
        return (slots, matches)
    }

    private static func added(_ token: TokenizerJSON.AddedToken) -> Token {
        let isControl = token.match.isSpecial || AddedVocabulary.looksSpecial(token.text)
        let text = Array(token.text.utf8)
        return Token(isControl ? text : spaced(text), isControl ? .control : .userDefined, score: Token.addedScore)
    }

    /// A piece's text with spaces for U+2581; bytes that are not UTF-8 stay.
    static func spaced(_ text: [UInt8]) -> [UInt8] {
        text.replacing(TokenizerKind.wordStart, with: [UInt8(ascii: " ")])
    }

    func postProcessor(_ configuration: TokenizerConfiguration) -> PostProcessor {
        PostProcessor(json?.parts["post_processor"], texts: configuration.specialTexts)
    }
}
