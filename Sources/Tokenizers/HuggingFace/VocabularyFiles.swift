import Bytes

/// The files of tokenizers that were saved without a tokenizer.json: vocab.json with merges.txt, or vocab.txt. How text
/// is cut is not in them; the tokenizer's class tells.
enum VocabularyFiles {
    /// The pre-tokenizers of classes with a vocab.json. Source: transformers, the classes of these names.
    private static let preTokenizers = [
        "GPT2Tokenizer": "gpt-2", "RobertaTokenizer": "gpt-2", "CodeGenTokenizer": "gpt-2", "Qwen2Tokenizer": "qwen2",
    ]

    /// - Returns: nil when the folder has none of the files.
    static func source(
        _ files: TokenizerFiles, _ configuration: TokenizerConfiguration
    ) throws -> (any TokenizerSource)? {
        if let vocabulary = try files.bytes("vocab.json"), let merges = try files.text("merges.txt") {
            return try byteLevel(vocabulary, merges, configuration)
        }
        if let text = try files.text("vocab.txt") { return wordPiece(text, configuration) }
        return nil
    }

    private static func byteLevel(
        _ vocabulary: [UInt8], _ merges: String, _ configuration: TokenizerConfiguration
    ) throws -> any TokenizerSource {
        let name = configuration.tokenizer?["tokenizer_class"]?.stringValue ?? "GPT2Tokenizer"
        let plain = name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
        var json = TokenizerJSON(modelType: "BPE")
        if let id = configuration.preTokenizerHint ?? preTokenizers[plain], let known = PreTokenizer.named(id) {
            json.parts["pre_tokenizer"] = known.forms.first
            json.parts["normalizer"] = known.normalizer
            json.model["ignore_merges"] = .bool(known.ignoresMerges)
        } else {
            json.parts["pre_tokenizer"] = .object(JSONObject([("tokenizer_class", .string(name))]))
        }
        try inFile("vocab.json") { () throws(FormatError) in
            var scanner = JSONScanner(vocabulary)
            try scanner.takeObject { (scanner, text, _) throws(FormatError) in
                json.vocabulary.append((text, try scanner.takeCount()))
            }
            try scanner.finish()
        }
        for (number, line) in lines(merges).enumerated() where !line.isEmpty && !(number == 0 && line.hasPrefix("#")) {
            guard let merge = TokenizerJSON.mergeParts(line) else {
                throw FormatError(
                    .corrupt, "line \(number + 1) is not two tokens with a space between them", file: "merges.txt",
                    remedy: "Fetch the file again")
            }
            json.merges.append(merge)
        }
        return ByteLevelSource(json: json, file: "vocab.json")
    }

    /// One piece a line; the line's number is the id.
    private static func wordPiece(_ text: String, _ configuration: TokenizerConfiguration) -> any TokenizerSource {
        var json = TokenizerJSON(modelType: "WordPiece")
        json.vocabulary = lines(text).enumerated().filter { !$1.isEmpty }.map { ($1, $0) }
        let options = configuration.tokenizer
        json.parts["normalizer"] = .object(
            JSONObject([
                ("type", .string("BertNormalizer")), ("clean_text", .bool(true)),
                ("handle_chinese_chars", .bool(options?["tokenize_chinese_chars"]?.boolValue ?? true)),
                ("strip_accents", options?["strip_accents"] ?? .null),
                ("lowercase", .bool(options?["do_lower_case"]?.boolValue ?? true)),
            ]))
        json.parts["pre_tokenizer"] = .object(JSONObject([("type", .string("BertPreTokenizer"))]))
        return WordPieceSource(json: json, file: "vocab.txt", isPlain: true)
    }

    /// Lines of a text file; a last line feed ends the last line. Some vocabularies hold other line separators as
    /// tokens.
    private static func lines(_ text: String) -> [String] {
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(Substring($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0))
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
