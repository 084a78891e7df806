/// One word of what someone looks for, and how FTS5 is asked for it.
struct SearchWord: Equatable, Sendable {
    let text: String

    /// More words, or longer ones, are not asked for.
    static let greatestCount = 16
    static let greatestByteCount = 256

    /// The words of a text, without those that have no letter and no digit.
    /// - Throws: `CatalogError` `badName` for more than can be asked at once.
    static func words(of text: String) throws(CatalogError) -> [SearchWord] {
        let parts = text.split(whereSeparator: \.isWhitespace).filter { part in
            part.contains { $0.isLetter || $0.isNumber }
        }
        guard parts.count <= greatestCount, parts.allSatisfy({ $0.utf8.count <= greatestByteCount }) else {
            throw CatalogError(
                .badName, "a search takes \(greatestCount) words of at most \(greatestByteCount) bytes",
                remedy: "Search for fewer or shorter words, or ask 'ingot sql' for more")
        }
        return parts.map { SearchWord(text: String($0)) }
    }

    /// Asks for the word in one column: as a quoted text, so that nothing in it is an operator, and as a prefix.
    /// - Returns: nil when nothing is left of the word there.
    func expression(in column: SearchColumn) -> String? {
        let wanted = column == .tensor ? Self.withoutNumbers(text) : text
        guard wanted.contains(where: { $0.isLetter || $0.isNumber }) else { return nil }
        // SQLite's texts end at a zero byte where the expression is parsed.
        let quoted = wanted.replacing("\"", with: "\"\"").replacing("\0", with: " ")
        return "\(column.name) : \"\(quoted)\"*"
    }

    /// Whether a tensor's name must be looked at itself, since numbers are not in the index.
    var hasTensorNumber: Bool { Self.withoutNumbers(text) != text }

    private static func withoutNumbers(_ text: String) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return text }
        return parts.filter { !TensorNamePattern.isNumber($0) }.joined(separator: ".")
    }

    /// Whether a name, `model:tag`, contains the word, ignoring case.
    func isIn(name: String) -> Bool { name.lowercased().contains(text.lowercased()) }

    /// The first of a tensor column's lines that has the word.
    func line(of patterns: String) -> String? {
        let wanted = Self.withoutNumbers(text).lowercased()
        let lines = patterns.split(separator: "\n")
        let line = lines.first {
            $0.replacing(".\(TensorNamePattern.anyNumber)", with: "").lowercased().contains(wanted)
        }
        return (line ?? lines.first).map(String.init)
    }
}
