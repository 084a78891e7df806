import Bytes

/// Puts tokens at their ids, and keeps two from taking the same place.
struct VocabularySlots {
    private var tokens: [Token?] = []
    private let capacity: Int

    /// Vocabularies in use have fewer than 300,000 tokens.
    static let greatestCount = 1 << 19
    /// The merges of vocabularies in use are fewer than 600,000.
    static let mostMerges = 1 << 20
    /// Padding that is allowed beside as many tokens again: embeddings are rounded up, and models reserve ids.
    static let greatestPadding = 1 << 18

    /// - Parameter entryCount: how many entries the files have, by which the greatest id is judged before anything is
    ///   allocated.
    init(entryCount: Int) {
        capacity = min(
            Self.greatestCount, entryCount.multipliedReportingOverflow(by: 2).partialValue + Self.greatestPadding)
    }

    /// The number of ids up to the greatest.
    var count: Int { tokens.count }

    /// The token at `id`, when one is there.
    func token(at id: Int) -> Token? { tokens.indices.contains(id) ? tokens[id] : nil }

    /// Puts a token in its place.
    /// - Throws: `FormatError` when the id is out of all proportion, or taken by another text.
    mutating func put(_ token: Token, at id: Int) throws(FormatError) {
        if let other = self.token(at: id), other.text != token.text {
            throw FormatError(
                .corrupt, "the id \(id) has two tokens, '\(other.name)' and '\(token.name)'",
                remedy: "Fetch the tokenizer's files again")
        }
        try replace(token, at: id)
    }

    /// Puts a token in its place, whatever is there.
    mutating func replace(_ token: Token, at id: Int) throws(FormatError) {
        guard id < capacity else {
            throw FormatError(
                .corrupt, "the token '\(token.name)' has the id \(id), where at most \(capacity) make sense",
                remedy: "Fetch the tokenizer's files again")
        }
        if id >= tokens.count { tokens += Array(repeating: nil, count: id + 1 - tokens.count) }
        tokens[id] = token
    }

    /// All tokens, with padding where there is none.
    /// - Parameter count: how many the embedding has rows for; more tokens than that are kept.
    func padded(to count: Int?) throws(FormatError) -> [Token] {
        let count = max(count ?? 0, tokens.count)
        guard count <= capacity else {
            throw FormatError(
                .corrupt, "a vocabulary of \(count) entries, of which \(tokens.count) have tokens",
                file: "config.json", remedy: "Check vocab_size")
        }
        return (0..<count).map { token(at: $0) ?? .padding($0) }
    }
}
