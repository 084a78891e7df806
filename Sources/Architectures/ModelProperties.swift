package import Bytes

/// A model's architecture and sizes, as its config.json tells them; nil for what it does not tell.
package struct ModelProperties: Equatable, Sendable {
    /// The first of `architectures`: `LlamaForCausalLM`.
    package var architecture: String?
    /// `model_type`: `llama`.
    package var modelType: String?
    package var layerCount: Int?
    package var hiddenSize: Int?
    /// Attention heads of the queries.
    package var headCount: Int?
    /// Attention heads of keys and values; as many as of the queries when nothing else is said.
    package var keyValueHeadCount: Int?
    package var vocabularySize: Int?
    /// The longest sequence, in tokens.
    package var contextLength: Int?
    package var intermediateSize: Int?
    /// The weights' dtype in PyTorch's words: `bfloat16`.
    package var dtype: String?
    package var tieWordEmbeddings: Bool?

    package init() {}

    /// Families call the same thing by different names; the first that is there with a sensible value counts. What a
    /// model of several parts says in its language part counts when the top level does not say it.
    package init(config: JSONValue) {
        let levels = [config] + Self.languageParts.compactMap { config[$0] }
        func count(_ keys: String...) -> Int? {
            for level in levels {
                for key in keys {
                    if let value = level[key]?.intValue, value > 0 { return value }
                }
            }
            return nil
        }
        func text(_ keys: String...) -> String? {
            for level in levels {
                for key in keys {
                    if let value = level[key]?.stringValue, !value.isEmpty { return value }
                }
            }
            return nil
        }
        architecture = config["architectures"]?.arrayValue?.first?.stringValue
        modelType = text("model_type")
        layerCount = count("num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers")
        hiddenSize = count("hidden_size", "n_embd", "d_model", "dim", "model_dim")
        headCount = count("num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads")
        let isMultiQuery = levels.contains { $0["multi_query"]?.boolValue == true }
        keyValueHeadCount =
            count("num_key_value_heads", "n_head_kv", "num_kv_heads", "n_kv_heads") ?? (isMultiQuery ? 1 : headCount)
        vocabularySize = count("vocab_size", "padded_vocab_size", "n_vocab")
        contextLength = count(
            "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length", "max_sequence_length")
        intermediateSize = count("intermediate_size", "n_inner", "ffn_dim", "d_ff", "ffn_hidden_size", "hidden_dim")
        dtype = text("dtype", "torch_dtype").map { $0.hasPrefix("torch.") ? String($0.dropFirst(6)) : $0 }
        tieWordEmbeddings = levels.lazy.compactMap { $0["tie_word_embeddings"]?.boolValue }.first
    }

    /// Where models of several parts keep what concerns their language model.
    private static let languageParts = ["text_config", "llm_config", "language_config", "text_model_config"]
}
