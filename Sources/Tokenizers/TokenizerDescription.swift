/// A tokenizer, independent of the files that it came from: what a GGUF file says in `tokenizer.*`, and what a Hugging
/// Face folder says in tokenizer.json and its neighbors.
///
/// Tokens stand in the order of their ids, without gaps: an id that no token has holds padding (`Token.padding(_:)`).
package struct TokenizerDescription: Equatable, Sendable {
    package var kind: TokenizerKind
    /// Every token, in the order of the ids; as many as the embedding has rows.
    package var tokens: [Token]
    /// Pairs that are joined, most urgent first; only of a byte-level tokenizer. The SentencePiece kinds have scores.
    package var merges: [TokenMerge] = []
    /// How text is cut before it is tokenized, as llama.cpp calls it: `llama-bpe`.
    package var preTokenizer: String
    /// The ids of tokens with a part to play.
    package var specialTokens: [SpecialToken: Int] = [:]
    /// What is put around a text; nil where the files say nothing and the runtime's default counts.
    package var added = AddedMarks()
    /// Whether a space is put in front of a text.
    package var addsSpacePrefix: Bool?
    /// Whether spaces at the ends and runs of spaces are dropped.
    package var removesExtraWhitespace: Bool?
    /// Whether text is put into lower case first; only of WordPiece.
    package var lowercases: Bool?
    /// Whether accents are dropped first; only of WordPiece. Nil: as `lowercases`.
    package var stripsAccents: Bool?
    /// SentencePiece's compiled table of character replacements.
    package var characterMap: [UInt8] = []
    /// How many kinds of segments the model tells apart; of BERT and its kin.
    package var segmentTypeCount: Int?
    /// How a conversation becomes text, `default` first when there is one.
    package var chatTemplates: [ChatTemplate] = []
    /// How tokens that were added to the vocabulary are found in text, by id.
    package var addedTokens: [Int: AddedTokenMatch] = [:]
}

/// How a tokenizer makes tokens out of text.
package enum TokenizerKind: String, CaseIterable, Sendable {
    /// Pairs of byte strings are joined by a list of merges; bytes are spelled as visible characters (GPT-2).
    case byteLevelBPE = "byte-level BPE"
    /// Pairs of pieces are joined, the one of the highest score first (SentencePiece).
    case sentencePieceBPE = "SentencePiece BPE"
    /// The pieces with the highest sum of scores (SentencePiece).
    case sentencePieceUnigram = "SentencePiece unigram"
    /// The longest word pieces from the left (BERT).
    case wordPiece = "WordPiece"

    /// Whether tokens carry scores.
    var hasScores: Bool { self == .sentencePieceBPE || self == .sentencePieceUnigram }
}

/// One token.
///
/// The text is spelled as its kind spells it: byte-level BPE writes a space as U+0120, the SentencePiece kinds as
/// U+2581, WordPiece puts `##` in front of what continues a word. Tokens that are found in raw text (`control`,
/// `userDefined`) are spelled as they stand in text.
package struct Token: Equatable, Sendable {
    /// UTF-8 as a rule; pieces of SentencePiece may be any bytes.
    package var text: [UInt8]
    package var type: TokenType
    /// Higher is joined first; 0 for kinds without scores.
    package var score: Float

    package init(_ text: [UInt8], _ type: TokenType = .normal, score: Float = 0) {
        self.text = text
        self.type = type
        self.score = score
    }

    /// What holds the place of an id that no token has, as llama.cpp's converter writes it.
    static func padding(_ id: Int) -> Self {
        Self(Array("[PAD\(id)]".utf8), .unused, score: Self.paddingScore)
    }

    /// The score of padding where tokens have scores.
    static let paddingScore: Float = -10_000
    /// The score of tokens that were added to a SentencePiece vocabulary.
    static let addedScore: Float = -1000

    /// Whether this is `padding(id)`.
    func isPadding(_ id: Int) -> Bool { type == .unused && text == Self.padding(id).text }

    /// The text for messages.
    var name: String { String(decoding: text, as: UTF8.self) }
}

/// What kind of token one is; the numbers are those of GGUF and of SentencePiece's protobuf.
package enum TokenType: Int32, CaseIterable, Sendable {
    case normal = 1, unknown, control, userDefined, unused, byte

    /// Whether such tokens are looked for in raw text.
    var isFoundInText: Bool { self == .control || self == .userDefined }
}

/// Two tokens, by id, that are joined to a third.
package struct TokenMerge: Equatable, Sendable {
    package var left: Int32
    package var right: Int32
}

/// The part that a token plays. The raw values are the spellings of Hugging Face's `…_token`.
package enum SpecialToken: String, CaseIterable, Sendable {
    case beginning = "bos", end = "eos", unknown = "unk", separator = "sep", padding = "pad"
    case classification = "cls", mask
    case endOfTurn = "eot", endOfMessage = "eom"
    case fillPrefix = "fim_pre", fillSuffix = "fim_suf", fillMiddle = "fim_mid"
    case fillPadding = "fim_pad", fillRepository = "fim_rep", fillSeparator = "fim_sep"
}

/// Whether tokens are put around a text; nil where nothing is said.
package struct AddedMarks: Equatable, Sendable {
    package var beginning: Bool?
    package var end: Bool?
    /// Between the texts of a pair.
    package var separator: Bool?
}

/// How a conversation becomes text: a Jinja template with its name.
package struct ChatTemplate: Equatable, Sendable {
    /// The name of the template that is used when none is asked for.
    static let defaultName = "default"

    package var name: String
    package var text: String
}

/// How an added token is found in text, as Hugging Face's tokenizers do.
package struct AddedTokenMatch: Equatable, Sendable {
    /// Whether it is left out when special tokens are skipped.
    package var isSpecial: Bool
    /// Whether it takes the space on its left along.
    package var stripsLeft = false
    /// Whether it takes the space on its right along.
    package var stripsRight = false
    /// Whether it counts only as a word of its own.
    package var isSingleWord = false
    /// Whether it is looked for in normalized text.
    package var isNormalized = false
}
