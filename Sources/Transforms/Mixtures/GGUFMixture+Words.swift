import Formats
import Numbers

extension GGUFMixture {
    /// In words, for lists.
    var summary: String {
        guard let table = MixtureTable.all[fileType.name] else { return "all matrices as \(fileType.base.name)" }
        if fileType.name == "mxfp4_moe" { return "stacked experts as MXFP4, other matrices as Q8_0" }
        var words = ["llama-quantize's mixture: \(table.base)"]
        let others = [MixtureKind.output, .embedding, .attentionValue, .attentionOutput, .feedForwardDown]
            .flatMap { table.cases($0).map(\.type) }.filter { $0 != table.base }
        var seen: Set<BlockType> = []
        let names = others.filter { seen.insert($0).inserted }.map(\.rawValue)
        if !names.isEmpty { words.append("with \(names.joined(separator: ", "))") }
        return words.joined(separator: " ")
    }

    /// What the mixture does, as lines above its recipe.
    var explanation: [String] {
        var lines = [
            "llama.cpp's file type \(fileType.number). Rules below go before it; a tensor with a rule is not counted."
        ]
        guard let table = MixtureTable.all[fileType.name] else {
            return lines + ["All matrices become \(fileType.base.name); norms, biases and routers stay F32."]
        }
        lines.append("Norms, biases and routers stay F32. Each other tensor gets the first type that holds:")
        let kinds: [(MixtureKind, String)] = [
            (.output, "output (token_embd if tied)"), (.embedding, "token_embd"), (.attentionValue, "attn_v, attn_qkv"),
            (.attentionOutput, "attn_output"), (.feedForwardDown, "ffn_down"),
        ]
        for (kind, name) in kinds where !table.cases(kind).isEmpty {
            let cases = table.cases(kind).map { "\($0.type)\($0.condition.words)" }
            lines.append("  \(name): \(cases.joined(separator: "; "))")
        }
        lines.append("  all others: \(table.base)")
        if table.lifts {
            lines.append("With 8 experts attn_k and attn_v become Q8_0; llama of 80 layers has Q5_K values.")
        }
        lines.append(
            "Rows that 256 does not divide: Q4_K becomes Q5_0, Q5_K Q5_1, Q6_K Q8_0, IQ4_XS IQ4_NL, others Q4_0;")
        lines.append("rows that 32 does not divide become F16.")
        return lines
    }
}

extension MixtureTable.Condition {
    fileprivate var words: String {
        switch self {
        case .always: ""
        case .more: " in the first and last eighth of layers and every third between"
        case .before(let count): " in the first \(count)"
        case .firstShare(let share): " in the first 1/\(share) of layers"
        case .firstShareWithImportance(let share, let wanted):
            " in the first 1/\(share) of layers \(wanted ? "with" : "without") an importance matrix"
        case .groupedQuery: " with 4 or more query heads for each key head"
        case .eightExperts: " with 8 experts"
        case .otherThanEightExperts: " unless there are 8 experts"
        case .stacked: " for stacked experts"
        }
    }
}
