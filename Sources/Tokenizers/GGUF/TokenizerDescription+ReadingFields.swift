package import Bytes

extension TokenizerDescription {
    /// Reads the tokenizer of a GGUF file: `tokenizer.*` of its metadata.
    ///
    /// What is checked: kinds of values, equal counts of tokens, scores and types, known types, merges that name
    /// tokens. An id of a special token beyond the vocabulary is left out, as llama.cpp leaves it out.
    /// - Throws: `FormatError` naming the key, also for models without a tokenizer and for kinds that are not known.
    package init(fields: TokenizerFields) throws(FormatError) {
        let reader = FieldReader(fields: fields)
        guard let model = try reader.text(TokenizerKey.model) else {
            throw reader.fault(TokenizerKey.model, "is missing")
        }
        guard let kind = TokenizerKind.allCases.first(where: { $0.modelName == model }) else {
            let known = TokenizerKind.allCases.map(\.modelName).joined(separator: ", ")
            throw FormatError(
                .unsupported, "the tokenizer's model is '\(model)'; known are \(known)",
                remedy: "Take the tokenizer's files from the model's source")
        }
        let pre = try reader.text(TokenizerKey.pre) ?? PreTokenizer.defaultID
        self.init(kind: kind, tokens: try Self.tokens(reader, kind), preTokenizer: pre)
        if kind == .byteLevelBPE { merges = try Self.merges(reader, TokenIndex(tokens)) }
        for token in SpecialToken.allCases {
            guard let id = try reader.number(TokenizerKey.id(of: token)), id < tokens.count else { continue }
            specialTokens[token] = id
        }
        added = AddedMarks(
            beginning: try reader.bool(TokenizerKey.addsBeginning), end: try reader.bool(TokenizerKey.addsEnd),
            separator: try reader.bool(TokenizerKey.addsSeparator))
        addsSpacePrefix = try reader.bool(TokenizerKey.addsSpacePrefix)
        removesExtraWhitespace = try reader.bool(TokenizerKey.removesExtraWhitespace)
        lowercases = try reader.bool(TokenizerKey.lowercases)
        stripsAccents = try reader.bool(TokenizerKey.stripsAccents)
        characterMap = try reader.bytes(TokenizerKey.characterMap) ?? []
        segmentTypeCount = try reader.number(TokenizerKey.segmentTypeCount)
        chatTemplates = try Self.chatTemplates(reader)
        for (id, token) in tokens.enumerated() where token.type.isFoundInText || token.type == .unknown {
            addedTokens[id] = AddedTokenMatch(isSpecial: token.type != .userDefined)
        }
    }

    private static func tokens(_ reader: FieldReader, _ kind: TokenizerKind) throws(FormatError) -> [Token] {
        guard let texts = try reader.strings(TokenizerKey.tokens), !texts.isEmpty else {
            throw reader.fault(TokenizerKey.tokens, "is missing or empty")
        }
        let scores = try reader.floats(TokenizerKey.scores)
        let types = try reader.int32s(TokenizerKey.types)
        for (key, count) in [(TokenizerKey.scores, scores?.count), (TokenizerKey.types, types?.count)] {
            guard let count, count != texts.count else { continue }
            throw reader.fault(key, "has \(count) entries for \(texts.count) tokens")
        }
        if let place = scores?.firstIndex(where: { !$0.isFinite }) {
            throw reader.fault(TokenizerKey.scores, "is not finite at token \(place)")
        }
        var tokens: [Token] = []
        tokens.reserveCapacity(texts.count)
        for (id, text) in texts.enumerated() {
            let number = types?[id] ?? TokenType.normal.rawValue
            // 0 stands for "undefined" in llama.cpp, which treats such a token as any other.
            guard let type = number == 0 ? .normal : TokenType(rawValue: number) else {
                throw reader.fault(TokenizerKey.types, "says \(number) of token \(id); types are 1 to 6")
            }
            var token = Token(text, type, score: kind.hasScores ? scores?[id] ?? 0 : 0)
            if kind == .wordPiece { token.text = wordPiece(token, id: id) }
            tokens.append(token)
        }
        return tokens
    }

    /// A word piece as WordPiece spells it. Old files kept `[unused1]` without a mark in front; padding may have one.
    private static func wordPiece(_ token: Token, id: Int) -> [UInt8] {
        let text = token.text
        guard token.type != .control else { return text }
        if text.starts(with: TokenizerKind.wordStart) { return Array(text.dropFirst(TokenizerKind.wordStart.count)) }
        let isBracketed = text.count > 2 && text.first == UInt8(ascii: "[") && text.last == UInt8(ascii: "]")
        return isBracketed ? text : TokenizerKind.continuation + text
    }

    private static func merges(_ reader: FieldReader, _ index: TokenIndex) throws(FormatError) -> [TokenMerge] {
        guard let lines = try reader.strings(TokenizerKey.merges) else {
            throw reader.fault(TokenizerKey.merges, "is missing")
        }
        var merges: [TokenMerge] = []
        merges.reserveCapacity(lines.count)
        for (number, line) in lines.enumerated() {
            // The first character may be a space itself.
            guard let space = line.dropFirst().firstIndex(of: UInt8(ascii: " ")) else {
                throw reader.fault(TokenizerKey.merges, "has no space in entry \(number)")
            }
            merges.append(try index.merge(Array(line[..<space]), Array(line[(space + 1)...]), number: number))
        }
        return merges
    }

    private static func chatTemplates(_ reader: FieldReader) throws(FormatError) -> [ChatTemplate] {
        var templates: [ChatTemplate] = []
        if let text = try reader.text(TokenizerKey.chatTemplate) {
            templates.append(ChatTemplate(name: ChatTemplate.defaultName, text: text))
        }
        var names: Set<String> = [ChatTemplate.defaultName]
        for name in try reader.strings(TokenizerKey.chatTemplates) ?? [] {
            guard let name = String(validating: name, as: UTF8.self) else {
                throw reader.fault(TokenizerKey.chatTemplates, "is not UTF-8")
            }
            guard names.insert(name).inserted, let text = try reader.text(TokenizerKey.chatTemplate(named: name)) else {
                continue
            }
            templates.append(ChatTemplate(name: name, text: text))
        }
        return templates
    }
}
