/// A Swift file as the checks see it: comments and the contents of strings are blanked, line breaks stay.
///
/// Code inside a string's interpolation is kept. Regex literals are read as code, so a quote inside one blanks the
/// rest of its line and no more.
struct SourceText {
    /// The path from the project's folder, as a violation prints it.
    let path: String
    /// The file's lines as written.
    let lines: [Substring]
    /// The same lines, blanked.
    let codeLines: [Substring]

    init(path: String, text: String) {
        var blanking = Blanking(Array(text.utf8))
        self.init(path: path, text: text, code: blanking.run())
    }

    private init(path: String, text: String, code: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        codeLines = code.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// A file in another language than Swift, of which only the number of lines is looked at.
    static func opaque(path: String, text: String) -> Self { Self(path: path, text: text, code: text) }

    /// How many lines the file has; the empty one after a final line break does not count.
    var lineCount: Int { lines.last?.isEmpty == true ? lines.count - 1 : lines.count }
}

extension SourceText {
    /// One `import` line.
    struct Import: Equatable {
        var module: String
        var line: Int
    }

    /// Every module that the file imports, whatever the attributes, access level or kind on the line.
    var imports: [Import] {
        let pattern =
            #/
            ^\s*(?:@\w+(?:\([^)]*\))?\s+)*
            (?:(?:public|package|internal|fileprivate|private)\s+)?
            import\s+
            (?:(?:struct|class|enum|protocol|actor|func|var|let|typealias)\s+)?
            (?<module>\w+)
            /#
        return codeLines.enumerated().filter { $0.element.contains("import") }.compactMap { index, line in
            line.firstMatch(of: pattern).map { Import(module: String($0.module), line: index + 1) }
        }
    }

    /// Names a line of this file in a violation.
    func place(_ line: Int) -> String { "\(path):\(line)" }
}

/// Blanks comments and strings, byte by byte. The result has as many bytes as the input.
private struct Blanking {
    private let input: [UInt8]
    private var output: [UInt8]
    private var index = 0

    init(_ input: [UInt8]) {
        self.input = input
        output = input
    }

    mutating func run() -> String {
        while index < input.count { code(untilParenthesis: false) }
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether `text` stands at the index. Compares in place: this runs several times for every byte of the project.
    private func starts(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index + count <= input.count else { return false }
        return unsafe input[index] == text.utf8Start[0]
            && (1..<count).allSatisfy { unsafe input[index + $0] == text.utf8Start[$0] }
    }

    private mutating func blank(_ count: Int = 1) {
        for position in index..<min(index + count, input.count) where input[position] != UInt8(ascii: "\n") {
            output[position] = UInt8(ascii: " ")
        }
        index += count
    }

    /// Passes over code, to the end or to the parenthesis that closes an interpolation.
    private mutating func code(untilParenthesis: Bool) {
        var depth = 0
        while index < input.count {
            if starts("//") {
                while index < input.count, input[index] != UInt8(ascii: "\n") { blank() }
            } else if starts("/*") {
                blockComment()
            } else if let hashCount = hashesBeforeQuote() {
                string(hashCount: hashCount)
            } else {
                if starts("(") { depth += 1 }
                if starts(")") { depth -= 1 }
                index += 1
                if untilParenthesis, depth < 0 { return }
            }
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && index < input.count
    }

    /// The number of `#` before a quote that begins here; nil where no string begins.
    private func hashesBeforeQuote() -> Int? {
        guard input[index] == UInt8(ascii: "\"") || input[index] == UInt8(ascii: "#") else { return nil }
        let hashCount = input[index...].prefix { $0 == UInt8(ascii: "#") }.count
        return index + hashCount < input.count && input[index + hashCount] == UInt8(ascii: "\"") ? hashCount : nil
    }

    private mutating func string(hashCount: Int) {
        index += hashCount
        let isMultiline = starts("\"\"\"")
        let quoteCount = isMultiline ? 3 : 1
        index += quoteCount
        while index < input.count {
            if !isMultiline, starts("\n") { return }
            if starts("\\"), hashes(after: 1) >= hashCount {
                blank(1 + hashCount)
                if starts("(") {
                    index += 1
                    code(untilParenthesis: true)
                } else {
                    blank()
                }
            } else if isMultiline ? starts("\"\"\"") : starts("\""), hashes(after: quoteCount) >= hashCount {
                index += quoteCount + hashCount
                return
            } else {
                blank()
            }
        }
    }

    private func hashes(after offset: Int) -> Int {
        input[min(index + offset, input.count)...].prefix { $0 == UInt8(ascii: "#") }.count
    }
}
