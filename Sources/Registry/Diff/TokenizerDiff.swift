import Bytes
import Formats
import Tokenizers

/// How two tokenizers differ, whatever files they were read from.
struct TokenizerDiff {
    /// Tokens that are named of each kind of difference.
    private static let exampleCount = 8

    private let first: TokenizerDescription
    private let second: TokenizerDescription
    private let firstIDs: [[UInt8]: Int]
    private let secondIDs: [[UInt8]: Int]

    init(_ first: TokenizerDescription, _ second: TokenizerDescription) {
        self.first = first
        self.second = second
        firstIDs = Self.ids(first)
        secondIDs = Self.ids(second)
    }

    /// Of equal texts the first counts.
    private static func ids(_ tokenizer: TokenizerDescription) -> [[UInt8]: Int] {
        Dictionary(tokenizer.tokens.enumerated().map { ($1.text, $0) }) { first, _ in first }
    }

    /// Nil when nothing differs.
    func report() -> DiffReport.Tokenizer? {
        let merges = merges()
        let report = DiffReport.Tokenizer(
            firstTokens: first.tokens.count, secondTokens: second.tokens.count,
            added: Self.tokens(second) { id, token in firstIDs[token.text] == nil ? "(\(id))" : nil },
            removed: Self.tokens(first) { id, token in secondIDs[token.text] == nil ? "(\(id))" : nil },
            moved: Self.tokens(first) { id, token in
                guard firstIDs[token.text] == id, let other = secondIDs[token.text], other != id else { return nil }
                return "(\(id) → \(other))"
            },
            retyped: Self.tokens(first) { id, token in
                guard firstIDs[token.text] == id, let other = secondIDs[token.text],
                    second.tokens[other].type != token.type
                else { return nil }
                return "(\(token.type) → \(second.tokens[other].type))"
            }, rescored: rescoredCount, addedMerges: merges.added, removedMerges: merges.removed,
            reorderedMerges: merges.isReordered, settings: settings)
        return report.isEmpty ? nil : report
    }

    private static func tokens(
        _ tokenizer: TokenizerDescription, _ difference: (Int, Token) -> String?
    ) -> DiffReport.Tokens {
        var found = DiffReport.Tokens()
        for (id, token) in tokenizer.tokens.enumerated() {
            guard let text = difference(id, token) else { continue }
            found.count += 1
            if found.examples.count < exampleCount { found.examples.append("\(shown(token)) \(text)") }
        }
        return found
    }

    private static func shown(_ token: Token) -> String { "'\(String(decoding: token.text, as: UTF8.self))'" }

    private var rescoredCount: Int {
        first.tokens.indices.count { id in
            let token = first.tokens[id]
            guard firstIDs[token.text] == id, let other = secondIDs[token.text] else { return false }
            return second.tokens[other].score != token.score
        }
    }

    /// A pair of texts that are joined.
    private struct Merge: Hashable {
        let left: [UInt8]
        let right: [UInt8]
    }

    private func merges() -> (added: Int, removed: Int, isReordered: Bool) {
        let (one, other) = (Self.merges(of: first), Self.merges(of: second))
        let (ones, others) = (Set(one), Set(other))
        let isReordered = !one.filter(others.contains).elementsEqual(other.filter(ones.contains))
        return (others.subtracting(ones).count, ones.subtracting(others).count, isReordered)
    }

    private static func merges(of tokenizer: TokenizerDescription) -> [Merge] {
        let tokens = tokenizer.tokens
        return tokenizer.merges.compactMap { merge in
            let (left, right) = (Int(merge.left), Int(merge.right))
            guard tokens.indices.contains(left), tokens.indices.contains(right) else { return nil }
            return Merge(left: tokens[left].text, right: tokens[right].text)
        }
    }

    private var settings: [DiffReport.ValueChange] {
        let (one, other) = (Self.settings(of: first), Self.settings(of: second))
        let keys = Set(one.map(\.key)).union(other.map(\.key)).sorted()
        let (ones, others) = (Dictionary(one) { first, _ in first }, Dictionary(other) { first, _ in first })
        return keys.compactMap { key in
            ones[key] == others[key] ? nil : .init(key: key, first: ones[key], second: others[key])
        }
    }

    /// What a tokenizer says besides its tokens, in words.
    private static func settings(of tokenizer: TokenizerDescription) -> [(key: String, value: String)] {
        var settings = [("kind", tokenizer.kind.rawValue), ("pre_tokenizer", tokenizer.preTokenizer)]
        for (token, id) in tokenizer.specialTokens {
            let text = tokenizer.tokens.indices.contains(id) ? " " + shown(tokenizer.tokens[id]) : ""
            settings.append(("\(token.rawValue)_token", "\(id)\(text)"))
        }
        let claims: [(String, Bool?)] = [
            ("adds_bos", tokenizer.added.beginning), ("adds_eos", tokenizer.added.end),
            ("adds_sep", tokenizer.added.separator), ("adds_space_prefix", tokenizer.addsSpacePrefix),
            ("removes_extra_whitespace", tokenizer.removesExtraWhitespace), ("lowercases", tokenizer.lowercases),
            ("strips_accents", tokenizer.stripsAccents),
        ]
        for (key, claim) in claims { if let claim { settings.append((key, "\(claim)")) } }
        for template in tokenizer.chatTemplates { settings.append(("chat_template.\(template.name)", template.text)) }
        return settings
    }
}

extension DiffReport.Tokenizer {
    /// Whether it tells of no difference.
    fileprivate var isEmpty: Bool {
        let counts = [added, removed, moved, retyped].map(\.count) + [rescored, addedMerges, removedMerges]
        return counts.allSatisfy { $0 == 0 } && !reorderedMerges && settings.isEmpty && firstTokens == secondTokens
    }
}

extension ExportSource {
    /// The tokenizer as its files have it; nil without one.
    /// - Throws: `FormatError` for one that is not read.
    func tokenizer() throws -> TokenizerDescription? {
        if case .gguf(let metadata) = convention {
            guard metadata.hasTokenizer else { return nil }
            let entries = metadata.entries.compactMap { entry in TokenizerField(entry.value).map { (entry.key, $0) } }
            return try TokenizerDescription(fields: TokenizerFields(entries))
        }
        guard try hasTokenizer() else { return nil }
        let files = TokenizerFiles { try companion($0) }
        do {
            return try TokenizerReading(files).description
        } catch is FormatError {
            // A way to cut text that llama.cpp does not know need not keep the vocabulary from being compared.
            return try TokenizerReading(files, preTokenizer: "unknown").description
        }
    }
}
