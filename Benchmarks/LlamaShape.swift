/// The dimensions of a made-up Llama model with tied embeddings.
struct LlamaShape: Equatable {
    static let vocabulary = 32_000
    static let headWidth = 64

    let hidden: Int
    let layers: Int

    /// Three matrices of this width in each layer: 8/3 of the hidden size, in steps of 256.
    var intermediate: Int { (hidden * 8 / 3 + 255) / 256 * 256 }
    var heads: Int { hidden / Self.headWidth }
    /// A quarter of the heads share keys and values.
    var keyValueHeads: Int { max(1, heads / 4) }

    var parameters: Int { tensors.reduce(0) { $0 + $1.elementCount } }

    /// The shape whose parameters come nearest to `target`, among those about 128 times as wide as deep.
    init(parameters target: Int) {
        var best = LlamaShape(hidden: 256, layers: 2)
        for hidden in stride(from: 256, through: 8192, by: 256) {
            for layers in max(2, hidden / 192)...max(2, hidden / 64) {
                let candidate = LlamaShape(hidden: hidden, layers: layers)
                if abs(candidate.parameters - target) < abs(best.parameters - target) { best = candidate }
            }
        }
        self = best
    }

    init(hidden: Int, layers: Int) {
        self.hidden = hidden
        self.layers = layers
    }

    struct Tensor: Equatable {
        let name: String
        let dimensions: [Int]
        var elementCount: Int { dimensions.reduce(1, *) }
        var byteCount: Int { elementCount * 2 }
    }

    /// The tensors, ordered by name as the reference writer of safetensors orders them.
    var tensors: [Tensor] {
        let keyValue = keyValueHeads * Self.headWidth
        var tensors = [
            Tensor(name: "model.embed_tokens.weight", dimensions: [Self.vocabulary, hidden]),
            Tensor(name: "model.norm.weight", dimensions: [hidden]),
        ]
        for layer in 0..<layers {
            let parts: [(String, [Int])] = [
                ("input_layernorm", [hidden]), ("mlp.down_proj", [hidden, intermediate]),
                ("mlp.gate_proj", [intermediate, hidden]), ("mlp.up_proj", [intermediate, hidden]),
                ("post_attention_layernorm", [hidden]), ("self_attn.k_proj", [keyValue, hidden]),
                ("self_attn.o_proj", [hidden, hidden]), ("self_attn.q_proj", [hidden, hidden]),
                ("self_attn.v_proj", [keyValue, hidden]),
            ]
            tensors += parts.map { Tensor(name: "model.layers.\(layer).\($0).weight", dimensions: $1) }
        }
        return tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
