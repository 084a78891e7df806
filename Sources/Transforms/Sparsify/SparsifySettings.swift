package import Bytes

/// A step that sets the numbers of matrices to zero that count least; shapes stay.
package struct SparsifySettings: StepSettings {
    package static let transform = "sparsify"

    /// How many numbers go.
    package enum Amount: Equatable, Sendable {
        /// This share of all, rounded down.
        case share(Double)
        /// So many of each run of neighbors along a matrix's inputs stay.
        case pattern(SparsityPattern)
    }

    /// Among which numbers the share is taken.
    package enum Scope: String, CaseIterable, Sendable {
        /// Each output of a matrix: the numbers that one sum is made of.
        case row
        case tensor
        /// All matrices together.
        case global
    }

    /// What tells how much a number counts.
    package enum Scores: Equatable, Sendable {
        case magnitude
        /// Its magnitude times the norm of its input, by statistics of which this is the digest.
        /// Source: Sun et al., "A Simple and Effective Pruning Approach for Large Language Models", 2023.
        case wanda(Digest)
    }

    package let amount: Amount
    package let scope: Scope
    package let scores: Scores
    /// Which tensors stay besides those that always do, or go besides the usual ones.
    package var rules: [TensorRule] = []

    /// - Parameter scope: nil for the usual: of scores by statistics each row, else each tensor.
    package init(_ amount: Amount, scope: Scope?, scores: Scores) throws(FormatError) {
        let usual: Scope = scores == .magnitude ? .tensor : .row
        if case .pattern(let pattern) = amount, let scope {
            throw FormatError(
                .refused,
                "the pattern \(pattern.text) decides among \(pattern.length) neighbors, not by \(scope.rawValue)",
                remedy: "Leave the scope out")
        }
        if case .share(let share) = amount, !(share > 0 && share < 1) {
            throw FormatError(
                .refused, "a sparsity of \(share): the share that becomes zero lies between 0 and 1",
                remedy: "To zero half of the numbers, write 0.5")
        }
        self.amount = amount
        self.scope = scope ?? usual
        self.scores = scores
    }

    /// The recipe of this one step.
    package var recipe: Recipe { Recipe(steps: [.sparsify(self)]) }

    /// The version within which the same settings make the same bytes.
    private static let method = "mask-1"

    package var parameters: JSONObject {
        var parameters = JSONObject([("method", .string(Self.method))])
        switch amount {
        case .share(let share):
            parameters["sparsity"] = .number("\(share)")
            parameters["scope"] = .string(scope.rawValue)
        case .pattern(let pattern): parameters["pattern"] = .string(pattern.text)
        }
        if case .wanda(let digest) = scores {
            parameters["scores"] = .string("wanda")
            parameters["statistics"] = .string(digest.hex)
        }
        return parameters
    }

    package init(parameters node: RecipeNode, rules: [RecipeNode]) throws(FormatError) {
        let members = try node.members(["method", "sparsity", "pattern", "scope", "scores", "statistics"])
        if let method = members["method"] {
            guard try method.text() == Self.method else {
                throw method.fault(
                    "this version of Ingot has no method '\(try method.text().shortened)'",
                    remedy: "Write \(Self.method), or use the version of Ingot that made the recipe")
            }
        }
        let scope = try members["scope"]?.word(Scope.self), scores = try Self.scores(members, node)
        do {
            try self.init(try Self.amount(members, node), scope: scope, scores: scores)
        } catch { throw error.file == nil ? node.fault(error.problem, remedy: error.remedy) : error }
        for rule in rules { try add(try TensorRule(rule, family: nil), of: rule) }
    }

    private static func amount(
        _ members: [String: RecipeNode], _ node: RecipeNode
    ) throws(FormatError) -> Amount {
        switch (members["sparsity"], members["pattern"]) {
        case (let share?, nil): return .share(try share.number())
        case (nil, let pattern?):
            return .pattern(try pattern.parsed { text throws(FormatError) in try SparsityPattern(parsing: text) })
        case (nil, nil): throw node.fault("it has neither 'sparsity' nor 'pattern'")
        case (_?, let pattern?): throw pattern.fault("a pattern says the share itself", remedy: "Leave 'sparsity' out")
        }
    }

    private static func scores(
        _ members: [String: RecipeNode], _ node: RecipeNode
    ) throws(FormatError) -> Scores {
        enum Word: String, CaseIterable { case magnitude, wanda }
        let digest = try members["statistics"]?.parsed { text throws(FormatError) in
            guard let digest = Digest(hex: text) else {
                throw FormatError(
                    .refused, "'\(text.shortened)' is no digest", remedy: "Write the 64 hexadecimal digits of SHA-256")
            }
            return digest
        }
        switch (try members["scores"]?.word(Word.self) ?? .magnitude, digest) {
        case (.magnitude, nil): return .magnitude
        case (.wanda, let digest?): return .wanda(digest)
        case (.magnitude, _?): throw node.fault("statistics are of the scores 'wanda'", remedy: "Add scores: wanda")
        case (.wanda, nil): throw node.fault("wanda needs 'statistics', the digest of their file")
        }
    }

    private mutating func add(_ rule: TensorRule, of node: RecipeNode) throws(FormatError) {
        do { try add(rule) } catch { throw node.fault(error.problem, remedy: error.remedy) }
    }

    /// Adds a rule.
    /// - Throws: `FormatError` for one that says anything but `keep`.
    package mutating func add(_ rule: TensorRule) throws(FormatError) {
        guard case .keep = rule.action else {
            throw FormatError(
                .refused, "the rule '\(rule.pattern)=\(rule.action.text)': here tensors can only stay",
                remedy: "Let the rule say keep")
        }
        rules.append(rule)
    }

    /// What a result's tag is made of: `sparse50`, `sparse2of4-wanda`.
    package var tag: String {
        var words: [String]
        switch amount {
        case .share(let share):
            let percent = share * 100
            let text = percent == percent.rounded() ? "\(Int(percent))" : "\((percent * 100).rounded() / 100)"
            words = ["sparse\(text)"]
            if scope != (scores == .magnitude ? .tensor : .row) { words.append(scope.rawValue) }
        case .pattern(let pattern): words = ["sparse\(pattern.kept)of\(pattern.length)"]
        }
        if scores != .magnitude { words.append("wanda") }
        if !rules.isEmpty { words.append("keep") }
        return words.joined(separator: "-")
    }
}

/// How many of neighbors stay: `2:4` is two of each four.
package struct SparsityPattern: Equatable, Sendable {
    package let kept: Int
    package let length: Int

    /// Longer runs are no pattern, but a share.
    private static let longest = 256

    package init(parsing text: String) throws(FormatError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let kept = Int(parts[0]), let length = Int(parts[1]), kept > 0, kept < length,
            length <= Self.longest
        else {
            throw FormatError(
                .refused, "'\(text.shortened)' is no pattern",
                remedy: "Write how many of how many neighbors stay, at most of \(Self.longest): 2:4, 4:8")
        }
        self.kept = kept
        self.length = length
    }

    package var text: String { "\(kept):\(length)" }
}
