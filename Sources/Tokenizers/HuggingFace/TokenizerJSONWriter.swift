import Bytes

/// Writes a tokenizer.json: one line an entry of the vocabulary and of the merges, as tokenizers writes it.
struct TokenizerJSONWriter {
    private let description: TokenizerDescription
    private let vocabulary: WritableVocabulary

    init(_ description: TokenizerDescription, _ vocabulary: WritableVocabulary) {
        self.description = description
        self.vocabulary = vocabulary
    }

    /// - Throws: `FormatError` for a pre-tokenizer that is not in the table, or that no tokenizer.json can say.
    func document() throws(FormatError) -> [UInt8] {
        let cutting = try Cutting(description)
        var text = "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n"
        text += "  \"added_tokens\": "
        Self.write(addedTokens, "[", "]", indent: 2, to: &text)
        for (key, value) in [
            ("normalizer", cutting.normalizer), ("pre_tokenizer", cutting.preTokenizer),
            ("post_processor", postProcessor), ("decoder", cutting.decoder),
        ] {
            text += ",\n  \"\(key)\": \(value.text())"
        }
        text += ",\n  \"model\": {\n"
        for (key, value) in model.members { text += "    \"\(key)\": \(value.text()),\n" }
        text += "    \"vocab\": "
        writeVocabulary(to: &text)
        if description.kind == .byteLevelBPE || description.kind == .sentencePieceBPE {
            text += ",\n    \"merges\": "
            Self.write(merges.lazy.compactMap(line), "[", "]", indent: 4, to: &text)
        }
        return Array((text + "\n  }\n}\n").utf8)
    }

    private static func write(
        _ lines: some Sequence<String>, _ open: String, _ close: String, indent: Int, to text: inout String
    ) {
        let margin = String(repeating: " ", count: indent)
        text += open
        var isFirst = true
        for line in lines {
            text += isFirst ? "\n" : ",\n"
            text += margin + "  " + line
            isFirst = false
        }
        text += isFirst ? close : "\n" + margin + close
    }

    private var addedTokens: [String] {
        description.tokens.indices.compactMap { id in
            let type = description.tokens[id].type
            guard type.isFoundInText || type == .unknown || description.addedTokens[id] != nil,
                let text = vocabulary.texts[id]
            else { return nil }
            var entry = JSONObject([("id", .number(id))])
            for (key, value) in Self.entry(text, description.match(of: id)).members { entry[key] = value }
            return JSONValue.object(entry).text()
        }
    }

    /// An added token but for its id.
    static func entry(_ text: String, _ match: AddedTokenMatch) -> JSONObject {
        JSONObject([
            ("content", .string(text)), ("single_word", .bool(match.isSingleWord)),
            ("lstrip", .bool(match.stripsLeft)), ("rstrip", .bool(match.stripsRight)),
            ("normalized", .bool(match.isNormalized)), ("special", .bool(match.isSpecial)),
        ])
    }

    /// The members of `model` but for the lists.
    private var model: JSONObject {
        let unknown = description.effectiveTokens[.unknown]
        let unknownText: JSONValue = unknown.flatMap { vocabulary.texts[$0] }.map { .string($0) } ?? .null
        let hasBytes = description.tokens.contains { $0.type == .byte }
        switch description.kind {
        case .byteLevelBPE:
            let ignores = PreTokenizer.named(description.preTokenizer)?.ignoresMerges ?? false
            return Self.merged(unknown: .null, fusesUnknown: false, hasBytes: false, ignoresMerges: ignores)
        case .sentencePieceBPE:
            return Self.merged(unknown: unknownText, fusesUnknown: true, hasBytes: hasBytes, ignoresMerges: false)
        case .sentencePieceUnigram:
            return JSONObject([
                ("type", .string("Unigram")), ("unk_id", unknown.map { .number($0) } ?? .null),
                ("byte_fallback", .bool(hasBytes)),
            ])
        case .wordPiece:
            return JSONObject([
                ("type", .string("WordPiece")), ("unk_token", unknownText == .null ? .string("[UNK]") : unknownText),
                ("continuing_subword_prefix", .string("##")), ("max_input_chars_per_word", .number(100)),
            ])
        }
    }

