extension JSONValue {
    /// How a document is laid out.
    package enum Layout: Sendable {
        /// No white space, all but control characters as UTF-8: `{"a":1}`.
        case compact
        /// Python's default separators, ASCII alone: `{"a": 1}`.
        case python
        /// Python's `indent=2`, ASCII alone, as transformers writes its configuration files.
        case indented
    }

    /// The document as text, without a final line feed.
    package func text(_ layout: Layout = .compact) -> String {
        var text = ""
        write(to: &text, layout, level: 0)
        return text
    }

    private func write(to text: inout String, _ layout: Layout, level: Int) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let literal): text += literal
        case .string(let value): Self.write(value, to: &text, layout)
        case .array(let values):
            Self.write(values, "[", "]", to: &text, layout, level) { value, text in
                value.write(to: &text, layout, level: level + 1)
            }
        case .object(let object):
            Self.write(object.members, "{", "}", to: &text, layout, level) { member, text in
                Self.write(member.key, to: &text, layout)
                text += layout == .compact ? ":" : ": "
                member.value.write(to: &text, layout, level: level + 1)
            }
        }
    }

    private static func write<Item>(
        _ items: [Item], _ open: String, _ close: String, to text: inout String, _ layout: Layout, _ level: Int,
        item: (Item, inout String) -> Void
    ) {
        text += open
        for (index, element) in items.enumerated() {
            if index > 0 { text += layout == .python ? ", " : "," }
            if layout == .indented { text += "\n" + String(repeating: "  ", count: level + 1) }
            item(element, &text)
        }
        if layout == .indented, !items.isEmpty { text += "\n" + String(repeating: "  ", count: level) }
        text += close
    }

    /// Escapes `"`, `\` and control characters; for Python's layouts also all that is not printable ASCII.
    private static func write(_ value: String, to text: inout String, _ layout: Layout) {
        text += "\""
        if value.utf8.allSatisfy({ 0x20..<0x7F ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            text += value + "\""
            return
        }
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{08}": text += "\\b"
            case "\u{0C}": text += "\\f"
            case _ where scalar.value < 0x20 || (layout != .compact && scalar.value > 0x7E):
                for unit in scalar.utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
