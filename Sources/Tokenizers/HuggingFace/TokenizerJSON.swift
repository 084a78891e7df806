import Bytes

/// What a tokenizer.json holds, as far as it was understood while reading: the vocabulary and the merges as lists, the
/// small rest as trees.
struct TokenizerJSON {
    var addedTokens: [AddedToken] = []
    /// `normalizer`, `pre_tokenizer`, `post_processor` and `decoder`; absent where they are null.
    var parts: [String: JSONValue] = [:]
    /// The members of `model` but for the two lists.
    var model = JSONObject()
    /// The vocabulary of BPE and WordPiece: texts and ids, in the file's order.
    var vocabulary: [(text: String, id: Int)] = []
    /// The vocabulary of Unigram: texts and scores, in the order of ids.
    var pieces: [(text: String, score: Float)] = []
    /// Pairs of texts, in order.
    var merges: [(left: String, right: String)] = []

    /// An entry of `added_tokens`.
    struct AddedToken: Equatable {
        var id: Int
        var text: String
        var match: AddedTokenMatch
    }

    /// `BPE`, `WordPiece` or `Unigram`; old files leave it out.
    var modelType: String {
        if let type = model["type"]?.stringValue { return type }
        return !pieces.isEmpty ? "Unigram" : merges.isEmpty ? "WordPiece" : "BPE"
    }

    /// Whether `model` holds this flag and it is true.
    func hasFlag(_ key: String) -> Bool { model[key]?.boolValue == true }

    /// An empty vocabulary of this model.
    init(modelType: String) { model["type"] = .string(modelType) }

    /// - Parameter document: the whole file.
    /// - Throws: `FormatError` with the byte of the fault.
    init(parsing document: [UInt8]) throws(FormatError) {
        var scanner = JSONScanner(document, dialect: .python)
        try scanner.takeObject { (scanner, key, place) throws(FormatError) in
            switch key {
            case "model":
                guard scanner.peek() == UInt8(ascii: "{") else {
                    throw scanner.fault("'model' is no object", at: place)
                }
                try takeModel(&scanner)
            case "added_tokens":
                let tokens = try scanner.takeValue()
                addedTokens = try Self.addedTokens(tokens, place)
            case "normalizer", "pre_tokenizer", "post_processor", "decoder":
                let value = try scanner.takeValue()
                if value != .null { parts[key] = value }
            default: try scanner.skipValue()
            }
        }
        try scanner.finish()
    }

    private mutating func takeModel(_ scanner: inout JSONScanner) throws(FormatError) {
        try scanner.takeObject { (scanner, key, _) throws(FormatError) in
            switch (key, scanner.peek()) {
            case ("vocab", UInt8(ascii: "{")):
                try scanner.takeObject { (scanner, text, _) throws(FormatError) in
                    vocabulary.append((text, try scanner.takeCount()))
                }
            case ("vocab", UInt8(ascii: "[")):
                try scanner.takeArray { scanner throws(FormatError) in
                    guard pieces.count < VocabularySlots.greatestCount else {
                        throw scanner.fault("more than \(pieces.count) pieces", at: scanner.offset)
                    }
                    pieces.append(try Self.takePiece(&scanner))
                }
            case ("merges", UInt8(ascii: "[")):
                try scanner.takeArray { scanner throws(FormatError) in
                    guard merges.count < VocabularySlots.mostMerges else {
                        throw scanner.fault("more than \(merges.count) merges", at: scanner.offset)
                    }
                    merges.append(try Self.takeMerge(&scanner))
                }
            default: model[key] = try scanner.takeValue()
            }
        }
    }

    /// `["piece", -3.5]`
    private static func takePiece(_ scanner: inout JSONScanner) throws(FormatError) -> (text: String, score: Float) {
        let place = scanner.offset
        var count = 0
        var text = ""
        var score: Float?
        try scanner.takeArray { scanner throws(FormatError) in
            switch count {
            case 0: text = try scanner.takeString()
            case 1: score = Float(try scanner.takeNumber())
            default: throw scanner.fault("a piece with more than a score", at: place)
            }
            count += 1
        }
        guard let score, score.isFinite else { throw scanner.fault("expected a piece and its score", at: place) }
        return (text, score)
    }

    /// `"left right"` or, newer, `["left", "right"]`
    private static func takeMerge(_ scanner: inout JSONScanner) throws(FormatError) -> (left: String, right: String) {
        let next = scanner.peek()
        let place = scanner.offset
        if next == UInt8(ascii: "[") {
            var parts: [String] = []
            try scanner.takeArray { scanner throws(FormatError) in
                guard parts.count < 2 else { throw scanner.fault("a merge of more than two tokens", at: place) }
                parts.append(try scanner.takeString())
            }
            guard parts.count == 2 else { throw scanner.fault("a merge of \(parts.count) tokens", at: place) }
            return (parts[0], parts[1])
        }
        let line = try scanner.takeString()
        guard let merge = mergeParts(line) else {
            throw scanner.fault("a merge needs two tokens with a space between them", at: place)
        }
        return merge
    }

    /// The two parts of `left right`; nil unless there is exactly one space.
    static func mergeParts(_ line: String) -> (left: String, right: String)? {
        let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return (String(Substring(parts[0])), String(Substring(parts[1])))
    }

    private static func addedTokens(_ value: JSONValue, _ place: Int) throws(FormatError) -> [AddedToken] {
        guard value != .null else { return [] }
        var tokens: [AddedToken] = []
        for entry in value.arrayValue ?? [.null] {
            guard let id = entry["id"]?.intValue, id >= 0, let text = entry["content"]?.stringValue, !text.isEmpty
            else {
                throw FormatError(
                    .corrupt, "an entry of 'added_tokens' without id or content", at: place,
                    remedy: "Fetch the file again")
            }
            tokens.append(AddedToken(id: id, text: text, match: AddedTokenMatch(entry)))
        }
        return tokens
    }
}

extension AddedTokenMatch {
    /// Reads the flags of an added token; absent ones are false.
    init(_ value: JSONValue) {
        func flag(_ key: String) -> Bool { value[key]?.boolValue == true }
        self.init(
            isSpecial: flag("special"), stripsLeft: flag("lstrip"), stripsRight: flag("rstrip"),
            isSingleWord: flag("single_word"), isNormalized: flag("normalized"))
    }
}
