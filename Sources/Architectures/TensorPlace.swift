/// What a tensor is for in a transformer, finer than its role: errors are compared by it.
package enum TensorPart: String, CaseIterable, Hashable, Sendable {
    case embedding
    case attentionQuery = "attention_q"
    case attentionKey = "attention_k"
    case attentionValue = "attention_v"
    /// Query, key and value in one matrix.
    case attentionQKV = "attention_qkv"
    case attentionOutput = "attention_o"
    case mlpGate = "mlp_gate"
    case mlpUp = "mlp_up"
    /// Gate and up in one matrix.
    case mlpGateUp = "mlp_gate_up"
    case mlpDown = "mlp_down"
    /// All matrices of experts.
    case experts
    case router
    case outputHead = "output_head"
    case norm
    case bias
    case other
}

/// Where a tensor stands in its model, under the names of a checkpoint or those of GGUF.
package struct TensorPlace: Hashable, Sendable {
    package let part: TensorPart
    /// The layer's number; nil for what stands before or behind the layers.
    package let layer: Int?
    /// A name that is the same in both conventions, where a tensor of one is a tensor of the other: GGUF's.
    package let key: String

    /// - Parameters:
    ///   - name: the tensor's name.
    ///   - dimensions: its shape.
    ///   - family: the family of its model, if it is known.
    package init(name: String, dimensions: [Int], family: ModelFamily?) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let first = parts.first ?? ""
        if first == "blk" || Self.outside[first] != nil {
            layer = first == "blk" && parts.count > 1 ? Int(parts[1]) : nil
            let component = first == "blk" && parts.count > 2 ? parts[2] : first
            part = parts.last == "bias" && !component.contains("norm") ? .bias : Self.ggufPart(component)
            key = name
            return
        }
        layer = family?.layerNumber(of: name) ?? parts.lazy.compactMap { Int($0) }.first
        let familyRole = family?.role(of: name)
        let role =
            familyRole.flatMap { $0 == .other ? nil : $0 } ?? TensorRole.guess(name: name, dimensions: dimensions)
        part = Self.part(of: role, parts)
        key = family?.gguf?.counterpart(of: name) ?? name
    }

    /// The tensors of GGUF that belong to no layer, by the first part of their names.
    private static let outside: [String: TensorPart] = [
        "token_embd": .embedding, "position_embd": .embedding, "token_types": .embedding, "token_embd_norm": .norm,
        "output": .outputHead, "output_norm": .norm, "rope_freqs": .other, "rope_factors_long": .other,
        "rope_factors_short": .other,
    ]

    /// Source: ggml-org/llama.cpp, gguf-py, `TENSOR_NAMES`.
    private static func ggufPart(_ component: String) -> TensorPart {
        if let part = outside[component] { return part }
        if component.contains("norm") { return .norm }
        if component.hasSuffix("_exps") || component.hasSuffix("_shexp") { return .experts }
        switch component {
        case "attn_q": return .attentionQuery
        case "attn_k": return .attentionKey
        case "attn_v": return .attentionValue
        case "attn_qkv": return .attentionQKV
        case "attn_output": return .attentionOutput
        case "ffn_gate": return .mlpGate
        case "ffn_up": return .mlpUp
        case "ffn_down": return .mlpDown
        case "ffn_gate_inp", "ffn_gate_inp_shexp": return .router
        default: return .other
        }
    }

    private static func part(of role: TensorRole, _ parts: [String]) -> TensorPart {
        switch role {
        case .embedding: return .embedding
        case .norm: return .norm
        case .outputHead: return .outputHead
        case .router: return .router
        case .expert, .stackedExpert: return .experts
        case .bias: return .bias
        case .other: return .other
        case .linear, .conv1D: break
        }
        let modules = parts.dropLast()
        let isAttention = modules.contains { $0.lowercased().contains("att") }
        switch modules.last ?? "" {
        case "q_proj", "query", "q_attn", "wq", "q_lin": return .attentionQuery
        case "k_proj", "key", "wk", "k_lin": return .attentionKey
        case "v_proj", "value", "wv", "v_lin": return .attentionValue
        case "qkv_proj", "c_attn", "Wqkv", "query_key_value": return .attentionQKV
        case "o_proj", "out_proj", "wo", "out_lin": return .attentionOutput
        case "gate_proj", "w1", "fc12": return .mlpGate
        case "up_proj", "w3", "c_fc", "fc1", "fc11", "dense_h_to_4h", "lin1": return .mlpUp
        case "gate_up_proj": return .mlpGateUp
        case "down_proj", "w2", "fc2", "dense_4h_to_h", "lin2": return .mlpDown
        case "c_proj": return isAttention ? .attentionOutput : .mlpDown
        case "dense":
            if isAttention { return .attentionOutput }
            if modules.contains("intermediate") { return .mlpUp }
            return modules.contains("output") ? .mlpDown : .other
        default: return .other
        }
    }
}

extension GGUFConvention {
    /// GGUF's name of a checkpoint's tensor that is one of its own; nil where GGUF has none, or cuts it otherwise.
    func counterpart(of name: String) -> String? {
        let usual = usualName(name)
        for rule in tensors {
            for case .one(let pattern) in rule.forms where pattern == usual.pattern {
                return NumberedName(pattern: rule.gguf, numbers: usual.numbers).text
            }
        }
        return nil
    }
}
