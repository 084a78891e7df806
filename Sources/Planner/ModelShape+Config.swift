package import Bytes

extension ModelShape {
    /// The families that have formulas, by `model_type`.
    package static let families: [String] = readers.keys.sorted()

    /// Reads the sizes from a config.json, as transformers understands it.
    /// - Returns: nil for a family that has no formula here.
    /// - Throws: `PlanError` that names the field that is missing or contradicts another, with the values.
    package init?(config: JSONValue) throws(PlanError) {
        guard let family = config["model_type"]?.stringValue, let read = Self.readers[family] else { return nil }
        let fields = ConfigFields(config)
        var shape = try read(family, fields)
        try shape.check()
        if shape.style == .llama { try shape.readWindow(fields) }
        self = shape
    }

    private typealias Reader = @Sendable (String, ConfigFields) throws(PlanError) -> ModelShape

    private static let readers: [String: Reader] = [
        "llama": { family, fields throws(PlanError) in try llama(family, fields) },
        "mistral": { family, fields throws(PlanError) in try llama(family, fields) },
        "phi3": { family, fields throws(PlanError) in
            var shape = try llama(family, fields)
            shape.isFused = true
            return shape
        },
        "qwen2": { family, fields throws(PlanError) in
            var shape = try llama(family, fields)
            shape.hasQueryBias = true
            return shape
        },
        "qwen3": { family, fields throws(PlanError) in try qwen3(family, fields) },
        "qwen2_moe": { family, fields throws(PlanError) in
            var shape = try llama(family, fields)
            shape.hasQueryBias = true
            shape.experts = try qwenExperts(fields, layers: shape.layers)
            shape.experts?.sharedFeedForward = try fields.count("shared_expert_intermediate_size")
            return shape
        },
        "qwen3_moe": { family, fields throws(PlanError) in
            var shape = try qwen3(family, fields)
            shape.experts = try qwenExperts(fields, layers: shape.layers)
            return shape
        },
        "mixtral": { family, fields throws(PlanError) in
            var shape = try llama(family, fields)
            shape.experts = Experts(
                count: try fields.count("num_local_experts"), active: try fields.count("num_experts_per_tok"),
                feedForward: shape.feedForward)
            return shape
        },
        "gemma": { family, fields throws(PlanError) in try gemma(family, fields, norms: 2) },
        "gemma2": { family, fields throws(PlanError) in try gemma(family, fields, norms: 4) },
        "gemma3_text": { family, fields throws(PlanError) in
            var shape = try gemma(family, fields, norms: 4)
            shape.hasHeadNorms = true
            return shape
        },
        "gpt2": { family, fields throws(PlanError) in try gpt2(family, fields) },
        "bert": { family, fields throws(PlanError) in try bert(family, fields) },
        "distilbert": { family, fields throws(PlanError) in try distilbert(family, fields) },
    ]

    private static func llama(_ family: String, _ fields: ConfigFields) throws(PlanError) -> Self {
        let hidden = try fields.count("hidden_size")
        let heads = try fields.count("num_attention_heads")
        var shape = Self(
            family: family, style: .llama, layers: try fields.count("num_hidden_layers"), hidden: hidden, heads: heads,
            keyValueHeads: try fields.optionalCount("num_key_value_heads") ?? heads,
            headSize: try fields.headSize(hidden: hidden, heads: heads, "hidden_size", "num_attention_heads"),
            feedForward: try fields.count("intermediate_size"), vocabulary: try fields.count("vocab_size"))
        shape.positions = try fields.optionalCount("max_position_embeddings") ?? 0
        shape.tiesHead = fields.flag("tie_word_embeddings") ?? false
        shape.hasQueryBias = fields.flag("attention_bias") ?? false
        shape.hasOutputBias = shape.hasQueryBias
        shape.hasMLPBias = fields.flag("mlp_bias") ?? false
        return shape
    }

    private static func qwen3(_ family: String, _ fields: ConfigFields) throws(PlanError) -> Self {
        var shape = try llama(family, fields)
        // transformers' default for the family, whatever h/a is.
        shape.headSize = try fields.optionalCount("head_dim") ?? 128
        shape.hasHeadNorms = true
        return shape
    }

