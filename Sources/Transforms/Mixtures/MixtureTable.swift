import Numbers

/// What a mixture gives the tensors of one kind: the first case that holds, else the base type.
struct MixtureTable: Sendable {
    let base: BlockType
    /// Whether models of eight experts, and Llama's 70 B, get more bits for attention.
    let lifts: Bool
    private let cases: [MixtureKind: [Case]]

    /// A type, and for which tensors of the kind.
    struct Case: Sendable {
        let condition: Condition
        let type: BlockType

        init(_ condition: Condition, _ type: BlockType) {
            self.condition = condition
            self.type = type
        }
    }

    /// Which tensors of a kind; `i` is a tensor's place among the n of its kind.
    enum Condition: Sendable {
        case always
        /// The layers that get more bits: the first and the last eighth, and every third between.
        case more
        /// i < this.
        case before(Int)
        /// i < n divided by this.
        case firstShare(Int)
        /// The same, with an importance matrix or without.
        case firstShareWithImportance(Int, Bool)
        /// At least four query heads for each head of keys.
        case groupedQuery
        case eightExperts
        case otherThanEightExperts
        /// A stack of matrices.
        case stacked
    }

    private init(_ base: BlockType, _ cases: [MixtureKind: [Case]] = [:], lifts: Bool = true) {
        self.base = base
        self.lifts = lifts
        self.cases = cases
    }

    /// The cases for a kind of tensor.
    func cases(_ kind: MixtureKind) -> [Case] {
        if let cases = cases[kind] { return cases }
        return kind == .output ? [Case(.always, .Q6_K)] : []
    }

    /// By the names of file types; those that are a plain dtype have no table.
    static let all: [String: Self] = [
        "q4_0": Self(.Q4_0, [.feedForwardDown: [Case(.firstShareWithImportance(8, true), .Q4_1)]]),
        "q4_1": Self(.Q4_1),
        "q5_0": Self(.Q5_0, [.feedForwardDown: [Case(.firstShareWithImportance(8, true), .Q5_1)]]),
        "q5_1": Self(.Q5_1),
        "q8_0": Self(.Q8_0, [.output: []]),
        "q2_k": Self(
            .Q2_K,
            [
                .attentionValue: [Case(.groupedQuery, .Q4_K), Case(.always, .Q3_K)],
                .attentionOutput: [Case(.eightExperts, .Q5_K), Case(.always, .Q3_K)],
                .feedForwardDown: [Case(.always, .Q3_K)],
            ]),
        "q2_k_s": Self(
            .Q2_K,
            [
                .attentionValue: [Case(.groupedQuery, .Q4_K)],
                .feedForwardDown: [Case(.firstShare(8), .Q4_K)],
            ]),
        "q3_k_s": Self(.Q3_K, [.attentionOutput: [Case(.eightExperts, .Q5_K)]]),
        "q3_k_m": Self(
            .Q3_K,
            [
                .attentionValue: [Case(.before(2), .Q5_K), Case(.always, .Q4_K)],
                .attentionOutput: [Case(.eightExperts, .Q5_K), Case(.always, .Q4_K)],
                .feedForwardDown: [Case(.firstShare(16), .Q5_K), Case(.always, .Q4_K)],
            ]),
        "q3_k_l": Self(
            .Q3_K,
            [
                .attentionValue: [Case(.always, .Q5_K)],
                .attentionOutput: [Case(.otherThanEightExperts, .Q5_K)],
                .feedForwardDown: [Case(.always, .Q5_K)],
            ]),
        "q4_k_s": Self(
            .Q4_K,
            [
                .attentionValue: [Case(.before(4), .Q5_K)],
                .attentionOutput: [Case(.eightExperts, .Q5_K)],
                .feedForwardDown: [Case(.firstShare(8), .Q5_K)],
            ]),
        "q4_k_m": Self(
            .Q4_K,
            [
                .attentionValue: [Case(.more, .Q6_K)],
                .attentionOutput: [Case(.eightExperts, .Q5_K)],
                .feedForwardDown: [Case(.more, .Q6_K)],
            ]),
        "q5_k_s": Self(.Q5_K),
        "q5_k_m": Self(
            .Q5_K, [.attentionValue: [Case(.more, .Q6_K)], .feedForwardDown: [Case(.more, .Q6_K)]]),
        "q6_k": Self(.Q6_K),
        "iq4_nl": Self(.IQ4_NL, importanceQuants), "iq4_xs": Self(.IQ4_XS, importanceQuants),
        "tq1_0": Self(.TQ1_0, [.embedding: [Case(.always, .Q4_K)]]),
        "tq2_0": Self(.TQ2_0, [.embedding: [Case(.always, .Q4_K)]]),
        "q2_0": Self(.Q2_0, [.embedding: [Case(.always, .Q4_K)]]),
        "q1_0": Self(.Q1_0),
        "mxfp4_moe": Self(
            .Q8_0, Dictionary(uniqueKeysWithValues: MixtureKind.allCases.map { ($0, [Case(.stacked, .MXFP4)]) }),
            lifts: false),
    ]

    private static let importanceQuants: [MixtureKind: [Case]] = [
        .attentionValue: [Case(.groupedQuery, .Q5_K)],
        .attentionOutput: [Case(.eightExperts, .Q5_K)],
        .feedForwardDown: [Case(.firstShareWithImportance(8, false), .Q5_K)],
    ]

    /// What the architecture `falcon` has in the place of the other cases.
    static func falconCases(_ fileType: String, _ kind: MixtureKind) -> [Case]? {
        switch (kind, fileType) {
        case (.output, _): [Case(.always, .Q8_0)]
        case (.attentionOutput, "q3_k_l"): [Case(.always, .Q4_K)]
        case (.attentionOutput, _): []
        case (.feedForwardDown, "q3_k_m"): [Case(.firstShare(16), .Q5_K), Case(.more, .Q4_K)]
        case (.feedForwardDown, "q3_k_l"): [Case(.always, .Q4_K)]
        case (.feedForwardDown, "q4_k_s"): []
        case (.feedForwardDown, "q4_k_m"): [Case(.firstShare(16), .Q6_K), Case(.more, .Q5_K), Case(.always, .Q4_K)]
        default: nil
        }
    }
}
