/// A value of GGUF metadata, as far as tokenizers need them. Strings are bytes: GGUF files hold pieces that are not
/// UTF-8.
package enum TokenizerField: Equatable, Sendable {
    case string([UInt8])
    case uint32(UInt32)
    case bool(Bool)
    case strings([[UInt8]])
    case floats([Float])
    case int32s([Int32])
    /// An array of u8.
    case bytes([UInt8])

    static func string(_ text: String) -> Self { .string(Array(text.utf8)) }

    /// The kind of value, for messages.
    var name: String {
        switch self {
        case .string: "a string"
        case .uint32: "a number"
        case .bool: "a Boolean"
        case .strings: "an array of strings"
        case .floats: "an array of 32-bit floats"
        case .int32s: "an array of 32-bit integers"
        case .bytes: "an array of bytes"
        }
    }
}

/// The metadata of a GGUF file that concern its tokenizer, in the file's order.
package struct TokenizerFields: Equatable, Sendable {
    package private(set) var entries: [(key: String, value: TokenizerField)] = []
    private var places: [String: Int] = [:]

    package init() {}

    /// - Parameter entries: keys that begin with `tokenizer.`; each once.
    package init(_ entries: [(key: String, value: TokenizerField)]) {
        for (key, value) in entries { self[key] = value }
    }

    package subscript(key: String) -> TokenizerField? {
        get { places[key].map { entries[$0].value } }
        set {
            guard let newValue else {
                entries.removeAll { $0.key == key }
                places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
                return
            }
            if let place = places[key] {
                entries[place].value = newValue
            } else {
                places[key] = entries.count
                entries.append((key, newValue))
            }
        }
    }

    /// Whether both say the same, in whatever order.
    package static func == (left: Self, right: Self) -> Bool {
        left.entries.count == right.entries.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }
}

/// The keys of a GGUF file's tokenizer. Source: gguf-py 0.19.0, constants.py, `Keys.Tokenizer`.
enum TokenizerKey {
    static let model = "tokenizer.ggml.model"
    static let pre = "tokenizer.ggml.pre"
    static let tokens = "tokenizer.ggml.tokens"
    static let types = "tokenizer.ggml.token_type"
    static let segmentTypeCount = "tokenizer.ggml.token_type_count"
    static let scores = "tokenizer.ggml.scores"
    static let merges = "tokenizer.ggml.merges"
    static let addsBeginning = "tokenizer.ggml.add_bos_token"
    static let addsEnd = "tokenizer.ggml.add_eos_token"
    static let addsSeparator = "tokenizer.ggml.add_sep_token"
    static let addsSpacePrefix = "tokenizer.ggml.add_space_prefix"
    static let removesExtraWhitespace = "tokenizer.ggml.remove_extra_whitespaces"
    static let characterMap = "tokenizer.ggml.precompiled_charsmap"
    static let lowercases = "tokenizer.ggml.normalizer.lowercase"
    static let stripsAccents = "tokenizer.ggml.normalizer.strip_accents"
    static let chatTemplate = "tokenizer.chat_template"
    static let chatTemplates = "tokenizer.chat_templates"

    static func chatTemplate(named name: String) -> String { "\(chatTemplate).\(name)" }

    /// Three of the names are spelled out, one of them wrong: that is the key that readers know.
    static func id(of token: SpecialToken) -> String {
        switch token {
        case .unknown: "tokenizer.ggml.unknown_token_id"
        case .separator: "tokenizer.ggml.seperator_token_id"
        case .padding: "tokenizer.ggml.padding_token_id"
        default: "tokenizer.ggml.\(token.rawValue)_token_id"
        }
    }
}

extension TokenizerKind {
    /// What stands in `tokenizer.ggml.model`.
    var modelName: String {
        switch self {
        case .byteLevelBPE: "gpt2"
        case .sentencePieceBPE: "llama"
        case .sentencePieceUnigram: "t5"
        case .wordPiece: "bert"
        }
    }

    /// The mark that SentencePiece, and GGUF for WordPiece, write for the start of a word: U+2581.
    static let wordStart = Array("\u{2581}".utf8)
    /// What WordPiece puts in front of a piece that continues a word.
    static let continuation = Array("##".utf8)
}
