package import Bytes

/// DistilBERT as a student of BERT: what its tensors are called, and its config.json.
///
/// Source: transformers 4.30, `research_projects/distillation/scripts/extract_distilbert.py`, and
/// `models/distilbert/configuration_distilbert.py`.
package struct DistilBERTStudent: Sendable {
    /// The teacher's layers, in the student's order.
    package let layers: [Int]

    package init(layers: [Int]) { self.layers = layers }

    /// A teacher's tensor by the name that it has in all checkpoints of BERT.
    package static func usualName(_ name: String) -> String {
        var usual = name.hasPrefix("bert.") ? String(name.dropFirst("bert.".count)) : name
        for (old, new) in [(".gamma", ".weight"), (".beta", ".bias")] where usual.hasSuffix("LayerNorm" + old) {
            usual = usual.dropLast(old.count) + new
        }
        return usual
    }

    private static let layerModules = [
        "attention.self.query": "attention.q_lin", "attention.self.key": "attention.k_lin",
        "attention.self.value": "attention.v_lin", "attention.output.dense": "attention.out_lin",
        "attention.output.LayerNorm": "sa_layer_norm", "intermediate.dense": "ffn.lin1", "output.dense": "ffn.lin2",
        "output.LayerNorm": "output_layer_norm",
    ]

    private static let otherTensors = [
        "embeddings.word_embeddings.weight": "distilbert.embeddings.word_embeddings.weight",
        "embeddings.position_embeddings.weight": "distilbert.embeddings.position_embeddings.weight",
        "embeddings.LayerNorm.weight": "distilbert.embeddings.LayerNorm.weight",
        "embeddings.LayerNorm.bias": "distilbert.embeddings.LayerNorm.bias",
        "cls.predictions.decoder.weight": "vocab_projector.weight", "cls.predictions.bias": "vocab_projector.bias",
        "cls.predictions.transform.dense.weight": "vocab_transform.weight",
        "cls.predictions.transform.dense.bias": "vocab_transform.bias",
        "cls.predictions.transform.LayerNorm.weight": "vocab_layer_norm.weight",
        "cls.predictions.transform.LayerNorm.bias": "vocab_layer_norm.bias",
    ]

    /// What a teacher's tensor is called in the student; nil for one that it has not.
    /// - Parameter usual: as `usualName` gives it.
    package func name(_ usual: String) -> String? {
        if let name = Self.otherTensors[usual] { return name }
        let parts = usual.split(separator: ".")
        guard parts.count > 4, parts[0] == "encoder", parts[1] == "layer", let layer = Int(parts[2]),
            let place = layers.firstIndex(of: layer), let parameter = parts.last,
            let module = Self.layerModules[parts[3..<parts.count - 1].joined(separator: ".")]
        else { return nil }
        return "distilbert.transformer.layer.\(place).\(module).\(parameter)"
    }

    /// The teacher's tensors without which there is no student, by their usual names.
    package var needed: [String] {
        let embeddings = Self.otherTensors.keys.filter { $0.hasPrefix("embeddings.") }.sorted()
        return embeddings
            + layers.flatMap { layer in
                Self.layerModules.keys.sorted().flatMap { module in
                    ["weight", "bias"].map { "encoder.layer.\(layer).\(module).\($0)" }
                }
            }
    }

    /// The student's config.json.
    /// - Parameters:
    ///   - config: the teacher's.
    ///   - predictsWords: whether the teacher has the head that predicts masked words.
    /// - Throws: `FormatError` for what DistilBERT cannot express.
    package func config(_ config: JSONObject, predictsWords: Bool) throws(FormatError) -> JSONObject {
        func refuse(_ key: String, _ why: String) -> FormatError {
            FormatError(
                .refused, "'\(key)' is \(config[key]?.text() ?? "absent"): \(why)", file: "config.json",
                remedy: "Choose layers with --layers, without the preset")
        }
        if let kind = config["position_embedding_type"], kind != .string("absolute"), kind != .null {
            throw refuse("position_embedding_type", "DistilBERT has absolute positions")
        }
        if config["is_decoder"] == .bool(true) { throw refuse("is_decoder", "DistilBERT is no decoder") }
        var made = JSONObject([
            ("architectures", .array([.string(predictsWords ? "DistilBertForMaskedLM" : "DistilBertModel")])),
            ("model_type", .string("distilbert")), ("n_layers", .number(layers.count)),
            ("sinusoidal_pos_embds", .bool(false)), ("tie_weights_", .bool(true)),
        ])
        for (old, new) in Self.members {
            if let value = config[old] { made[new] = value }
        }
        for key in ["dim", "n_heads", "hidden_dim", "vocab_size"] where made[key] == nil {
            throw FormatError(
                .corrupt, "it does not tell what is '\(key)' of DistilBERT", file: "config.json",
                remedy: "Correct config.json, or fetch the model again")
        }
        return made.sorted()
    }

    /// Members of both, by the teacher's names.
    private static let members = [
        ("hidden_act", "activation"), ("attention_probs_dropout_prob", "attention_dropout"), ("hidden_size", "dim"),
        ("hidden_dropout_prob", "dropout"), ("intermediate_size", "hidden_dim"),
        ("initializer_range", "initializer_range"), ("max_position_embeddings", "max_position_embeddings"),
        ("num_attention_heads", "n_heads"), ("pad_token_id", "pad_token_id"), ("vocab_size", "vocab_size"),
        ("dtype", "dtype"), ("torch_dtype", "torch_dtype"), ("tie_word_embeddings", "tie_word_embeddings"),
        ("transformers_version", "transformers_version"),
    ]

    /// What DistilBERT computes in another way than the teacher.
    package func notes(_ config: JSONObject) -> [String] {
        guard let epsilon = config["layer_norm_eps"]?.doubleValue, epsilon != 1e-12 else { return [] }
        return ["DistilBERT's norms have an epsilon of 1e-12, and the teacher's \(epsilon)"]
    }

    /// tokenizer_config.json without the ids of token types, which DistilBERT does not take.
    package static func tokenizerConfig(_ config: JSONObject) -> JSONObject {
        var config = config
        if let name = config["tokenizer_class"]?.stringValue, name.hasPrefix("BertTokenizer") {
            config["tokenizer_class"] = .string("Distil" + name)
        }
        if config["model_input_names"] != nil {
            config["model_input_names"] = .array([.string("input_ids"), .string("attention_mask")])
        }
        return config
    }
}
