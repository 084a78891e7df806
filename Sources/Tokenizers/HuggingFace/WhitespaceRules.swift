import Bytes

/// What a tokenizer.json of a SentencePiece vocabulary does to spaces, and what else it does to text.
struct WhitespaceRules {
    /// Whether spaces become U+2581 at all.
    private(set) var marksSpaces = false
    private(set) var addsPrefix = false
    private(set) var removesExtra = false
    /// SentencePiece's compiled table of replacements.
    private(set) var characterMap: [UInt8] = []
    /// Steps that llama.cpp does not take.
    private(set) var unknownSteps: [String] = []

    init(_ json: TokenizerJSON) {
        for step in PreTokenizerStructure.flatten(json.parts["normalizer"], "normalizers") { readNormalizer(step) }
        for step in PreTokenizerStructure.flatten(json.parts["pre_tokenizer"], "pretokenizers") {
            readPreTokenizer(step)
        }
    }

    private mutating func readNormalizer(_ step: JSONValue) {
        let content = step["content"]?.stringValue
        switch step["type"]?.stringValue {
        case "Prepend" where step["prepend"]?.stringValue == "\u{2581}": addsPrefix = true
        case "Replace" where step["pattern"]?["String"]?.stringValue == " " && content == "\u{2581}": marksSpaces = true
        case "Replace"
        where step["pattern"]?["Regex"]?.stringValue == " {2,}" && (content == " " || content == "\u{2581}"):
            removesExtra = true
        case "Strip": removesExtra = true
        case "Precompiled":
            guard let text = step["precompiled_charsmap"]?.stringValue, let map = Base64.decode(text) else {
                fallthrough
            }
            characterMap = map
        default: unknownSteps.append(step.text())
        }
    }

    private mutating func readPreTokenizer(_ step: JSONValue) {
        switch step["type"]?.stringValue {
        case "Metaspace" where step["replacement"]?.stringValue == "\u{2581}":
            marksSpaces = true
            // Old files say `add_prefix_space` instead.
            let scheme = step["prepend_scheme"]?.stringValue
            addsPrefix = scheme.map { $0 != "never" } ?? (step["add_prefix_space"]?.boolValue != false)
        case "WhitespaceSplit": removesExtra = true
        // Behind a normalizer that leaves no spaces this does nothing.
        case "Split" where step["pattern"]?["String"]?.stringValue == " " && marksSpaces: break
        default: unknownSteps.append(step.text())
        }
    }

    /// The match when llama.cpp does the same.
    /// - Throws: `FormatError` naming what it does otherwise.
    func match(hint: String?) throws(FormatError) -> PreTokenizerMatch {
        var faults = unknownSteps.map { "it has the step \($0)" }
        if !marksSpaces { faults.append("it does not write spaces as U+2581") }
        guard faults.isEmpty else {
            throw FormatError(
                .unsupported,
                "llama.cpp cuts text for this kind of vocabulary as SentencePiece does, but of the file "
                    + faults.joined(separator: "; "),
                remedy: "Say --pre-tokenizer default if the difference does not matter for this model")
        }
        return PreTokenizerMatch(id: hint ?? PreTokenizer.defaultID)
    }
}

/// Base64 (RFC 4648, section 4): 6 bits a character, padded with `=` to a multiple of four.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8: UInt32] = Dictionary(
        uniqueKeysWithValues: alphabet.enumerated().map { ($1, UInt32($0)) })

    /// The bytes; nil when `text` is not Base64.
    static func decode(_ text: String) -> [UInt8]? {
        var digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 4) else { return nil }
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        var bits: UInt32 = 0
        for (place, digit) in digits.enumerated() {
            guard let value = values[digit] else { return nil }
            bits = bits << 6 | value
            // Characters 2, 3 and 4 of a group complete a byte each.
            if place % 4 > 0 { bytes.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * UInt32(place % 4)))) }
        }
        return bytes
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0..<4 {
                text.append(
                    place > group.count ? UInt8(ascii: "=") : alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
