/// The files of a model's folder that tell how text becomes tokens, by their names.
package enum TokenizerFileNames {
    /// Those that hold a vocabulary and are read.
    private static let read: Set<String> = [
        "tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt",
    ]
    /// Those that say more about one.
    private static let beside: Set<String> = [
        "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt",
    ]
    /// Those that hold a vocabulary and are not read, with the reason.
    private static let unread: [String: String] = [
        "tekken.json": "the tokenizer of Mistral's own library",
        SentencePieceSource.shiftedName: "a SentencePiece model whose ids its model shifts in its own way",
        "source.spm": "one of two SentencePiece models, for the two sides of a translation",
        "target.spm": "one of two SentencePiece models, for the two sides of a translation",
        "tokenizer.model.v3": "the tokenizer of Mistral's own library",
    ]

    /// Whether the file belongs to a tokenizer.
    package static func isTokenizer(_ name: String) -> Bool {
        read.contains(name) || beside.contains(name) || whyUnread(name) != nil
    }

    /// Whether a tokenizer is read from the file.
    package static func isRead(_ name: String) -> Bool { read.contains(name) }

    /// What a vocabulary is that is not read; nil for every other file.
    package static func whyUnread(_ name: String) -> String? {
        if name.hasSuffix(".tiktoken") { return "a vocabulary of tiktoken, without the way in which text is cut" }
        if name.hasPrefix("rwkv_vocab"), name.hasSuffix(".txt") { return "a vocabulary of RWKV" }
        return unread[name]
    }
}
