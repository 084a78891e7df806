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
}
