import Bytes

extension TokenizerDescription {
    /// What a GGUF file says of this tokenizer, in the order in which llama.cpp's converter writes it.
    ///
    /// - **Byte-level BPE** (`gpt2`): tokens, types, and merges as `left right`, where a space within a part is U+0120.
    /// - **SentencePiece** (`llama`, `t5`): tokens with U+2581, scores, types. - **WordPiece** (`bert`): a token that
    ///   starts a word begins with U+2581, one that continues it has lost its `##`; control tokens stay as they are.
    ///   The classification token serves as the beginning.
    ///
    /// Source: llama.cpp, conversion/base.py and gguf-py/gguf/vocab.py.
    package var fields: TokenizerFields {
        var fields = TokenizerFields()
        fields[TokenizerKey.segmentTypeCount] = segmentTypeCount.map { number($0) }
        fields[TokenizerKey.model] = .string(kind.modelName)
        fields[TokenizerKey.pre] = .string(preTokenizer)
        fields[TokenizerKey.tokens] = .strings(kind == .wordPiece ? tokens.map(Self.phantom) : tokens.map(\.text))
        if kind.hasScores { fields[TokenizerKey.scores] = .floats(tokens.map(\.score)) }
        fields[TokenizerKey.types] = .int32s(tokens.map(\.type.rawValue))
        if kind == .byteLevelBPE { fields[TokenizerKey.merges] = .strings(merges.map(mergeText)) }
        for (key, value) in whitespaceFields { fields[key] = value }
        for token in SpecialToken.allCases where token != .classification {
            fields[TokenizerKey.id(of: token)] = specialTokens[token].map { number($0) }
        }
        for (key, value) in [
            (TokenizerKey.addsBeginning, added.beginning), (TokenizerKey.addsEnd, added.end),
            (TokenizerKey.addsSeparator, added.separator),
        ] {
            fields[key] = value.map { .bool($0) }
        }
        for (key, value) in chatTemplateFields { fields[key] = value }
        fields[TokenizerKey.lowercases] = lowercases.map { .bool($0) }
        fields[TokenizerKey.stripsAccents] = stripsAccents.map { .bool($0) }
        return fields
    }

    private var whitespaceFields: [(String, TokenizerField)] {
        var fields: [(String, TokenizerField)] = []
        if let addsSpacePrefix { fields.append((TokenizerKey.addsSpacePrefix, .bool(addsSpacePrefix))) }
        if let removesExtraWhitespace {
            fields.append((TokenizerKey.removesExtraWhitespace, .bool(removesExtraWhitespace)))
        }
        if !characterMap.isEmpty { fields.append((TokenizerKey.characterMap, .bytes(characterMap))) }
        return fields
    }

    /// The default template under its own key; others by name, and a list of the names.
    private var chatTemplateFields: [(String, TokenizerField)] {
        let named = chatTemplates.filter { $0.name != ChatTemplate.defaultName }
        var fields = named.map { (TokenizerKey.chatTemplate(named: $0.name), TokenizerField.string($0.text)) }
        if !named.isEmpty {
            fields.append((TokenizerKey.chatTemplates, .strings(named.map { Array($0.name.utf8) })))
        }
        if let template = chatTemplates.first(where: { $0.name == ChatTemplate.defaultName }) {
            fields.append((TokenizerKey.chatTemplate, .string(template.text)))
        }
        return fields
    }

    /// Ids and counts were compared with the number of tokens, which is far below the limit.
    private func number(_ value: Int) -> TokenizerField { .uint32(UInt32(clamping: value)) }

    private func mergeText(_ merge: TokenMerge) -> [UInt8] {
        let space = UInt8(ascii: " ")
        func part(_ id: Int32) -> [UInt8] {
            let text = tokens[Int(id)].text
            return text.contains(space) ? text.flatMap { $0 == space ? [0xC4, 0xA0] : [$0] } : text  // U+0120
        }
        return part(merge.left) + [space] + part(merge.right)
    }

    /// A word piece as GGUF spells it.
    private static func phantom(_ token: Token) -> [UInt8] {
        if token.type == .control { return token.text }
        if token.text.starts(with: TokenizerKind.continuation) {
            return Array(token.text.dropFirst(TokenizerKind.continuation.count))
        }
        return TokenizerKind.wordStart + token.text
    }
}
