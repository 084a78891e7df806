package import Bytes

extension PruneSettings: StepSettings {
    package static let transform = "prune"

    package init(parameters node: RecipeNode, rules: [RecipeNode]) throws(FormatError) {
        try Self.refuse(rules: rules)
        let widths = Width.allCases.map(\.rawValue)
        let members = try node.members(
            widths + [
                "method", "layers", "keep_layers", "vocabulary", "vocabulary_list", "multiple_of", "importance",
                "importance_digest", "repair",
            ])
        self.init()
        if let method = members["method"] {
            guard try method.text() == Self.method else {
                throw method.fault(
                    "this version of Ingot has no method '\(try method.text().shortened)'",
                    remedy: "Write \(Self.method), or use the version of Ingot that made the recipe")
            }
        }
        for width in Width.allCases {
            guard let share = members[width.rawValue] else { continue }
            let value = try share.parsed { text throws(FormatError) in try Self.share(text) }
            do { try set(width, to: value) } catch { throw share.fault(error.problem, remedy: error.remedy) }
        }
        if let multiple = members["multiple_of"] {
            let value = try multiple.integer()
            do { try setMultiple(value) } catch { throw multiple.fault(error.problem, remedy: error.remedy) }
        }
        try readDepth(members)
        try readVocabulary(members)
        try readImportance(members)
        guard !isEmpty else {
            throw node.fault(
                "nothing is to be cut", remedy: "Give it mlp, heads, hidden, experts, layers or vocabulary")
        }
    }

    private static func share(_ text: String) throws(FormatError) -> Double {
        guard let value = Double(text) else {
            throw FormatError(.refused, "'\(text.shortened)' is no share", remedy: "Write a number such as 0.25")
        }
        return value
    }

    private mutating func readDepth(_ members: [String: RecipeNode]) throws(FormatError) {
        if let cut = members["layers"] {
            depth = .cut(try cut.parsed { text throws(FormatError) in try LayerList(parsing: text) })
        }
        guard let kept = members["keep_layers"] else { return }
        guard depth == .all else {
            throw kept.fault("'layers' names what goes, 'keep_layers' what stays", remedy: "Write one of them")
        }
        depth = .keep(try kept.parsed { text throws(FormatError) in try LayerList(parsing: text) })
    }

    private mutating func readVocabulary(_ members: [String: RecipeNode]) throws(FormatError) {
        if let count = members["vocabulary"] {
            let value = try count.integer()
            guard value > 0 else { throw count.fault("\(value) tokens are none", remedy: "Write how many stay") }
            vocabulary = .count(value)
        }
        guard let list = members["vocabulary_list"] else { return }
        guard vocabulary == nil else {
            throw list.fault("the tokens are counted and listed", remedy: "Write one of them")
        }
        vocabulary = .list(try list.parsed { text throws(FormatError) in try Self.digest(text) })
    }

    private mutating func readImportance(_ members: [String: RecipeNode]) throws(FormatError) {
        let digest = try members["importance_digest"]?.parsed { text throws(FormatError) in try Self.digest(text) }
        if let word = members["importance"] {
            switch (try word.text(), digest) {
            case ("l2", nil): importance = .l2
            case ("l1", nil): importance = .l1
            case ("imatrix", let digest?): importance = .imatrix(digest)
            case ("statistics", let digest?): importance = .statistics(digest)
            default:
                throw word.fault(
                    "'\(try word.text().shortened)' ranks nothing here",
                    remedy: "Write l2 or l1, or imatrix or statistics beside importance_digest")
            }
        }
        if let digest, shares.isEmpty, let node = members["importance_digest"] {
            throw node.fault(
                "the file \(digest.hex.prefix(12)) ranks channels, heads or experts, and none are to be cut",
                remedy: "Leave out importance and importance_digest, or add mlp, heads, kv_groups, hidden or experts")
        }
        guard let repair = members["repair"] else { return }
        guard try repair.text() == "least_squares", case .statistics = importance else {
            throw repair.fault(
                "matrices are fitted again with statistics", remedy: "Write least_squares, or leave it out")
        }
        repairs = true
    }

    private static func digest(_ text: String) throws(FormatError) -> Digest {
        guard let digest = Digest(hex: text) else {
            throw FormatError(
                .refused, "'\(text.shortened)' is no digest", remedy: "Write the 64 hexadecimal digits of SHA-256")
        }
        return digest
    }

    /// The recipe of this one step.
    package var recipe: Recipe { Recipe(steps: [.prune(self)]) }
}
