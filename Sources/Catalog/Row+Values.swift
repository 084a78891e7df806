import Bytes
import GRDB

extension Row {
    /// The value of a column that is NULL or a `Value`; GRDB reads types that columns convert to without a detour.
    func optional<Value: DatabaseValueConvertible & StatementColumnConvertible>(
        _ column: String, as type: Value.Type = Value.self
    ) throws -> Value? {
        try decode(Value?.self, forColumn: column)
    }

    func integer(_ column: String) throws -> Int { try decode(Int.self, forColumn: column) }

    func text(_ column: String) throws -> String { try decode(String.self, forColumn: column) }

    func digest(_ column: String) throws -> Digest {
        try parse(column, of: text(column)) { Digest(hex: $0) }
    }

    func optionalDigest(_ column: String) throws -> Digest? {
        guard let text = try optional(column, as: String.self) else { return nil }
        return try parse(column, of: text) { Digest(hex: $0) }
    }

    func timestamp(_ column: String) throws -> Timestamp {
        try parse(column, of: text(column)) { Timestamp($0) }
    }

    func optionalTimestamp(_ column: String) throws -> Timestamp? {
        guard let text = try optional(column, as: String.self) else { return nil }
        return try parse(column, of: text) { Timestamp($0) }
    }

    /// A column that holds the name of an enum's case.
    func choice<Choice: RawRepresentable<String>>(_ column: String, as type: Choice.Type = Choice.self) throws -> Choice
    {
        try parse(column, of: text(column)) { Choice(rawValue: $0) }
    }

    /// The schema's checks keep such values out; a file that was edited by other tools may still hold one.
    func parse<Value>(_ column: String, of text: String, _ value: (String) -> Value?) throws -> Value {
        guard let value = value(text) else {
            throw CatalogError(
                .failed, "the catalog holds '\(text)' as \(column), which is none",
                remedy: "Restore the catalog from a backup")
        }
        return value
    }
}

extension Database {
    /// Runs a statement that is prepared once, with its values in order.
    func run(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws {
        let statement = try cachedStatement(sql: sql)
        try statement.execute(arguments: StatementArguments(values))
    }

    /// Runs an `INSERT` and gives the new row's number.
    func insert(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws -> Int64 {
        try run(sql, values)
        return lastInsertedRowID
    }
}

extension Double {
    /// The number when it is finite: NaN and infinities never reach a row.
    var ifFinite: Double? { isFinite ? self : nil }
}