    private static func qwenExperts(_ fields: ConfigFields, layers: Int) throws(PlanError) -> Experts {
        var experts = Experts(
            count: try fields.count("num_experts"), active: try fields.count("num_experts_per_tok"),
            feedForward: try fields.count("moe_intermediate_size"))
        let step = try fields.optionalCount("decoder_sparse_step") ?? 1
        let dense = Set(fields.numbers("mlp_only_layers"))
        experts.denseLayers = (0..<layers).count { dense.contains($0) || ($0 + 1) % step != 0 }
        return experts
    }

    private static func gemma(_ family: String, _ fields: ConfigFields, norms: Int) throws(PlanError) -> Self {
        var shape = try llama(family, fields)
        shape.headSize = try fields.optionalCount("head_dim") ?? 256
        shape.tiesHead = fields.flag("tie_word_embeddings") ?? true
        shape.normsPerBlock = norms
        return shape
    }

    private static func gpt2(_ family: String, _ fields: ConfigFields) throws(PlanError) -> Self {
        let hidden = try fields.count("n_embd")
        let heads = try fields.count("n_head")
        var shape = Self(
            family: family, style: .gpt2, layers: try fields.count("n_layer"), hidden: hidden, heads: heads,
            keyValueHeads: heads, headSize: try fields.headSize(hidden: hidden, heads: heads, "n_embd", "n_head"),
            feedForward: try fields.optionalCount("n_inner") ?? 4 * hidden, vocabulary: try fields.count("vocab_size"))
        shape.positions = try fields.count("n_positions")
        shape.tiesHead = true
        return shape
    }

    private static func bert(_ family: String, _ fields: ConfigFields) throws(PlanError) -> Self {
        let hidden = try fields.count("hidden_size")
        let heads = try fields.count("num_attention_heads")
        var shape = Self(
            family: family, style: .bert, layers: try fields.count("num_hidden_layers"), hidden: hidden, heads: heads,
            keyValueHeads: heads,
            headSize: try fields.headSize(hidden: hidden, heads: heads, "hidden_size", "num_attention_heads"),
            feedForward: try fields.count("intermediate_size"), vocabulary: try fields.count("vocab_size"))
        shape.positions = try fields.count("max_position_embeddings")
        shape.tokenTypes = try fields.optionalCount("type_vocab_size") ?? 2
        shape.hasPooler = true
        return shape
    }

    private static func distilbert(_ family: String, _ fields: ConfigFields) throws(PlanError) -> Self {
        let hidden = try fields.count("dim")
        let heads = try fields.count("n_heads")
        var shape = Self(
            family: family, style: .bert, layers: try fields.count("n_layers"), hidden: hidden, heads: heads,
            keyValueHeads: heads, headSize: try fields.headSize(hidden: hidden, heads: heads, "dim", "n_heads"),
            feedForward: try fields.count("hidden_dim"), vocabulary: try fields.count("vocab_size"))
        shape.positions = try fields.count("max_position_embeddings")
        return shape
    }

    /// What config.json says of layers that see only the tokens of a window.
    private mutating func readWindow(_ fields: ConfigFields) throws(PlanError) {
        guard let width = try fields.optionalCount("sliding_window"), fields.flag("use_sliding_window") != false else {
            return
        }
        // Qwen keeps a width that it does not use, unless it says that it does.
        if family.hasPrefix("qwen"), fields.flag("use_sliding_window") != true { return }
        let types = fields.texts("layer_types")
        window = width
        if !types.isEmpty {
            windowedLayers = min(layers, types.count { $0 == "sliding_attention" })
        } else if family == "gemma2" {
            windowedLayers = (layers + 1) / 2
        } else if family == "gemma3_text" {
            let pattern = try fields.optionalCount("sliding_window_pattern") ?? 6
            windowedLayers = layers - layers / pattern
        } else if family.hasPrefix("qwen") {
            windowedLayers = max(0, layers - (try fields.optionalCount("max_window_layers") ?? 0))
        } else {
            windowedLayers = layers
        }
        if windowedLayers == 0 { window = nil }
    }

    private func check() throws(PlanError) {
        guard heads.isMultiple(of: keyValueHeads) else {
            throw PlanError(
                "num_key_value_heads (\(keyValueHeads)) does not divide num_attention_heads (\(heads))",
                remedy: "Correct config.json")
        }
        if let experts {
            guard experts.active <= experts.count else {
                throw PlanError(
                    "num_experts_per_tok (\(experts.active)) is more than the experts (\(experts.count))",
                    remedy: "Correct config.json")
            }
        }
    }
}
