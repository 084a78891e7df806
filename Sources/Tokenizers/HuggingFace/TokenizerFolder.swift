package import Bytes

/// The files that make a tokenizer loadable by transformers, rebuilt from a description: tokenizer.json,
/// tokenizer_config.json, special_tokens_map.json, and for the SentencePiece kinds tokenizer.model.
package struct TokenizerFolder: Sendable {
    package let files: [File]
    /// What the files cannot say.
    package let notes: [String]

    package struct File: Equatable, Sendable {
        package let name: String
        package let bytes: [UInt8]
    }

    /// - Parameters:
    ///   - description: what to write.
    ///   - contextLength: the longest sequence, in tokens, for `model_max_length`.
    /// - Throws: `FormatError` when no tokenizer.json can say what the description says.
    package init(_ description: TokenizerDescription, contextLength: Int? = nil) throws(FormatError) {
        let vocabulary = WritableVocabulary(description)
        var files = [
            File(name: "tokenizer.json", bytes: try TokenizerJSONWriter(description, vocabulary).document()),
            File(
                name: "tokenizer_config.json",
                bytes: Self.indented(Self.configuration(description, vocabulary, contextLength: contextLength))),
            File(name: "special_tokens_map.json", bytes: Self.indented(Self.specialTexts(description, vocabulary))),
        ]
        var notes = vocabulary.notes
        if description.kind.hasScores {
            if let model = SentencePieceModel(description) {
                let name = description.kind == .sentencePieceBPE ? "tokenizer.model" : "spiece.model"
                files.append(File(name: name, bytes: model.document()))
            } else {
                notes.append("there is no unknown token, so no tokenizer.model is written")
            }
            let added = Self.addedTokens(description)
            if !added.members.isEmpty { files.append(File(name: "added_tokens.json", bytes: Self.indented(added))) }
        }
        self.files = files
        self.notes = notes
    }

    private static func indented(_ object: JSONObject) -> [UInt8] {
        Array((JSONValue.object(object).text(.indented) + "\n").utf8)
    }

    /// The texts of special tokens, by the keys of transformers. BERT's classification token serves as the beginning in
    /// GGUF, its separator as the end.
    private static func specialTexts(_ description: TokenizerDescription, _ vocabulary: WritableVocabulary)
        -> JSONObject
    {
        var texts = JSONObject()
        let tokens = description.kind == .wordPiece ? description.effectiveTokens : description.specialTokens
        for (token, id) in tokens where token.isKnownToTransformers {
            if let text = vocabulary.texts[id] { texts["\(token.rawValue)_token"] = .string(text) }
        }
        return texts.sorted()
    }

    /// transformers takes anything above for no limit at all.
    private static let noLimit = "1000000000000000019884624838656"

    private static func configuration(
        _ description: TokenizerDescription, _ vocabulary: WritableVocabulary, contextLength: Int?
    ) -> JSONObject {
        var object = specialTexts(description, vocabulary)
        object["add_bos_token"] = description.added.beginning.map { .bool($0) }
        object["add_eos_token"] = description.added.end.map { .bool($0) }
        object["add_sep_token"] = description.added.separator.map { .bool($0) }
        // For byte-level BPE transformers would obey it, while llama.cpp does not.
        let prefix =
            description.kind == .byteLevelBPE && description.addsSpacePrefix == true ? nil : description.addsSpacePrefix
        object["add_prefix_space"] = prefix.map { .bool($0) }
        if description.kind == .sentencePieceBPE {
            let decoder = decoderTokens(description, vocabulary)
            if !decoder.members.isEmpty { object["added_tokens_decoder"] = .object(decoder) }
        }
        object["chat_template"] = chatTemplate(description.chatTemplates)
        object["clean_up_tokenization_spaces"] = .bool(false)
        let hints = hints(description)
        if !hints.members.isEmpty { object[TokenizerConfiguration.ggufKey] = .object(hints) }
        let inputs = description.kind == .wordPiece ? ["token_type_ids"] : []
        object["model_input_names"] = .array((["input_ids"] + inputs + ["attention_mask"]).map { .string($0) })
        object["model_max_length"] = contextLength.map { .number($0) } ?? .number(noLimit)
        object["tokenizer_class"] = .string("PreTrainedTokenizerFast")
        return object.sorted()
    }

    private static func chatTemplate(_ templates: [ChatTemplate]) -> JSONValue? {
        guard let first = templates.first else { return nil }
        if templates.count == 1, first.name == ChatTemplate.defaultName { return .string(first.text) }
        return .array(
            templates.map { .object(JSONObject([("name", .string($0.name)), ("template", .string($0.text))])) })
    }

    /// What a GGUF file says and no key of transformers can: which of several equal pre-tokenizers, and ids of tokens
    /// that transformers does not name.
    private static func hints(_ description: TokenizerDescription) -> JSONObject {
        var hints = JSONObject()
        if description.preTokenizer != PreTokenizer.defaultID || description.kind == .byteLevelBPE {
            hints["pre"] = .string(description.preTokenizer)
        }
        for token in SpecialToken.allCases where !token.isKnownToTransformers {
            hints["\(token.rawValue)_token_id"] = description.specialTokens[token].map { .number($0) }
        }
        return hints
    }

    /// Tokens that stand in the place of a piece, as their score tells: an old key, which llama.cpp's converter reads.
    private static func decoderTokens(
        _ description: TokenizerDescription, _ vocabulary: WritableVocabulary
    ) -> JSONObject {
        var tokens = JSONObject()
        for (id, token) in description.tokens.enumerated() where token.isReplacement && !token.isPlainlyAdded {
            guard let text = vocabulary.texts[id] else { continue }
            var entry = TokenizerJSONWriter.entry(text, description.match(of: id))
            entry["special"] = .bool(token.type == .control)
            tokens[String(id)] = .object(entry)
        }
        return tokens
    }

    /// Tokens that look special and are none. Only added_tokens.json can say so.
    private static func addedTokens(_ description: TokenizerDescription) -> JSONObject {
        var tokens = JSONObject()
        guard description.kind == .sentencePieceBPE else { return tokens }
        for (id, token) in description.tokens.enumerated() where token.isPlainlyAdded {
            tokens[token.name] = .number(id)
        }
        return tokens
    }
}

