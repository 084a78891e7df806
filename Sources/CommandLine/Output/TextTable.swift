/// Rows in aligned columns, or as a Markdown table. Widths come from the first rows, which are held back until there
/// are enough of them; later rows are printed at once. Columns that a terminal has no room for follow in a table below,
/// with the first column again, unless there are too many rows to hold back.
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
        if frame == nil { try settle(output, isWhole: true) }
    }

    private mutating func settle(_ output: TextOutput, isWhole: Bool = false) throws {
        let rows = held.map(texts)
        var widths = headings.indices.map { TerminalText.cellCount(heading($0)) }
        for row in rows {
            for column in widths.indices { widths[column] = max(widths[column], TerminalText.cellCount(row[column])) }
        }
        let frame = Frame(widths: widths, alignments: headings.indices.map(alignment))
        let bands = isWhole && layout == .aligned ? bands(widths) : [Array(widths.indices)]
        for (place, columns) in bands.enumerated() {
            if place > 0 { try output.line("") }
            let part = Frame(widths: columns.map { widths[$0] }, alignments: columns.map { frame.alignments[$0] })
            try output.line(headingLine(columns, part))
            try output.line(rule(part))
            for row in rows { try output.line(line(columns.map { row[$0] }, part)) }
        }
        self.frame = frame
        held = []
    }

    /// The columns of each table: one with all where they have room, else as many as fit beside the first.
    private func bands(_ widths: [Int]) -> [[Int]] {
        guard let room = terminal.width, widths.count > 2 else { return [Array(widths.indices)] }
        var bands: [[Int]] = []
        var used = Int.max / 2
        for column in widths.indices.dropFirst() {
            if used + 2 + widths[column] > room {
                bands.append([0])
                used = widths[0]
            }
            bands[bands.count - 1].append(column)
            used += 2 + widths[column]
        }
        return bands
    }

    /// Numbers stand on the right, where a column of what is held back has nothing else.
    private func alignment(_ column: Int) -> TerminalText.Alignment {
        var hasNumbers = false
        for row in held where row[column] != .null {
            guard row[column].isNumeric else { return .left }
            hasNumbers = true
        }
        return hasNumbers ? .right : .left
    }

    private func heading(_ column: Int) -> String {
        layout == .markdown ? Markdown.escaped(headings[column]) : headings[column]
    }

    private func headingLine(_ columns: [Int], _ frame: Frame) -> String {
        let text = line(columns.map(heading), frame)
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
        var line = layout == .aligned ? "" : "| "
        for (column, text) in texts.enumerated() {
            if column > 0 { line += layout == .aligned ? "  " : " | " }
            let isLast = layout == .aligned && column + 1 == texts.count
            let padding = frame.widths[column] - TerminalText.cellCount(text)
            if frame.alignments[column] == .right { line.append(spaces: padding) }
            line += text
            // Nothing follows that would need to be aligned.
            if frame.alignments[column] == .left, !isLast { line.append(spaces: padding) }
        }
        if layout == .markdown { return line + " |" }
        while line.utf8.last == UInt8(ascii: " ") { line.removeLast() }
        return line
    }
}

extension String {
    fileprivate mutating func append(spaces count: Int) {
        for _ in 0..<max(0, count) { append(" ") }
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
