package import Bytes

/// What config.json means, where it says it and where it does not.
extension ModelFamily {
    /// Whether the embedding is the output matrix too.
    package static func tiesHead(config: JSONValue) -> Bool {
        let said = config["tie_word_embeddings"] ?? config["text_config"]?["tie_word_embeddings"]
        return said?.boolValue ?? of(config: config)?.tiesHeadUnsaid ?? true
    }

    /// What a config.json means that does not say it; transformers ties where a family says nothing else.
    var tiesHeadUnsaid: Bool {
        gguf?.flags.first { $0.config == "tie_word_embeddings" }?.standard
            ?? gguf?.config["tie_word_embeddings"]?.boolValue ?? true
    }

    /// The kind of each layer where every n-th attends to all tokens, by what config.json says of n; nil for a family
    /// whose layers are alike, and for a period that is none.
    package func periodicLayerTypes(config: JSONValue, count: Int) -> [String]? {
        guard let convention = gguf, let name = convention.layerTypePeriod, let rule = periodRule else { return nil }
        let said = ConfigReader(config).first(of: rule.config)?.value
        let period = said == nil ? (rule.fixed ?? rule.standard)?.value(in: [:]) : said?.doubleValue
        guard let period, (1...65_536).contains(period), period == period.rounded() else { return nil }
        var numbers = Hyperparameters()
        numbers.values = ["layers": Double(count), name: period]
        return convention.layerTypes(numbers)
    }

    /// The members of config.json that say after how many layers one attends to all tokens.
    package var layerPeriodKeys: [String] { periodRule?.config ?? [] }

    private var periodRule: Hyperparameter? {
        gguf?.layerTypePeriod.flatMap { name in gguf?.parameters.first { $0.name == name } }
    }
}
