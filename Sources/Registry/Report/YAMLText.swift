import Bytes

/// YAML as a model card's first block needs it: mappings, lists and scalars, each line below its key.
///
/// Text that a reader could take for anything else, such as `no`, `1e3` or `- x`, is quoted as JSON is, which YAML 1.2
/// reads (section 7.3.1); the escapes it knows are the same.
indirect enum YAMLText {
    case text(String)
    case number(Double)
    case integer(Int)
    case bool(Bool)
    case list([YAMLText])
    case mapping([(key: String, value: YAMLText)])

    /// The lines of a document that is a mapping.
    static func document(_ members: [(key: String, value: YAMLText)]) -> [String] { lines(members) }

    private static func lines(_ members: [(key: String, value: YAMLText)]) -> [String] {
        members.flatMap { key, value -> [String] in
            let key = quoted(key)
            if let scalar = value.scalar { return ["\(key): \(scalar)"] }
            return ["\(key):"] + value.lines.map { isList(value) ? $0 : "  " + $0 }
        }
    }

    private static func isList(_ value: Self) -> Bool { if case .list = value { true } else { false } }

    private var lines: [String] {
        switch self {
        case .mapping(let members): return Self.lines(members)
        case .list(let elements):
            return elements.flatMap { element -> [String] in
                if let scalar = element.scalar { return ["- \(scalar)"] }
                return element.lines.enumerated().map { ($0 == 0 ? "- " : "  ") + $1 }
            }
        default: return [scalar ?? ""]
        }
    }

    /// What fits behind a key; nil for what needs lines.
    private var scalar: String? {
        switch self {
        case .text(let text): Self.quoted(text)
        case .number(let number): number.isFinite ? "\(number)" : number.isNaN ? ".nan" : number < 0 ? "-.inf" : ".inf"
        case .integer(let number): "\(number)"
        case .bool(let bool): bool ? "true" : "false"
        case .list(let elements): elements.isEmpty ? "[]" : nil
        case .mapping(let members): members.isEmpty ? "{}" : nil
        }
    }

    /// Words that are no text in YAML 1.1, which PyYAML reads.
    private static let reserved: Set = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]

    private static func quoted(_ text: String) -> String {
        let isPlain =
            text.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_.\/-]*/) != nil && !reserved.contains(text.lowercased())
        guard !isPlain else { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            // Readers refuse U+FFFE and U+FFFF; they take U+0085 and the separators for ends of lines.
            case _ where scalar.isDisplayHazard || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
