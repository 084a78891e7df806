import Bytes

/// What llama.cpp's converter writes for models of one type, whatever their tokenizer's files say.
///
/// Source: llama.cpp, conversion/llama.py, gemma.py and phi.py, `set_vocab`.
struct ModelConvention {
    /// The values of `model_type` that it holds for.
    var modelTypes: [String]
    /// The only size of vocabulary that it holds for, when there is one.
    var vocabularySize: Int?
    /// `add_space_prefix` to write.
    var addsSpacePrefix: Bool?
    /// Whether `add_prefix_space` of tokenizer_config.json is written as `add_space_prefix`.
    var copiesSpacePrefix = false
    /// `add_bos_token` to write.
    var addsBeginning: Bool?
    /// Ids that the files do not name.
    var specialTokens: [SpecialToken: Int] = [:]

    private static let llama = ["llama", "mistral", "mixtral"]

    static let all: [ModelConvention] = [
        ModelConvention(modelTypes: llama, copiesSpacePrefix: true),
        // SmolLM and the small Granite models.
        ModelConvention(modelTypes: llama, vocabularySize: 49152, addsBeginning: false),
        // CodeLlama.
        ModelConvention(modelTypes: llama, vocabularySize: 32016, specialTokens: [.endOfTurn: 32010]),
        ModelConvention(modelTypes: ["gemma", "gemma2", "gemma3", "gemma3_text"], addsSpacePrefix: false),
        ModelConvention(modelTypes: ["gemma"], specialTokens: [.endOfTurn: 107]),
    ]

    static func apply(to description: inout TokenizerDescription, _ configuration: TokenizerConfiguration) {
        guard let modelType = configuration.modelType else { return }
        for convention in all where convention.modelTypes.contains(modelType) {
            guard (convention.vocabularySize ?? configuration.vocabularySize) == configuration.vocabularySize else {
                continue
            }
            if convention.copiesSpacePrefix, let prefix = configuration.tokenizer?["add_prefix_space"]?.boolValue {
                description.addsSpacePrefix = prefix
            }
            if let prefix = convention.addsSpacePrefix { description.addsSpacePrefix = prefix }
            if let beginning = convention.addsBeginning { description.added.beginning = beginning }
            for (token, id) in convention.specialTokens where id < description.tokens.count {
                description.specialTokens[token] = description.specialTokens[token] ?? id
            }
        }
    }
}
