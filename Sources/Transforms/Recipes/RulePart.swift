package import Architectures

/// The part of a model that a rule may name: `role:attention`.
package enum RulePart: String, CaseIterable, Hashable, Sendable {
    /// Queries, keys, values and the projection behind them.
    case attention
    /// The feed-forward matrices that every token runs through.
    case mlp
    case embedding
    /// The last matrix: logits of tokens or classes.
    case output
    case norm
    /// The matrix that chooses experts.
    case router
    /// The matrices of experts, one by one or stacked.
    case expert
    case bias
    case other

    /// The part that a tensor belongs to.
    /// - Parameters:
    ///   - role: what the model's family says of it.
    ///   - name: its name, of the Hugging Face layout or of GGUF, which tells attention from the rest.
    package init(_ role: TensorRole, name: String) {
        self =
            switch role {
            case .linear, .conv1D: Self.isAttention(name) ? .attention : Self.isFeedForward(name) ? .mlp : .other
            case .embedding: .embedding
            case .norm: .norm
            case .outputHead: .output
            case .router: .router
            case .expert, .stackedExpert: .expert
            case .bias: .bias
            case .other: .other
            }
    }

    private static func isAttention(_ name: String) -> Bool {
        name.lowercased().split(separator: ".").contains { part in
            part.contains("attn") || part.contains("attention") || attentionModules.contains(String(part))
        }
    }

    private static func isFeedForward(_ name: String) -> Bool {
        name.lowercased().split(separator: ".").contains { part in
            feedForwardModules.contains { part.contains($0) }
        }
    }

    private static let attentionModules: Set<String> = ["q_proj", "k_proj", "v_proj", "o_proj", "qkv_proj", "out_proj"]
    private static let feedForwardModules = [
        "mlp", "ffn", "feed_forward", "intermediate", "output", "gate_proj", "up_proj", "down_proj", "fc1", "fc2",
        "dense_h_to_4h", "dense_4h_to_h", "densereludense",
    ]
}
