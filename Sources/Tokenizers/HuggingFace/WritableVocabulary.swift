/// The tokens that files of text can hold: padding is left out, and so is what JSON cannot say.
struct WritableVocabulary {
    /// The text of each token that is written, by id; nil for the others.
    private(set) var texts: [String?]
    /// Padding at the end is no part of the vocabulary.
    let count: Int
    private(set) var notes: [String] = []

    init(_ description: TokenizerDescription) {
        let tokens = description.tokens
        count = tokens.count - tokens.indices.reversed().prefix { tokens[$0].isPadding($0) }.count
        texts = Array(repeating: nil, count: tokens.count)
        var seen: Set<[UInt8]> = []
        var lost: [Int] = []
        var unsaid = 0
        for (id, token) in tokens.enumerated() where !token.isPadding(id) {
            guard !token.text.isEmpty, let text = String(validating: token.text, as: UTF8.self),
                seen.insert(token.text).inserted
            else {
                lost.append(id)
                continue
            }
            texts[id] = text
            if token.type == .unused || (token.type == .byte && !description.kind.hasScores) { unsaid += 1 }
        }
        if !lost.isEmpty {
            let ids = lost.prefix(5).map(String.init).joined(separator: ", ")
            notes.append("\(lost.count) tokens are left out, as their texts are empty, no UTF-8 or there twice: \(ids)")
        }
        if unsaid > 0 { notes.append("\(unsaid) tokens are marked unused, which a tokenizer.json cannot say") }
    }
}
