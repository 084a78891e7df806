import Bytes
import Catalog

/// How much a query may use.
public struct QueryLimits: Sendable {
    /// How long SQLite may work, in seconds.
    public var seconds: Double
    /// Rows that are handed out.
    public var rows: Int
    /// Called on another thread when SQLite does not come back from one of its functions two seconds after the time is
    /// up: nothing can stop it then but the end of the process.
    public var whenStuck: (@Sendable () -> Void)?

    /// - Parameters:
    ///   - seconds: how long SQLite may work.
    ///   - rows: rows that are handed out.
    public init(seconds: Double = 30, rows: Int = 10_000) {
        self.seconds = seconds
        self.rows = rows
    }
}

/// A value in a row of a query's answer.
public enum QueryValue: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// How a query's answer ended.
public struct QueryEnd: Equatable, Sendable {
    /// The rows that were handed out.
    public var rowCount: Int
    /// Whether there were more rows than the limit allows.
    public var isCut: Bool
}

extension ModelRegistry {
    /// Answers one SQL query about the catalog, reading only; `docs/catalog.md` describes the views.
    /// - Parameters:
    ///   - parameters: what `:name`, `@name` and `$name` stand for in the query; each of them, and no others.
    ///   - columns: gets the columns' names, before the first row.
    ///   - row: gets each row; when it throws, the query ends with that error.
    /// - Throws: an error that says where the query is wrong, or which limit it met.
    public func query(
        _ sql: String, parameters: [String: QueryValue] = [:], limits: QueryLimits = QueryLimits(),
        columns: ([String]) throws -> Void, row: ([QueryValue]) throws -> Void
    ) throws -> QueryEnd {
        let outcome = try door(limits).run(
            sql, parameters: parameters.mapValues(SQLValue.init), start: columns
        ) { values in
            try row(values.map(QueryValue.init))
        }
        return QueryEnd(rowCount: outcome.rowCount, isCut: outcome.isCut)
    }

    /// How SQLite would answer a query, step by step: `depth` says which step a step belongs to.
    public func queryPlan(
        of sql: String, parameters: [String: QueryValue] = [:], limits: QueryLimits = QueryLimits()
    ) throws -> [(depth: Int, step: String)] {
        try door(limits).plan(of: sql, parameters: parameters.mapValues(SQLValue.init))
    }

    private func door(_ limits: QueryLimits) throws -> SQLDoor {
        var bounds = SQLDoor.Limits()
        bounds.time = .seconds(limits.seconds)
        bounds.rowCount = limits.rows
        bounds.whenStuck = limits.whenStuck
        return try SQLDoor(path: catalog.path, limits: bounds)
    }

    /// The views that queries are meant for, each with its columns and what they mean.
    public func schemaText() throws -> String { try SQLDoor(path: catalog.path).schemaText() }
}

extension SQLValue {
    init(_ value: QueryValue) {
        self =
            switch value {
            case .null: .null
            case .integer(let number): .integer(number)
            case .real(let number): .real(number)
            case .text(let text): .text(text)
            case .blob(let bytes): .blob(bytes)
            }
    }
}

extension QueryValue {
    /// The value of a parameter that was typed: a number when it is written as JSON writes one, else text. So `007` and
    /// `0x10` stay what they are.
    public init(typed text: String) {
        let isNumber = text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) != nil
        self =
            if isNumber, let number = Int64(text) {
                .integer(number)
            } else if isNumber, let number = Double(text), number.isFinite {
                .real(number)
            } else {
                .text(text)
            }
    }

    init(_ value: SQLValue) {
        self =
            switch value {
            case .null: .null
            case .integer(let number): .integer(number)
            case .real(let number): .real(number)
            case .text(let text): .text(text)
            case .blob(let bytes): .blob(bytes)
            }
    }
}

/// A query that Ingot brings along (`schemas/queries/`).
public struct NamedQuerySummary: Equatable, Sendable {
    /// A value that it is asked with.
    public struct Parameter: Equatable, Sendable {
        public var name: String
        /// What it stands for, with its default if it has one.
        public var meaning: String
        fileprivate var defaultValue: String?
        /// Whether only a number makes sense.
        fileprivate var isNumber: Bool { defaultValue.flatMap(Double.init) != nil }
    }

    /// Without the `@` of the command line.
    public var name: String
    /// The question that it answers.
    public var meaning: String
    public var parameters: [Parameter]
    public var sql: String

    /// All of them, by name.
    public static let all = NamedQuery.all.map(Self.init)

    /// - Throws: an error with the names that come near, when there is none of this name.
    public static func named(_ name: String) throws -> Self { Self(try NamedQuery.named(name)) }

    private init(_ query: NamedQuery) {
        name = query.name
        meaning = query.meaning
        parameters = query.parameters.map {
            Parameter(name: $0.name, meaning: $0.meaning, defaultValue: $0.defaultValue)
        }
        sql = query.sql
    }

    /// The values of all parameters: those given, and the defaults of the others.
    /// - Throws: `RegistryError` when one has neither.
    public func values(from given: [String: QueryValue]) throws -> [String: QueryValue] {
        var values = given
        for parameter in parameters where values[parameter.name] == nil {
            guard let value = parameter.defaultValue else {
                throw RegistryError(
                    "@\(name) needs '\(parameter.name)': \(parameter.meaning)",
                    remedy: "Write 'ingot sql @\(name) \(parameter.name)=VALUE'")
            }
            values[parameter.name] = QueryValue(typed: value)
        }
        for parameter in parameters where parameter.isNumber {
            guard case .text(let text)? = values[parameter.name] else { continue }
            throw RegistryError(
                "\(parameter.name) of @\(name) is a number, and '\(text.shortened)' is none",
                remedy: "Write a number, such as \(parameter.name)=\(parameter.defaultValue ?? "1")")
        }
        return values
    }
}
