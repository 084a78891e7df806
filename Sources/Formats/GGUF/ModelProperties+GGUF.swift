import Architectures

extension ModelProperties {
    /// What a GGUF file tells of its model: keys that begin with the architecture's name.
    init?(_ metadata: GGUFMetadata) {
        guard let architecture = metadata.architecture else { return nil }
        func value(_ key: String) -> GGUFValue? { metadata["\(architecture).\(key)"] }
        // Some are one number for all layers or one for each.
        func count(_ key: String) -> Int? {
            guard let value = value(key) else { return nil }
            return value.integer ?? value.array?.integers?.max()
        }
        self.init()
        self.architecture = architecture
        modelType = architecture
        layerCount = count("block_count")
        hiddenSize = count("embedding_length")
        intermediateSize = count("feed_forward_length")
        headCount = count("attention.head_count")
        keyValueHeadCount = count("attention.head_count_kv") ?? headCount
        vocabularySize = count("vocab_size") ?? metadata["tokenizer.ggml.tokens"]?.array?.count
        contextLength = count("context_length")
    }
}
