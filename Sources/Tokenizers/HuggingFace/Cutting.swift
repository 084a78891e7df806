import Bytes

/// How a tokenizer.json cuts text and puts it together again, as llama.cpp does it for this kind.
struct Cutting {
    var normalizer: JSONValue = .null
    var preTokenizer: JSONValue = .null
    var decoder: JSONValue = .null

    /// - Throws: `FormatError` for a pre-tokenizer that is not in the table, or that no tokenizer.json can say.
    init(_ description: TokenizerDescription) throws(FormatError) {
        switch description.kind {
        case .byteLevelBPE: try setByteLevel(description.preTokenizer)
        case .sentencePieceBPE: setMergedPieces(addsPrefix: description.addsSpacePrefix ?? true)
        case .sentencePieceUnigram: setUnigram(description)
        case .wordPiece: setWordPiece(description)
        }
    }

    private mutating func setByteLevel(_ id: String) throws(FormatError) {
        guard let known = PreTokenizer.named(id) else {
            throw FormatError(
                .unsupported, "the pre-tokenizer '\(id)' is not known",
                remedy:
                    "Take the tokenizer's files from the model's source, or name a pre-tokenizer that cuts text alike")
        }
        guard let form = known.forms.first else {
            throw FormatError(
                .unsupported, "no tokenizer.json can say the pre-tokenizer '\(id)': \(known.obstacle ?? "")",
                remedy: "Take the tokenizer's files from the model's source")
        }
        normalizer = known.normalizer
        preTokenizer = form
        decoder = Self.step("ByteLevel", ("add_prefix_space", true), ("trim_offsets", true), ("use_regex", true))
    }

    /// As transformers writes Llama's: spaces become U+2581, with one in front of each text between special tokens.
    private mutating func setMergedPieces(addsPrefix: Bool) {
        let mark = Self.replace("String", " ", "\u{2581}")
        normalizer = addsPrefix ? Self.sequence("normalizers", [Self.prepend, mark]) : mark
        let parts = [
            Self.replace("String", "\u{2581}", " "), Self.step("ByteFallback"), Self.step("Fuse"),
        ]
        decoder = Self.sequence("decoders", parts + (addsPrefix ? [Self.stripFirstSpace] : []))
    }

    private mutating func setUnigram(_ description: TokenizerDescription) {
        var steps: [JSONValue] = []
        if !description.characterMap.isEmpty {
            let map = Base64.encode(description.characterMap)
            steps.append(
                .object(JSONObject([("type", .string("Precompiled")), ("precompiled_charsmap", .string(map))])))
        }
        if description.removesExtraWhitespace ?? false {
            steps.append(Self.step("Strip", ("strip_left", true), ("strip_right", true)))
            steps.append(Self.replace("Regex", " {2,}", " "))
        }
        normalizer = steps.isEmpty ? .null : Self.sequence("normalizers", steps)
        let addsPrefix = description.addsSpacePrefix ?? false
        preTokenizer = Self.metaspace(addsPrefix)
        decoder = preTokenizer
        if description.tokens.contains(where: { $0.type == .byte }) {
            decoder = Self.sequence("decoders", [Self.step("ByteFallback"), decoder])
        }
    }

    private mutating func setWordPiece(_ description: TokenizerDescription) {
        normalizer = .object(
            JSONObject([
                ("type", .string("BertNormalizer")), ("clean_text", .bool(true)), ("handle_chinese_chars", .bool(true)),
                ("strip_accents", description.stripsAccents.map { .bool($0) } ?? .null),
                ("lowercase", .bool(description.lowercases ?? true)),
            ]))
        preTokenizer = Self.step("BertPreTokenizer")
        decoder = .object(
            JSONObject([("type", .string("WordPiece")), ("prefix", .string("##")), ("cleanup", .bool(true))]))
    }

    private static let prepend = JSONValue.object(
        JSONObject([("type", .string("Prepend")), ("prepend", .string("\u{2581}"))]))
    private static let stripFirstSpace = JSONValue.object(
        JSONObject([
            ("type", .string("Strip")), ("content", .string(" ")), ("start", .number(1)), ("stop", .number(0)),
        ]))

    private static func metaspace(_ addsPrefix: Bool) -> JSONValue {
        .object(
            JSONObject([
                ("type", .string("Metaspace")), ("replacement", .string("\u{2581}")),
                ("prepend_scheme", .string(addsPrefix ? "always" : "never")), ("split", .bool(true)),
            ]))
    }

    private static func replace(_ kind: String, _ pattern: String, _ content: String) -> JSONValue {
        .object(
            JSONObject([
                ("type", .string("Replace")), ("pattern", .object(JSONObject([(kind, .string(pattern))]))),
                ("content", .string(content)),
            ]))
    }

    private static func step(_ type: String, _ flags: (String, Bool)...) -> JSONValue {
        .object(JSONObject([("type", .string(type))] + flags.map { ($0, .bool($1)) }))
    }

    private static func sequence(_ key: String, _ steps: [JSONValue]) -> JSONValue {
        .object(JSONObject([("type", .string("Sequence")), (key, .array(steps))]))
    }
}
