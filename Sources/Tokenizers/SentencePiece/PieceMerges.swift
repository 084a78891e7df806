/// The merges that stand for the scores of SentencePiece BPE: each way to make a token out of two others, those of the
/// token with the highest score first, and of equal ones those with the longer left part.
///
/// Same order as transformers' conversion (`generate_merges`), for the same vocabulary.
struct PieceMerges {
    private(set) var merges: [TokenMerge] = []

    /// Longer tokens are not taken apart: SentencePiece's own limit is 16 characters.
    static let longestText = 512

    init(_ description: TokenizerDescription, _ vocabulary: WritableVocabulary) {
        var index: [ArraySlice<UInt8>: Int32] = Dictionary(minimumCapacity: description.tokens.count)
        func isPiece(_ id: Int) -> Bool {
            let type = description.tokens[id].type
            return vocabulary.texts[id] != nil && (type == .normal || type == .unused)
        }
        for (id, token) in description.tokens.enumerated() where isPiece(id) {
            index[token.text[...]] = Int32(clamping: id)
        }
        var candidates: [Candidate] = []
        for (id, token) in description.tokens.enumerated() where isPiece(id) && token.text.count <= Self.longestText {
            var ways: [Candidate] = []
            for cut in token.text.indices.dropFirst() where token.text[cut] & 0xC0 != 0x80 {
                guard let left = index[token.text[..<cut]], let right = index[token.text[cut...]] else { continue }
                ways.append(Candidate(merge: TokenMerge(left: left, right: right), token, cut: cut))
            }
            candidates += ways.sorted { ($0.merge.left, $0.merge.right) < ($1.merge.left, $1.merge.right) }
        }
        let order = candidates.indices.sorted { first, second in
            let (first, second) = ((candidates[first], first), (candidates[second], second))
            if first.0.score != second.0.score { return first.0.score > second.0.score }
            if first.0.leftLength != second.0.leftLength { return first.0.leftLength > second.0.leftLength }
            if first.0.rightLength != second.0.rightLength { return first.0.rightLength > second.0.rightLength }
            return first.1 < second.1
        }
        merges = order.map { candidates[$0].merge }
    }

    private struct Candidate {
        let merge: TokenMerge
        let score: Float
        /// In Unicode scalars.
        let leftLength: Int
        let rightLength: Int

        init(merge: TokenMerge, _ token: Token, cut: Int) {
            self.merge = merge
            score = token.score
            leftLength = token.text[..<cut].count { $0 & 0xC0 != 0x80 }
            rightLength = token.text[cut...].count { $0 & 0xC0 != 0x80 }
        }
    }
}
