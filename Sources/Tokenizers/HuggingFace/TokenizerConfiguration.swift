import Bytes

/// What the small files of a folder say of its tokenizer: tokenizer_config.json, special_tokens_map.json, config.json,
/// generation_config.json, added_tokens.json and the chat templates.
struct TokenizerConfiguration {
    /// tokenizer_config.json.
    var tokenizer: JSONValue?
    /// config.json; what a model of several parts says of its language part, when it has one.
    var model: JSONValue?
    var generation: JSONValue?
    /// added_tokens.json: texts and ids.
    var addedTokens: [TokenizerJSON.AddedToken] = []
    /// `added_tokens_decoder` of tokenizer_config.json, with flags.
    var decoderTokens: [TokenizerJSON.AddedToken] = []
    /// The texts of tokens with a part to play.
    var specialTexts: [SpecialToken: String] = [:]
    var chatTemplates: [ChatTemplate] = []

    init(_ files: TokenizerFiles) throws {
        tokenizer = try files.json("tokenizer_config.json")
        model = try files.json("config.json")
        if let language = model?["text_config"], model?["vocab_size"] == nil { model = language }
        generation = try files.json("generation_config.json")
        let map = try files.json("special_tokens_map.json")
        for token in SpecialToken.allCases {
            let key = "\(token.rawValue)_token"
            specialTexts[token] = Self.text(tokenizer?[key]) ?? Self.text(map?[key])
        }
        addedTokens = try Self.addedTokens(files)
        decoderTokens = try Self.decoderTokens(tokenizer)
        chatTemplates = try Self.chatTemplates(files, tokenizer)
    }

    /// `model_type` of config.json.
    var modelType: String? { model?["model_type"]?.stringValue }

    /// How many rows the embedding has, as config.json says.
    var vocabularySize: Int? {
        guard let size = model?["vocab_size"]?.intValue, size > 0 else { return nil }
        return size
    }

    /// The pre-tokenizer that a folder which was made from a GGUF file names, in `gguf` of tokenizer_config.json.
    var preTokenizerHint: String? { tokenizer?[Self.ggufKey]?["pre"]?.stringValue }

    /// The key of what tokenizer_config.json keeps from a GGUF file and no other key can say.
    static let ggufKey = "gguf"

    /// The id that a file states of a special token: config.json, then generation_config.json (the first of several).
    func statedID(of token: SpecialToken) -> Int? {
        let key = "\(token.rawValue)_token_id"
        let generated = generation?[key]?.intValue ?? generation?[key]?.arrayValue?.first?.intValue
        return model?[key]?.intValue ?? tokenizer?[Self.ggufKey]?[key]?.intValue ?? generated
    }

    /// `add_bos_token` and its like.
    func adds(_ token: SpecialToken) -> Bool? { tokenizer?["add_\(token.rawValue)_token"]?.boolValue }

    /// A token as text, or as an object with `content`.
    private static func text(_ value: JSONValue?) -> String? {
        guard let text = value?.stringValue ?? value?["content"]?.stringValue, !text.isEmpty else { return nil }
        return text
    }

    private static func addedTokens(_ files: TokenizerFiles) throws -> [TokenizerJSON.AddedToken] {
        let name = "added_tokens.json"
        return try (try files.json(name)?.objectValue?.members ?? []).map { text, id in
            guard let id = id.intValue, id >= 0, !text.isEmpty else { throw Self.fault(text, name) }
            return TokenizerJSON.AddedToken(id: id, text: text, match: AddedTokenMatch(isSpecial: false))
        }
    }

    /// Ids as texts, with flags.
    private static func decoderTokens(_ configuration: JSONValue?) throws -> [TokenizerJSON.AddedToken] {
        try (configuration?["added_tokens_decoder"]?.objectValue?.members ?? []).map { id, entry in
            guard let number = Int(id), number >= 0, let text = text(entry["content"]) else {
                throw Self.fault(id, "tokenizer_config.json")
            }
            return TokenizerJSON.AddedToken(id: number, text: text, match: AddedTokenMatch(entry))
        }
    }

    private static func fault(_ entry: String, _ file: String) -> FormatError {
        FormatError(
            .corrupt, "the added token '\(entry)' needs a text and an id from 0 on", file: file,
            remedy: "Fetch the file again")
    }

    /// The first of: `chat_template` of tokenizer_config.json (a text, or a list with names), chat_template.jinja,
    /// chat_template.json.
    private static func chatTemplates(_ files: TokenizerFiles, _ configuration: JSONValue?) throws -> [ChatTemplate] {
        func single(_ text: String?) -> [ChatTemplate]? {
            text.map { [ChatTemplate(name: ChatTemplate.defaultName, text: $0)] }
        }
        if let value = configuration?["chat_template"], value != .null {
            if let template = single(value.stringValue) { return template }
            return try named(value)
        }
        return try single(files.text("chat_template.jinja"))
            ?? single(files.json("chat_template.json")?["chat_template"]?.stringValue) ?? []
    }

    /// A list of `{"name", "template"}`, `default` first. GGUF keys take only letters, digits and `_`.
    private static func named(_ value: JSONValue) throws -> [ChatTemplate] {
        var templates: [ChatTemplate] = []
        var names: Set<String> = []
        for entry in value.arrayValue ?? [] {
            guard let name = entry["name"]?.stringValue, !name.isEmpty, let text = entry["template"]?.stringValue else {
                continue
            }
            let letters = name.unicodeScalars.map { scalar in
                scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) ? scalar : "_"
            }
            var plain = ""
            plain.unicodeScalars.append(contentsOf: letters)
            guard names.insert(plain).inserted else {
                throw FormatError(
                    .unsupported, "two chat templates are called '\(plain)' in GGUF", file: "tokenizer_config.json",
                    remedy: "Rename one")
            }
            templates.append(ChatTemplate(name: plain, text: text))
        }
        return templates.filter { $0.name == ChatTemplate.defaultName }
            + templates.filter { $0.name != ChatTemplate.defaultName }
    }
}