    private static func merged(
        unknown: JSONValue, fusesUnknown: Bool, hasBytes: Bool, ignoresMerges: Bool
    ) -> JSONObject {
        JSONObject([
            ("type", .string("BPE")), ("dropout", .null), ("unk_token", unknown),
            ("continuing_subword_prefix", .null), ("end_of_word_suffix", .null), ("fuse_unk", .bool(fusesUnknown)),
            ("byte_fallback", .bool(hasBytes)), ("ignore_merges", .bool(ignoresMerges)),
        ])
    }

    /// Unigram's ids are places in its list, so that padding within it is written; elsewhere ids may be left out.
    private func writeVocabulary(to text: inout String) {
        if description.kind == .sentencePieceUnigram {
            let lines = (0..<vocabulary.count).lazy.map { id in
                let token = description.tokens[id]
                let piece = vocabulary.texts[id] ?? Token.padding(id).name
                return "[\(JSONValue.string(piece).text()),\(token.score)]"
            }
            return Self.write(lines, "[", "]", indent: 4, to: &text)
        }
        let lines = vocabulary.texts.indices.lazy.compactMap { id in
            vocabulary.texts[id].map { "\(JSONValue.string($0).text()): \(id)" }
        }
        Self.write(lines, "{", "}", indent: 4, to: &text)
    }

    private var merges: [TokenMerge] {
        description.kind == .sentencePieceBPE ? PieceMerges(description, vocabulary).merges : description.merges
    }

    /// A merge as a pair of texts; nil when one of them is not written.
    private func line(_ merge: TokenMerge) -> String? {
        guard let left = vocabulary.texts[Int(merge.left)], let right = vocabulary.texts[Int(merge.right)] else {
            return nil
        }
        return "[\(JSONValue.string(left).text()),\(JSONValue.string(right).text())]"
    }

    /// A template that puts the special tokens around a text; null when there are none.
    private var postProcessor: JSONValue {
        let ids = description.effectiveTokens
        let marks = description.effectiveMarks
        func token(_ candidates: SpecialToken...) -> (text: String, id: Int)? {
            for id in candidates.compactMap({ ids[$0] }) { if let text = vocabulary.texts[id] { return (text, id) } }
            return nil
        }
        let first = marks.beginning ? token(.beginning, .classification) : nil
        let last = marks.end ? token(.end, .separator) : nil
        guard first != nil || last != nil else { return .null }
        let between = description.added.separator == true ? token(.separator, .end) : nil
        func special(_ token: (text: String, id: Int)?, _ type: Int) -> [JSONValue] {
            token.map { [Self.part("SpecialToken", $0.text, type)] } ?? []
        }
        let single = special(first, 0) + [Self.part("Sequence", "A", 0)] + special(last, 0)
        // BERT and its kin close each text but open only the first.
        let opening = description.kind == .wordPiece || between != nil ? nil : first
        var pair = single + special(between, 0) + special(opening, 1)
        if description.added.separator == nil, description.kind != .wordPiece {
            pair = special(first, 0) + [Self.part("Sequence", "A", 0)]  // whoever reads this finds no separator either
        }
        pair += [Self.part("Sequence", "B", 1)] + special(last, 1)
        var texts = JSONObject()
        for token in [first, last, between].compactMap(\.self) {
            texts[token.text] = .object(
                JSONObject([
                    ("id", .string(token.text)), ("ids", .array([.number(token.id)])),
                    ("tokens", .array([.string(token.text)])),
                ]))
        }
        return .object(
            JSONObject([
                ("type", .string("TemplateProcessing")), ("single", .array(single)),
                ("pair", .array(pair)), ("special_tokens", .object(texts)),
            ]))
    }

    private static func part(_ kind: String, _ id: String, _ type: Int) -> JSONValue {
        .object(JSONObject([(kind, .object(JSONObject([("id", .string(id)), ("type_id", .number(type))])))]))
    }
}
