import ArgumentParser
import Registry

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `ingot sql`: ask the catalog anything.
struct SQLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Query the catalog by SQL, reading only.",
        discussion: """
            The views artifact_summary, tensor_summary, lineage and result_summary are there to stay; --schema \
            prints them. Without QUERY and --file, the query comes from standard input. @NAME is a query that Ingot \
            brings along; --list names them. :name in a query stands for the value that name=VALUE gives after it.

            Beside SQLite's functions there are human_bytes(n), percentile(x, p), median(x) and corr(x, y).

            Examples:
              ingot sql "SELECT name, tag, bits_per_weight, rel_rmse FROM artifact_summary"
              ingot sql @worst-tensors name=smollm2-135m:nf4 limit=5
              ingot sql "SELECT * FROM tensor_summary WHERE artifact = :a" a=smollm2-135m
              ingot sql --file report.sql --output csv
              echo "SELECT count(*) FROM tensor_summary" | ingot sql
            """)

    @Argument(
        help: "One SELECT statement of SQLite, or @ and the name of a query.",
        completion: .list(NamedQuerySummary.all.map { "@" + $0.name }))
    var query: String?

    @Argument(help: "Values of the query's parameters.")
    var parameters: [String] = []

    @Option(help: ArgumentHelp("Read the query from this file.", valueName: "path"), completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("Give up after this many seconds.", valueName: "seconds"))
    var timeLimit: Double = 30

    @Option(help: ArgumentHelp("Stop after this many rows.", valueName: "count"))
    var maxRows: Int = 10_000

    @Flag(help: "Print the views and tables that can be queried, as SQL.")
    var schema = false

    @Flag(help: "Print the queries that Ingot brings along.")
    var list = false

    @Flag(help: "Print the query itself and which tables and indexes SQLite would read for it, in which order.")
    var explain = false

    @OptionGroup var rows: RowOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard file == nil || query.map(Self.isAssignment) ?? true else {
            throw ValidationError("Give a query or --file, not both.")
        }
        guard !(schema || list) || (query == nil && file == nil) else {
            throw ValidationError("--schema and --list take no query.")
        }
        guard timeLimit > 0, timeLimit <= 1e9 else {
            throw ValidationError("--time-limit must be above 0 seconds, got \(timeLimit).")
        }
        guard maxRows > 0 else { throw ValidationError("--max-rows must be 1 or more, got \(maxRows).") }
    }

    func run() throws {
        if schema {
            return try printLines([
                store.registry(.readOnly).schemaText().trimmingSuffix(while: \.isNewline).description
            ])
        }
        if list { return try printLines(NamedQuerySummary.all.flatMap(\.lines)) }
        let (text, values) = try question()
        let registry = try store.registry(.readOnly)
        var limits = QueryLimits(seconds: timeLimit, rows: maxRows)
        let seconds = timeLimit
        limits.whenStuck = {
            Notices.error("the query took longer than \(seconds) seconds, inside one function. Give it shorter texts.")
            _exit(ExitCode.failure.rawValue)
        }
        if explain {
            let steps = try registry.queryPlan(of: text, parameters: values, limits: limits)
            let plan = steps.map { String(repeating: "  ", count: $0.depth) + $0.step }
            return try printLines([text.trimmingSuffix(while: \.isWhitespace).description, ""] + plan)
        }
        var writer = rows.writer()
        let end = try registry.query(
            text, parameters: values, limits: limits, columns: { try writer.start($0) },
            row: { try writer.add($0.map(Cell.init)) })
        try writer.finish()
        if end.rowCount == 0, !store.quiet { noteUnknownName(values, in: registry) }
        if end.isCut, !store.quiet {
            Notices.note("stopped after \(Figures.count(end.rowCount, "row")); --max-rows \(maxRows * 10) shows more")
        }
    }

    /// Nothing was found: a named query may have been asked of an artifact that is not there.
    private func noteUnknownName(_ values: [String: QueryValue], in registry: ModelRegistry) {
        guard query?.hasPrefix("@") == true, case .text(let name)? = values["name"] else { return }
        do { _ = try registry.show(name) } catch { Notices.note("no row: \(error)") }
    }

    private func printLines(_ lines: [String]) throws {
        let output = TextOutput.standard()
        for line in lines { try output.line(line) }
        try output.flush()
    }

    /// The query, and what its parameters stand for.
    private func question() throws -> (text: String, values: [String: QueryValue]) {
        // With --file or on standard input there is no query among the words.
        let isBare = query.map(Self.isAssignment) ?? true
        let values = try Self.values((isBare ? [query].compactMap(\.self) : []) + parameters)
        if let query, query.hasPrefix("@") {
            let named = try NamedQuerySummary.named(String(query.dropFirst()))
            return (named.sql, try named.values(from: values))
        }
        return (try queryText(isBare ? nil : query), values)
    }

    /// `name=value`: nothing that a query could be.
    private static func isAssignment(_ word: String) -> Bool {
        guard let sign = word.firstIndex(of: "="), sign != word.startIndex else { return false }
        return word[..<sign].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    private static func values(_ words: [String]) throws -> [String: QueryValue] {
        var values: [String: QueryValue] = [:]
        for word in words {
            guard isAssignment(word), let sign = word.firstIndex(of: "=") else {
                throw ValidationError(
                    "'\(word)' gives no parameter a value. Write name=VALUE; quote the query as one word.")
            }
            let name = String(word[..<sign])
            guard values.updateValue(QueryValue(typed: String(word[word.index(after: sign)...])), forKey: name) == nil
            else { throw ValidationError("Parameter '\(name)' is given twice.") }
        }
        return values
    }

    private func queryText(_ query: String?) throws -> String {
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

extension NamedQuerySummary {
    /// The query in a list, for a person.
    fileprivate var lines: [String] {
        ["@\(name)", "    \(meaning)"] + parameters.map { "    \($0.name)=  \($0.meaning)" }
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
