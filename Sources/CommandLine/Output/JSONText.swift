import Bytes

/// JSON as the commands print it.
enum JSONText {
    /// A whole document over several lines, without a final line feed.
    static func document(_ value: JSONValue) -> String { harmless(value.text(.indented)) }

    /// A document on one line, without a line feed.
    static func line(_ value: JSONValue) -> String { harmless(value.text(.compact)) }

    /// What a terminal would act on is written as `\u` escapes, which JSON readers undo. Such characters occur inside
    /// strings only, so they can be replaced anywhere but for the document's own line feeds.
    private static func harmless(_ text: String) -> String {
        func isHazard(_ scalar: Unicode.Scalar) -> Bool { scalar != "\n" && TerminalText.isHazard(scalar) }
        if text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 || $0 == UInt8(ascii: "\n") }) { return text }
        guard text.unicodeScalars.contains(where: isHazard) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isHazard(scalar) {
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
