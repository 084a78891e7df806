/// Which tensors of a GGUF model llama-quantize leaves as they are.
///
/// Source: llama.cpp, `src/llama-quant.cpp`, `tensor_allows_quantization`.
enum GGUFEligibility {
    /// Why a tensor is never quantized, in words; nil for one that is.
    static func reasonToKeep(_ name: String, shape: [Int]) -> String? {
        if shape.count < 2 { return name.hasSuffix(".bias") ? "bias" : "no matrix" }
        return shape.contains(0) ? "empty" : reasonToKeep(matrix: name)
    }

    /// The same for all tensors of a model, whose blocks repeat the same names.
    static func reasonsToKeep(_ tensors: [(name: String, shape: [Int])]) -> [String?] {
        var known: [Substring: String?] = [:]
        return tensors.map { name, shape in
            guard shape.count > 1, !shape.contains(0) else { return reasonToKeep(name, shape: shape) }
            let tail = GGUFName.withoutBlock(name)
            if let reason = known[tail] { return reason }
            let reason = reasonToKeep(matrix: name)
            known[tail] = .some(reason)
            return reason
        }
    }

    private static func reasonToKeep(matrix name: String) -> String? {
        guard name.hasSuffix("weight") else { return "no weight" }
        // Plans ask for each tensor of each variant: bytes are compared, as searching text is a hundred times slower.
        let bytes = Array(name.utf8)
        if let reason = parts.first(where: { contains($0.part, in: bytes) })?.reason { return reason }
        return ["position_embd.weight", "token_types.weight"].contains(name) ? "position or type embedding" : nil
    }

    private static func contains(_ part: [UInt8], in name: [UInt8]) -> Bool {
        guard part.count <= name.count else { return false }
        return (0...name.count - part.count).contains { start in
            name[start] == part[0] && part.indices.allSatisfy { name[start + $0] == part[$0] }
        }
    }

    private static let parts = texts.map { (part: Array($0.part.utf8), reason: $0.reason) }

    private static let texts: [(part: String, reason: String)] =
        [
            ("_norm.weight", "norm"), ("ffn_gate_inp.weight", "router"), ("ffn_gate_tid2eid.weight", "router"),
            (".position_embd", "position or type embedding"), (".rel_pos", "position or type embedding"),
            ("attn_rel_b.weight", "position or type embedding"), (".patch_embd", "image patches"),
            (".patch_merger", "image patches"),
        ]
        + [
            "altup", "laurel", "per_layer_model_proj", "ssm_conv1d", "shortconv.conv.weight",
            "indexer.k_proj.weight", "indexer.q_proj.weight", "time_mix_first.weight", "time_mix_w0.weight",
            "time_mix_w1.weight", "time_mix_w2.weight", "time_mix_v0.weight", "time_mix_v1.weight",
            "time_mix_v2.weight", "time_mix_a0.weight", "time_mix_a1.weight", "time_mix_a2.weight",
            "time_mix_g1.weight", "time_mix_g2.weight", "time_mix_decay_w1.weight", "time_mix_decay_w2.weight",
            "time_mix_lerp_fused.weight",
        ].map { ($0, "small matrix that llama.cpp leaves alone") }
}

/// The names of GGUF tensors.
enum GGUFName {
    /// `.attn_q.weight` of `blk.3.attn_q.weight`: what is the same in all blocks. Other names are left as they are.
    static func withoutBlock(_ name: String) -> Substring {
        guard name.hasPrefix("blk.") else { return name[...] }
        return name.dropFirst("blk.".count).drop { $0 != "." }
    }
}
