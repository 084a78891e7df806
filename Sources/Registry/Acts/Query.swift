import Catalog

/// How much a query may use.
public struct QueryLimits: Sendable {
    /// How long SQLite may work, in seconds.
    public var seconds: Double
    /// Rows that are handed out.
    public var rows: Int

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
    ///   - columns: gets the columns' names, before the first row.
    ///   - row: gets each row; when it throws, the query ends with that error.
    /// - Throws: an error that says where the query is wrong, or which limit it met.
    public func query(
        _ sql: String, limits: QueryLimits = QueryLimits(), columns: ([String]) throws -> Void,
        row: ([QueryValue]) throws -> Void
    ) throws -> QueryEnd {
        var bounds = SQLDoor.Limits()
        bounds.time = .seconds(limits.seconds)
        bounds.rowCount = limits.rows
        let door = try SQLDoor(path: catalog.path, limits: bounds)
        let outcome = try door.run(sql, start: columns) { values in try row(values.map(QueryValue.init)) }
        return QueryEnd(rowCount: outcome.rowCount, isCut: outcome.isCut)
    }

    /// The views that queries are meant for, each with its columns and what they mean.
    public func schemaText() throws -> String { try SQLDoor(path: catalog.path).schemaText() }
}

extension QueryValue {
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
