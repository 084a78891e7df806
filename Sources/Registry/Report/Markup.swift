import Bytes
import Charts

/// A piece of an HTML page. What is put into a literal as text is escaped; elements and other pieces go in as they are.
///
/// `let cell: Markup = "<td>\(name)</td>"` is safe whatever `name` holds.
struct Markup: ExpressibleByStringInterpolation {
    var text: String

    init(stringLiteral text: String) { self.text = text }
    init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    /// - Parameter parts: one after the other.
    init(_ parts: [Self]) { text = parts.map(\.text).joined() }

    /// What a literal is put together from.
    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ words: some StringProtocol) { text += Markup.escaped(String(words)) }
        /// Text of ours that a page takes as it is, such as its style rules.
        mutating func appendInterpolation(verbatim text: String) { self.text += text }
        mutating func appendInterpolation(_ number: Int) { text += String(number) }
        mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
        mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { text += part.text } }
        mutating func appendInterpolation(_ element: SVGElement) { text += element.text }
    }

    /// Text that a page shows as it is: no markup, nothing that moves or hides what stands beside it.
    static func escaped(_ text: String) -> String { SVGElement.escaped(text.withVisibleControls) }

    /// Lines that keep their ends, for `<pre>`.
    static func lines(_ text: String) -> Self {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        var markup: Self = ""
        markup.text = lines.map { escaped(String($0).replacing("\t", with: "    ")) }.joined(separator: "\n")
        return markup
    }
}

extension Markup {
    /// A column of a table.
    struct Column {
        let title: String
        /// Whether its figures end in one line.
        let isNumeric: Bool

        static func words(_ title: String) -> Self { Self(title: title, isNumeric: false) }
        static func figures(_ title: String) -> Self { Self(title: title, isNumeric: true) }
    }

    /// A table that can be moved sideways where it is too wide; the first cell of each row names the row.
    /// - Parameter caption: what it shows.
    static func table(_ caption: String, _ columns: [Column], _ rows: [[Self]]) -> Self {
        let head = columns.map { column -> Self in
            column.isNumeric
                ? "<th scope=\"col\" class=\"n\">\(column.title)</th>" : "<th scope=\"col\">\(column.title)</th>"
        }
        let body = rows.map { cells -> Self in
            let cells = zip(cells, columns).enumerated().map { index, pair -> Self in
                if index == 0 { return "<th scope=\"row\">\(pair.0)</th>" }
                return pair.1.isNumeric ? "<td class=\"n\">\(pair.0)</td>" : "<td>\(pair.0)</td>"
            }
            return "<tr>\(cells)</tr>\n"
        }
        return scrolling(
            caption,
            "<table><caption>\(caption)</caption>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(body)</tbody></table>")
    }

    /// A part that is moved sideways where it is too wide, also by keys.
    static func scrolling(_ name: String, _ content: Self) -> Self {
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"\(name)\">\(content)</div>\n"
    }
}
