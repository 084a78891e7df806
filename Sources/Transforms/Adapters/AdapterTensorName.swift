/// What a tensor of an adapter is for, by the name that PEFT gives it.
package struct AdapterTensorName: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        /// The two factors of a linear layer's update: [rank, in] and [out, rank].
        case a, b
        /// What is added to the layer's bias, before scaling.
        case biasUpdate
        /// The two factors of an embedding's update: [rank, entries] and [size, rank].
        case embeddingA, embeddingB
        /// DoRA's magnitude of each output.
        case magnitude
        /// A parameter of the base that the adapter replaces: of `modules_to_save`, a trained bias.
        case whole(String)
    }

    /// The module in the base's words: `model.layers.0.self_attn.q_proj`.
    package let module: String
    package let part: Part

    private static let prefix = "base_model.model."
    private static let endings: [(text: String, part: Part)] = [
        (".lora_A.weight", .a), (".lora_B.weight", .b), (".lora_B.bias", .biasUpdate),
        (".lora_embedding_A", .embeddingA), (".lora_embedding_B", .embeddingB),
        (".lora_magnitude_vector", .magnitude), (".lora_magnitude_vector.weight", .magnitude),
    ]

    /// Nil for a name that PEFT's LoRA does not give.
    package init?(_ name: String) {
        let own = name.hasPrefix(Self.prefix) ? String(name.dropFirst(Self.prefix.count)) : name
        for (text, part) in Self.endings where own.hasSuffix(text) {
            module = String(own.dropLast(text.count))
            self.part = part
            return
        }
        let parts = own.split(separator: ".", omittingEmptySubsequences: false).filter {
            $0 != "base_layer" && $0 != "modules_to_save"
        }
        guard let last = parts.last, parts.count > 1, !own.contains("lora_") else { return nil }
        module = parts.dropLast().joined(separator: ".")
        part = .whole(String(last))
    }
}
