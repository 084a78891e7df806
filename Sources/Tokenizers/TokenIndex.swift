import Bytes

/// The ids of tokens by their texts, and the checks that need them.
struct TokenIndex {
    private var ids: [[UInt8]: Int32]

    /// - Parameter tokens: in the order of the ids; of tokens with the same text the first counts. Padding does not.
    init(_ tokens: [Token]) {
        ids = Dictionary(minimumCapacity: tokens.count)
        for (id, token) in tokens.enumerated() where !token.isPadding(id) && ids[token.text] == nil {
            ids[token.text] = Int32(clamping: id)
        }
    }

    subscript(text: [UInt8]) -> Int? { ids[text].map(Int.init) }
    subscript(text: String) -> Int? { self[Array(text.utf8)] }

    /// The merge of two tokens by their texts.
    /// - Throws: `FormatError` when one of them, or what they make, is no token.
    func merge(_ left: [UInt8], _ right: [UInt8], number: Int) throws(FormatError) -> TokenMerge {
        guard let leftID = ids[left] else { throw Self.absent(left, number) }
        guard let rightID = ids[right] else { throw Self.absent(right, number) }
        guard ids[left + right] != nil else { throw Self.absent(left + right, number) }
        return TokenMerge(left: leftID, right: rightID)
    }

    private static func absent(_ text: [UInt8], _ number: Int) -> FormatError {
        FormatError(
            .corrupt, "merge \(number) names '\(String(decoding: text, as: UTF8.self))', which is no token",
            remedy: "The vocabulary and the merges are not of one tokenizer; fetch both again")
    }
}
