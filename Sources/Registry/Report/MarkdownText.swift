import Bytes

/// Pieces of a Markdown document, safe whatever the texts in them hold.
enum MarkdownText {
    /// Text that Markdown and the HTML in it take for nothing else.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.withVisibleControls {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!", "$", "{", "}": result += "\\\(character)"
            case "@": result += "&#64;"
            default: result.append(character)
            }
        }
        // GitHub and the Hub make links of what looks like one, as of what has an @ in it.
        return result.replacing("://", with: "&#58;//").replacing("www.", with: "www&#46;")
    }

    /// Text in the font of code, also where it holds the marks that begin and end code.
    static func code(_ text: String) -> String {
        let text = text.withVisibleControls
        let isPlain = !text.isEmpty && !text.contains { "`|".contains($0) }
        return isPlain ? "`\(text)`" : escaped(text)
    }

    /// A block of code in a fence that its lines do not end.
    static func block(_ lines: [String], language: String = "") -> [String] {
        let longest = lines.map { line in line.prefix { $0 == "`" }.count }.max() ?? 0
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return [fence + language] + lines + [fence]
    }

    /// A table; cells are Markdown already.
    static func table(_ titles: [String], alignments: String, _ rows: [[String]]) -> [String] {
        let marks = alignments.map { $0 == "r" ? "---:" : "---" }
        return ([titles, marks] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
    }
}
