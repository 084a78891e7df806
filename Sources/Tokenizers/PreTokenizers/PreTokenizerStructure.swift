import Bytes

/// How a tokenizer.json cuts text before its model sees it, in a form in which equal structures are equal values.
///
/// Each step is a sentence of its own for messages. Spellings that mean the same become one: `Digits` is a split by a
/// regular expression, `ByteLevel` with its own expression is a split and then bytes, a sequence within a sequence is
/// laid flat, and the ways to write "'s|'t|… in either case" become one.
struct PreTokenizerStructure: Hashable, Sendable {
    /// What is done to the text before.
    var normalizers: [String]
    /// What is done in turn.
    var steps: [String]
    /// Whether a piece that is a token is left whole.
    var ignoresMerges: Bool

    /// What byte-level pre-tokenizers split by when nothing else is said (GPT-2).
    static let byteLevelExpression =
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    static let bytes = "bytes"

    init(normalizer: JSONValue?, preTokenizer: JSONValue?, ignoresMerges: Bool) {
        normalizers = Self.flatten(normalizer, "normalizers").map(Self.normalizer)
        steps = Self.flatten(preTokenizer, "pretokenizers").flatMap(Self.steps)
        self.ignoresMerges = ignoresMerges
    }

    /// The members of a sequence, and of sequences in it. JSON that was read nests at most 64 deep.
    static func flatten(_ value: JSONValue?, _ key: String) -> [JSONValue] {
        guard let value, value != .null else { return [] }
        guard value["type"]?.stringValue == "Sequence", let members = value[key]?.arrayValue else { return [value] }
        return members.flatMap { flatten($0, key) }
    }

    private static func normalizer(_ value: JSONValue) -> String {
        let parameters = (value.objectValue?.members ?? []).filter { $0.key != "type" }
        guard let type = value["type"]?.stringValue, parameters.isEmpty else { return value.text() }
        return type
    }

    private static func steps(_ value: JSONValue) -> [String] {
        switch value["type"]?.stringValue {
        case "Split": return [split(value)]
        case "Digits":
            return [expression(value["individual_digits"]?.boolValue == true ? #"\p{N}"# : #"\p{N}+"#)]
        case "Punctuation":
            return ["punctuation, \((value["behavior"]?.stringValue ?? "Isolated").lowercased())"]
        case "ByteLevel":
            let prefix = value["add_prefix_space"]?.boolValue == false ? [] : ["a space in front"]
            let own = value["use_regex"]?.boolValue == false ? [] : [expression(byteLevelExpression)]
            return prefix + own + [bytes]
        default: return [value.text()]
        }
    }

    private static func split(_ value: JSONValue) -> String {
        let behavior = value["behavior"]?.stringValue ?? "Isolated"
        let isInverted = value["invert"]?.boolValue == true
        // What is kept of "remove all but the matches" are the matches; the expressions in use match every character.
        let isPlain = (behavior == "Isolated" && !isInverted) || (behavior == "Removed" && isInverted)
        let how = isPlain ? "" : ", \(behavior.lowercased())\(isInverted ? ", inverted" : "")"
        if let text = value["pattern"]?["Regex"]?.stringValue { return expression(text) + how }
        return "split at the text '\(value["pattern"]?["String"]?.stringValue ?? "")'" + how
    }

    private static func expression(_ text: String) -> String { "split by \(canonical(text))" }

    /// An expression in its one spelling.
    private static func canonical(_ expression: String) -> String {
        var text = ""
        for scalar in expression.unicodeScalars {
            switch scalar {
            case "\r": text += #"\r"#
            case "\n": text += #"\n"#
            case "\t": text += #"\t"#
            default: text.unicodeScalars.append(scalar)
            }
        }
        for spelling in contractionSpellings { text = text.replacing(spelling, with: contractions) }
        return text
    }

    private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    private static let contractionSpellings = [
        "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
        "(?:(?i:'s|'t|'re|'ve|'m|'ll|'d))",
    ]
}
