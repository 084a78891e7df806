/// Rows in aligned columns, or as a Markdown table. Widths come from the first rows, which are held back until there
/// are enough of them; later rows are printed at once.
struct TextTable {
    /// How columns are told apart.
    enum Layout {
        /// Spaces, and a rule below the headings.
        case aligned
        /// Pipes (GitHub's Markdown).
        case markdown
    }

    private let headings: [String]
    private let layout: Layout
    private let terminal: TerminalStyle
    private var held: [[Cell]] = []
    private var heldByteCount = 0
    private var frame: Frame?

    /// What is settled once the first rows are printed.
    private struct Frame {
        var widths: [Int]
        var alignments: [TerminalText.Alignment]
    }

    private static let heldRowLimit = 1_000
    private static let heldByteLimit = 1 << 20
    /// A longer text is cut in an aligned table; the other styles give it whole.
    static let cellLimit = 100

    init(columns: [String], layout: Layout, terminal: TerminalStyle = .plain) {
        headings = columns.map(TerminalText.escaped)
        self.layout = layout
        self.terminal = terminal
    }

    /// Adds a row, printing the first rows once there are many.
    mutating func add(_ cells: [Cell], to output: TextOutput) throws {
        if let frame { return try output.line(line(texts(cells), frame)) }
        held.append(cells)
        heldByteCount += cells.reduce(0) { $0 + $1.shown.utf8.count }
        if held.count >= Self.heldRowLimit || heldByteCount >= Self.heldByteLimit { try settle(output) }
    }

    /// Prints what is held back; the headings also when there are no rows.
    mutating func finish(to output: TextOutput) throws {
        if frame == nil { try settle(output) }
    }

    private mutating func settle(_ output: TextOutput) throws {
        let rows = held.map(texts)
        let frame = Frame(
            widths: headings.indices.map { column in
                rows.reduce(TerminalText.cellCount(heading(column))) {
                    max($0, TerminalText.cellCount($1[column]))
                }
            },
            alignments: headings.indices.map { column in
                let cells = held.map { $0[column] }.filter { $0 != .null }
                return !cells.isEmpty && cells.allSatisfy(\.isNumeric) ? .right : .left
            })
        try output.line(headingLine(frame))
        try output.line(rule(frame))
        for row in rows { try output.line(line(row, frame)) }
        self.frame = frame
        held = []
    }

    private func heading(_ column: Int) -> String {
        layout == .markdown ? Markdown.escaped(headings[column]) : headings[column]
    }

    private func headingLine(_ frame: Frame) -> String {
        let text = line(headings.indices.map(heading), frame)
        return layout == .aligned ? terminal.bold(text) : text
    }

    private func rule(_ frame: Frame) -> String {
        switch layout {
        case .aligned: frame.widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        case .markdown:
            zip(frame.widths, frame.alignments).reduce("|") { rule, column in
                let dashes = String(repeating: "-", count: max(1, column.0))
                return rule + (column.1 == .right ? " \(dashes):|" : " \(dashes) |")
            }
        }
    }

    private func texts(_ cells: [Cell]) -> [String] {
        cells.map {
            layout == .markdown ? Markdown.escaped($0.shown) : TerminalText.fitted($0.shown, in: Self.cellLimit)
        }
    }

    private func line(_ texts: [String], _ frame: Frame) -> String {
        let padded = texts.indices.map { column in
            TerminalText.padded(texts[column], to: frame.widths[column], frame.alignments[column])
        }
        guard layout == .aligned else { return "| " + padded.joined(separator: " | ") + " |" }
        var line = padded.joined(separator: "  ")
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}

/// Markdown text.
enum Markdown {
    /// `text` with the characters escaped that would end a cell or start markup.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if "\\|`*<[".contains(character) { result += "\\" }
            result.append(character)
        }
        return result
    }
}
