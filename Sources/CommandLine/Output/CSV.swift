/// Comma-separated values as RFC 4180 has them, with line feeds.
enum CSV {
    /// The cell as a field: quoted where it must be, and when it is an empty text, so that null stays apart from it.
    static func field(_ cell: Cell) -> String {
        let text = cell.exact
        guard needsQuotes(text, isNull: cell == .null) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private static func needsQuotes(_ text: String, isNull: Bool) -> Bool {
        guard !isNull else { return false }
        guard let first = text.utf8.first, let last = text.utf8.last else { return true }
        let special: Set<UInt8> = [UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        return first == UInt8(ascii: " ") || last == UInt8(ascii: " ") || text.utf8.contains(where: special.contains)
    }
}
