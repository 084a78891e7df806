import ArgumentParser
import Registry

/// `ingot sql`: ask the catalog anything.
struct SQLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Query the catalog by SQL, reading only.",
        discussion: """
            The views artifact_summary, tensor_summary, lineage and result_summary are there to stay; --schema \
            prints them. Without QUERY and --file, the query comes from standard input.

            Examples:
              ingot sql "SELECT name, tag, bits_per_weight, rel_rmse FROM artifact_summary"
              ingot sql --file report.sql --output csv
              echo "SELECT count(*) FROM tensor_summary" | ingot sql
            """)

    @Argument(help: "One SELECT statement of SQLite.")
    var query: String?

    @Option(help: ArgumentHelp("Read the query from this file.", valueName: "path"), completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("Give up after this many seconds.", valueName: "seconds"))
    var timeLimit: Double = 30

    @Option(help: ArgumentHelp("Stop after this many rows.", valueName: "count"))
    var maxRows: Int = 10_000

    @Flag(help: "Print the views and tables that can be queried, as SQL.")
    var schema = false

    @OptionGroup var rows: RowOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard query == nil || file == nil else { throw ValidationError("Give a query or --file, not both.") }
        guard !schema || (query == nil && file == nil) else {
            throw ValidationError("--schema takes no query.")
        }
        guard timeLimit > 0, timeLimit <= 1e9 else {
            throw ValidationError("--time-limit must be above 0 seconds, got \(timeLimit).")
        }
        guard maxRows > 0 else { throw ValidationError("--max-rows must be 1 or more, got \(maxRows).") }
    }

    func run() throws {
        if schema {
            let output = TextOutput.standard()
            try output.line(store.registry(.readOnly).schemaText().trimmingSuffix(while: \.isNewline).description)
            return try output.flush()
        }
        let text = try queryText()
        let registry = try store.registry(.readOnly)
        var writer = rows.writer()
        let end = try registry.query(
            text, limits: QueryLimits(seconds: timeLimit, rows: maxRows),
            columns: { try writer.start($0) },
            row: { try writer.add($0.map(Cell.init)) })
        try writer.finish()
        if end.isCut, !store.quiet {
            Notices.note("stopped after \(Figures.count(end.rowCount, "row")); --max-rows \(maxRows * 10) shows more")
        }
    }

    private func queryText() throws -> String {
        let text =
            if let query {
                query
            } else if let file {
                try TextInput.file(file)
            } else {
                TextInput.isTerminal ? "" : try TextInput.standard()
            }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("No query. Give one as an argument, with --file, or on standard input.")
        }
        return text
    }
}

extension Cell {
    /// The cell of a query's value.
    init(_ value: QueryValue) {
        self =
            switch value {
            case .null: .null
            case .integer(let number): .integer(Int(number))
            case .real(let number): .real(number)
            case .text(let text): .text(text)
            case .blob(let bytes): .blob(bytes)
            }
    }
}

extension String {
    /// The text without the last characters that `isDropped` claims.
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, isDropped(last) { text.removeLast() }
        return text
    }
}
