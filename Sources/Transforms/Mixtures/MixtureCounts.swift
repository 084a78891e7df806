import Numbers

/// The kinds of tensors that mixtures tell apart.
enum MixtureKind: CaseIterable, Sendable {
    /// The output matrix; the token embedding where it serves as such.
    case output
    case embedding
    /// `attn_v`, and what holds the values beside others: `attn_qkv`, `attn_kv_b`.
    case attentionValue
    case attentionKey, attentionOutput, feedForwardDown
    case other
}

/// What a GGUF tensor's name tells a mixture.
struct MixturePlace {
    /// Its kind, when the model has an output matrix of its own.
    let kind: MixtureKind
    /// The number behind `blk.`; -1 for a tensor outside the blocks.
    let block: Int

    /// The places of all tensors of a model, whose blocks repeat the same names.
    static func all(_ names: [String]) -> [Self] {
        var known: [Substring: MixtureKind] = [:]
        return names.map { name in
            let tail = GGUFName.withoutBlock(name)
            let kind = known[tail] ?? kind(of: name)
            known[tail] = kind
            let number = name.hasPrefix("blk.") ? name.dropFirst("blk.".count).prefix { $0 != "." } : ""
            return Self(kind: kind, block: Int(number) ?? -1)
        }
    }

    private static func kind(of name: String) -> MixtureKind {
        switch name {
        case "output.weight": .output
        case "token_embd.weight": .embedding
        case _ where ["attn_v.weight", "attn_qkv.weight", "attn_kv_b.weight"].contains(where: name.contains):
            .attentionValue
        case _ where name.contains("attn_k.weight"): .attentionKey
        case _ where name.contains("attn_output.weight"): .attentionOutput
        case _ where name.contains("ffn_down"): .feedForwardDown
        default: .other
        }
    }
}

/// How many tensors of each kind a mixture has decided about, in the order of writing.
struct MixtureCounts {
    let model: MixtureModel
    let hasImportance: Bool
    /// Whether the token embedding serves as output matrix.
    let isTied: Bool
    /// The tensors of that kind in the whole model.
    let attentionValueCount: Int
    private var attentionValues = 0
    private var feedForwardDowns = 0

    init(model: MixtureModel, hasImportance: Bool, isTied: Bool, attentionValueCount: Int) {
        self.model = model
        self.hasImportance = hasImportance
        self.isTied = isTied
        self.attentionValueCount = attentionValueCount
    }

    /// The type of the next tensor.
    mutating func type(of place: MixturePlace, shape: [Int], in mixture: MixtureTable, named name: String) -> BlockType
    {
        let kind: MixtureKind = place.kind == .embedding && isTied ? .output : place.kind
        let hasEightExperts = model.expertCount == 8
        var number = 0
        var total = model.blockCount
        switch kind {
        case .attentionValue:
            (number, total) = (attentionValues, attentionValueCount)
            attentionValues += 1
        case .feedForwardDown:
            // Layers may lack a dense one where there are experts, so that their own number counts.
            number = model.expertCount > 1 ? place.block : feedForwardDowns
            feedForwardDowns += 1
        default: break
        }
        let falcon = model.architecture == "falcon" ? MixtureTable.falconCases(name, kind) : nil
        let type =
            (falcon ?? mixture.cases(kind)).first { holds($0.condition, number, of: total, shape: shape) }?.type
            ?? mixture.base
        guard mixture.lifts else { return type }
        if hasEightExperts, kind == .attentionValue || kind == .attentionKey { return .Q8_0 }
        if kind == .attentionValue, isLlama70B, type == .Q3_K || type == .Q4_K { return .Q5_K }
        return type
    }

    private var isLlama70B: Bool {
        model.architecture == "llama" && model.blockCount == 80 && model.keyValueHeadCount == 8
    }

    private func holds(_ condition: MixtureTable.Condition, _ number: Int, of total: Int, shape: [Int]) -> Bool {
        switch condition {
        case .always: true
        case .more: Self.hasMoreBits(number, of: total)
        case .before(let bound): number < bound
        case .firstShare(let share): number < total / share
        case .firstShareWithImportance(let share, let wanted): number < total / share && hasImportance == wanted
        case .groupedQuery: model.queryHeadsPerKey >= 4
        case .eightExperts: model.expertCount == 8
        case .otherThanEightExperts: model.expertCount != 8
        case .stacked: shape.dropLast(2).reduce(1, *) > 1
        }
    }

    /// Whether layer `number` of `total` is among those that get more bits: the first and the last eighth, and every
    /// third between them.
    static func hasMoreBits(_ number: Int, of total: Int) -> Bool {
        number < total / 8 || number >= 7 * total / 8 || (number - total / 8) % 3 == 2
    }
}
