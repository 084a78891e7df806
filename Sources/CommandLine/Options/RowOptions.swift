import ArgumentParser

extension RowStyle: ExpressibleByArgument {}

/// The options of commands that print rows.
struct RowOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How to print the rows (default: table).", valueName: "style"))
    var output: RowStyle?

    @Flag(help: "Short for --output json.")
    var json = false

    func validate() throws {
        guard !json || output == nil || output == .json else {
            throw ValidationError("--json and --output \(output?.rawValue ?? "") contradict each other.")
        }
    }

    /// The style that was asked for.
    var style: RowStyle { json ? .json : output ?? .table }

    /// A writer to standard output in that style.
    func writer() -> RowWriter {
        RowWriter(style: style, output: .standard(), terminal: .standardOutput(.process))
    }

    /// Prints `rows`: for a person the columns `shown`, for a program all of `columns`, those of JSON sorted.
    func print<Row>(_ rows: [Row], columns: [Column<Row>], shown: [Column<Row>]) throws {
        var chosen = style.isForPeople ? shown : columns
        if style == .json || style == .jsonl { chosen.sort { $0.name < $1.name } }
        var writer = writer()
        try writer.start(chosen.map(\.name))
        for row in rows { try writer.add(chosen.map { $0.cell(row) }) }
        try writer.finish()
    }
}

/// One column of printed rows: its heading, or key, and how to get a row's cell.
struct Column<Row>: Sendable {
    var name: String
    var cell: @Sendable (Row) -> Cell

    init(_ name: String, _ cell: @escaping @Sendable (Row) -> Cell) {
        self.name = name
        self.cell = cell
    }
}
