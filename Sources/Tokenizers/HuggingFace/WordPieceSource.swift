import Bytes

/// Reads WordPiece from a tokenizer.json.
struct WordPieceSource: TokenizerSource {
    let json: TokenizerJSON
    var file = "tokenizer.json"
    /// Whether the pieces come from a plain list, without marks that are put around a text.
    var isPlain = false

    /// What llama.cpp's converter writes for BERT's tokenizer; llama.cpp does not read it.
    static let preTokenizerID = "jina-v2-en"

    private var normalizer: JSONValue? { json.parts["normalizer"] }

    /// llama.cpp cleans text, splits it at spaces, punctuation and Chinese characters, and puts it into lower case if
    /// so told: what `BertNormalizer` and `BertPreTokenizer` do.
    func preTokenizer(_ configuration: TokenizerConfiguration) throws(FormatError) -> PreTokenizerMatch {
        let normalizers = PreTokenizerStructure.flatten(normalizer, "normalizers")
        let steps = PreTokenizerStructure.flatten(json.parts["pre_tokenizer"], "pretokenizers")
        var faults: [String] = []
        if normalizers.map({ $0["type"]?.stringValue }) != ["BertNormalizer"] {
            faults.append("the normalizer is \(normalizer?.text() ?? "null") where that has BertNormalizer")
        }
        for key in ["clean_text", "handle_chinese_chars"] where normalizers.first?[key]?.boolValue == false {
            faults.append("'\(key)' is false where that has true")
        }
        if steps.map({ $0["type"]?.stringValue }) != ["BertPreTokenizer"] {
            faults.append(
                "the pre-tokenizer is \(json.parts["pre_tokenizer"]?.text() ?? "null") where that has BertPreTokenizer")
        }
        guard faults.isEmpty else {
            throw FormatError(
                .unsupported,
                "llama.cpp cuts text for WordPiece in one way, BERT's, but \(faults.joined(separator: "; "))",
                remedy: "Name the one to use with --pre-tokenizer if the difference does not matter for this model")
        }
        return PreTokenizerMatch(id: configuration.preTokenizerHint ?? Self.preTokenizerID)
    }

    func description(_ configuration: TokenizerConfiguration) throws(FormatError) -> TokenizerDescription {
        let prefix = json.model["continuing_subword_prefix"]?.stringValue ?? "##"
        guard prefix == "##" else {
            throw FormatError(
                .unsupported, "pieces that continue a word begin with '\(prefix)', not '##'",
                remedy: "GGUF has no form for such a tokenizer")
        }
        var vocabulary = try MergedVocabulary(json, configuration)
        try vocabulary.addTokens(score: 0)
        var description = TokenizerDescription(
            kind: .wordPiece,
            tokens: try vocabulary.slots.padded(to: configuration.vocabularySize).map { Token($0.text, $0.type) },
            preTokenizer: Self.preTokenizerID)
        description.addedTokens = vocabulary.matches
        for normalizer in PreTokenizerStructure.flatten(normalizer, "normalizers") {
            switch normalizer["type"]?.stringValue {
            case "Lowercase": description.lowercases = true
            case "StripAccents": description.stripsAccents = true
            case "BertNormalizer":
                description.lowercases = normalizer["lowercase"]?.boolValue ?? description.lowercases
                description.stripsAccents = normalizer["strip_accents"]?.boolValue ?? description.stripsAccents
            default: break
            }
        }
        description.segmentTypeCount = configuration.model?["type_vocab_size"]?.intValue ?? 1
        if let text = json.model["unk_token"]?.stringValue {
            description.specialTokens[.unknown] = vocabulary.index[text]
        }
        return description
    }

    func postProcessor(_ configuration: TokenizerConfiguration) -> PostProcessor {
        var texts = configuration.specialTexts
        if isPlain { for (token, text) in Self.usualTexts where texts[token] == nil { texts[token] = text } }
        var processor = PostProcessor(json.parts["post_processor"], texts: texts)
        if isPlain { processor.marks = AddedMarks(beginning: true, end: true, separator: false) }
        return processor
    }

    /// What BERT's special tokens are called when nothing else is said.
    private static let usualTexts: [SpecialToken: String] = [
        .unknown: "[UNK]", .separator: "[SEP]", .padding: "[PAD]", .classification: "[CLS]", .mask: "[MASK]",
    ]
}
