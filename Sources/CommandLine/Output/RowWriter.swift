import Bytes

/// Prints rows as they come, in one of the styles; memory does not grow with their number.
struct RowWriter {
    private let style: RowStyle
    private let output: TextOutput
    private let terminal: TerminalStyle
    private var columns: [String] = []
    private var table: TextTable?
    private var rowCount = 0

    init(style: RowStyle, output: TextOutput, terminal: TerminalStyle = .plain) {
        self.style = style
        self.output = output
        self.terminal = terminal
    }

    /// Names the columns; comes before the first row.
    mutating func start(_ columns: [String]) throws {
        self.columns = Self.distinct(columns)
        switch style {
        case .table: table = TextTable(columns: columns, layout: .aligned, terminal: terminal)
        case .markdown: table = TextTable(columns: columns, layout: .markdown)
        case .csv: try output.line(columns.map { CSV.field(.text($0)) }.joined(separator: ","))
        case .json: try output.write("[")
        case .jsonl: break
        }
    }

    /// Prints one row: a cell for each column.
    mutating func add(_ cells: [Cell]) throws {
        rowCount += 1
        switch style {
        case .table, .markdown: try table?.add(cells, to: output)
        case .csv: try output.line(cells.map(CSV.field).joined(separator: ","))
        case .json:
            let text = JSONText.document(object(cells)).split(separator: "\n", omittingEmptySubsequences: false)
            try output.write((rowCount == 1 ? "\n  " : ",\n  ") + text.joined(separator: "\n  "))
        case .jsonl: try output.line(JSONText.line(object(cells)))
        }
    }

    /// Prints what is still held back.
    mutating func finish() throws {
        try table?.finish(to: output)
        if style == .json { try output.line(rowCount == 0 ? "]" : "\n]") }
        try output.flush()
    }

    private func object(_ cells: [Cell]) -> JSONValue {
        .object(JSONObject(zip(columns, cells).map { ($0, $1.json) }))
    }

    /// `columns` with a number added to those that come again, because a JSON object has each key once.
    static func distinct(_ columns: [String]) -> [String] {
        var taken = Set(columns)
        var seen: Set<String> = []
        return columns.map { column in
            guard !seen.insert(column).inserted else { return column }
            var number = 2
            while !taken.insert("\(column)_\(number)").inserted { number += 1 }
            return "\(column)_\(number)"
        }
    }
}
