import Bytes

/// What a tokenizer.json's post-processor puts around a text, and which special tokens it tells besides.
///
/// A template's first and last special tokens are the beginning and the end. Where the end is another token than the
/// configuration's, that one becomes the end of a turn. Source: llama.cpp, gguf-py/gguf/vocab.py, `SpecialVocab`.
struct PostProcessor {
    var marks = AddedMarks()
    /// The texts of special tokens, as far as the configuration or the post-processor tells them.
    var texts: [SpecialToken: String]

    /// - Parameters:
    ///   - value: `post_processor`; a sequence of them counts one by one.
    ///   - texts: what tokenizer_config.json says.
    init(_ value: JSONValue?, texts: [SpecialToken: String]) {
        self.texts = texts
        if self.texts[.beginning] == nil { self.texts[.beginning] = texts[.classification] }
        if self.texts[.end] == nil { self.texts[.end] = texts[.separator] }
        for processor in PreTokenizerStructure.flatten(value, "processors") {
            switch processor["type"]?.stringValue {
            case "ByteLevel":
                marks.beginning = marks.beginning ?? false
                marks.end = marks.end ?? false
            case "RobertaProcessing": readRoberta(processor)
            case "TemplateProcessing": readTemplate(processor)
            default: break
            }
        }
    }

    private mutating func readRoberta(_ processor: JSONValue) {
        marks = AddedMarks(beginning: true, end: true, separator: true)
        texts[.classification] = texts[.classification] ?? processor["cls"]?.arrayValue?.first?.stringValue
        texts[.separator] = texts[.separator] ?? processor["sep"]?.arrayValue?.first?.stringValue
    }

    private mutating func readTemplate(_ processor: JSONValue) {
        let single = processor["single"]?.arrayValue ?? []
        let first = single.count > 1 ? Self.special(single.first) : nil
        let last = single.count > 1 ? Self.special(single.last) : nil
        if let first { readBeginning(first) }
        if let last { readEnd(last) }
        readPair(processor["pair"]?.arrayValue ?? [], first: first, last: last)
    }

    private mutating func readBeginning(_ first: String) {
        if first != texts[.beginning], first != texts[.classification] {
            if texts[.beginning] == nil { texts[.beginning] = first }
            if texts[.classification] == nil { texts[.classification] = first }
        }
        marks.beginning = first == texts[.beginning] || first == texts[.classification]
    }

    private mutating func readEnd(_ last: String) {
        if last != texts[.end] {
            if let former = texts[.end] {
                if texts[.endOfTurn] == nil {
                    texts[.endOfTurn] = former
                } else if texts[.endOfMessage] == nil {
                    texts[.endOfMessage] = former
                }
            }
            texts[.end] = last
        }
        marks.end = true
    }

    /// Whether a separator stands between two texts that are not closed by an end token each.
    private mutating func readPair(_ pair: [JSONValue], first: String?, last: String?) {
        var middle = pair[...]
        if let first, Self.special(middle.first) == first { middle = middle.dropFirst() }
        if let last, Self.special(middle.last) == last { middle = middle.dropLast() }
        guard middle.count > 2, Self.sequence(middle.first) == "A", Self.sequence(middle.last) == "B" else { return }
        middle = middle.dropFirst().dropLast()
        func isSeparator(_ entry: JSONValue?) -> Bool {
            Self.special(entry).map { $0 == texts[.separator] || $0 == texts[.end] } ?? false
        }
        var addsSeparator = isSeparator(middle.first) && last == nil
        if middle.count == 2, isSeparator(middle.last) { addsSeparator = true }
        marks.separator = addsSeparator
        if addsSeparator, texts[.separator] == nil { texts[.separator] = texts[.end] }
    }

    private static func special(_ entry: JSONValue?) -> String? { entry?["SpecialToken"]?["id"]?.stringValue }
    private static func sequence(_ entry: JSONValue?) -> String? { entry?["Sequence"]?["id"]?.stringValue }
}