extension Token {
    /// Whether it was added to a SentencePiece vocabulary, or put in the place of a piece.
    var isReplacement: Bool { type.isFoundInText && score == Self.addedScore }

    /// Whether only added_tokens.json can say what it is.
    var isPlainlyAdded: Bool { type == .userDefined && isReplacement && AddedVocabulary.looksSpecial(name) }
}

extension SpecialToken {
    /// Whether transformers has a name for it.
    var isKnownToTransformers: Bool {
        switch self {
        case .beginning, .end, .unknown, .separator, .padding, .classification, .mask: true
        default: false
        }
    }
}

extension TokenizerDescription {
    /// How the token `id` is found in text.
    func match(of id: Int) -> AddedTokenMatch {
        addedTokens[id] ?? AddedTokenMatch(isSpecial: tokens[id].type != .userDefined)
    }

    /// The special tokens that a runtime uses: those of the description, and where it says nothing llama.cpp's own, as
    /// far as there are such tokens. Source: llama.cpp, src/llama-vocab.cpp, `llama_vocab::impl::load`.
    var effectiveTokens: [SpecialToken: Int] {
        var ids = specialTokens
        let defaults: [SpecialToken: Int]
        switch kind {
        case .byteLevelBPE: defaults = [:]
        case .sentencePieceBPE: defaults = [.beginning: 1, .end: 2, .unknown: 0]
        case .sentencePieceUnigram: defaults = [.end: 1, .unknown: 2, .padding: 0]
        case .wordPiece:
            defaults = [.classification: 101, .separator: 102, .unknown: 100, .padding: 0, .mask: 103]
            ids[.classification] = ids[.classification] ?? ids[.beginning]
            ids[.separator] = ids[.separator] ?? ids[.end]
            if ids[.beginning] == ids[.classification] { ids[.beginning] = nil }
            if ids[.end] == ids[.separator] { ids[.end] = nil }
        }
        for (token, id) in defaults where ids[token] == nil && tokens.indices.contains(id) {
            if tokens[id].type == .control || tokens[id].type == .unknown { ids[token] = id }
        }
        return ids
    }

    /// What a runtime puts around a text: what the description says, and else llama.cpp's own.
    var effectiveMarks: (beginning: Bool, end: Bool) {
        switch kind {
        case .byteLevelBPE:
            let known = PreTokenizer.named(preTokenizer)?.addsBeginning ?? false
            return (added.beginning ?? known, added.end ?? false)
        case .sentencePieceBPE: return (added.beginning ?? true, added.end ?? false)
        case .sentencePieceUnigram: return (added.beginning ?? false, added.end ?? true)
        case .wordPiece: return (true, true)
        }
    }
}
