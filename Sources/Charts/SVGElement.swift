/// One element of an SVG or HTML document, written as text that is safe in both.
package struct SVGElement: Equatable, Sendable {
    private let name: String
    private let attributes: [(name: String, value: String)]
    private let content: String?

    /// An element with elements inside, or with none.
    package init(_ name: String, _ attributes: [(String, String)] = [], _ children: [Self] = []) {
        self.name = name
        self.attributes = attributes
        content = children.isEmpty ? nil : children.map(\.text).joined()
    }

    /// An element with words inside.
    package init(_ name: String, _ attributes: [(String, String)] = [], words: String) {
        self.name = name
        self.attributes = attributes
        content = Self.escaped(words)
    }

    /// The element as markup.
    package var text: String {
        let start = "<" + name + attributes.map { " \($0.name)=\"\(Self.escaped($0.value))\"" }.joined()
        return content.map { "\(start)>\($0)</\(name)>" } ?? start + "/>"
    }

    /// `text` with the characters replaced that mean something in markup; control characters become U+FFFD.
    package static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            case "\n", "\t": output.unicodeScalars.append(scalar)
            default: output.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "\u{FFFD}" : scalar)
            }
        }
        return output
    }

    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }
}
