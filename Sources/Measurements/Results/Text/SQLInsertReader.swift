import Bytes

/// Reads `INSERT INTO table (columns) VALUES (values);` from SQL text, and passes over `CREATE TABLE` of the same
/// table. Nothing is run. Any other statement is refused, as no benchmark writes one.
///
/// A value is a number, `NULL`, or text in single quotes, in which a quote is doubled.
struct SQLInsertReader {
    struct Row {
        let fields: JSONObject
        let line: Int
        let byteOffset: Int
    }

    private let bytes: [UInt8]
    private let table: String
    private var place = 0
    private var line = 1
    /// Rows of an `INSERT` with several that were read and not handed out.
    private var pending: [Row] = []

    private static let mostColumns = 1_000
    private static let longestText = 1 << 20

    init(_ bytes: [UInt8], table: String) {
        self.bytes = bytes
        self.table = table
    }

    /// The next row; nil at the end.
    mutating func next() throws(FormatError) -> Row? {
        while pending.isEmpty {
            skipSpace()
            guard place < bytes.count else { return nil }
            switch word().lowercased() {
            case "create": try skipCreate()
            case "insert": pending = try insert().reversed()
            case let other:
                throw fault("a statement that begins with '\(other.shortened)': only INSERT INTO \(table) is read")
            }
        }
        return pending.popLast()
    }

    private mutating func skipCreate() throws(FormatError) {
        try expect("table")
        skipSpace()
        var name = word()
        if name.lowercased() == "if" {
            try expect("not")
            try expect("exists")
            skipSpace()
            name = word()
        }
        guard name == table else { throw fault("a table '\(name.shortened)': only \(table) is read") }
        while let token = try token() { if token == .symbol(UInt8(ascii: ";")) { return } }
        throw fault("CREATE TABLE does not end")
    }

    private mutating func insert() throws(FormatError) -> [Row] {
        let (first, start) = (line, place)
        try expect("into")
        skipSpace()
        let name = word()
        guard name == table else { throw fault("a table '\(name.shortened)': only \(table) is read") }
        let columns = try list().map { $0.stringValue ?? "" }
        try expect("values")
        var rows: [Row] = []
        while true {
            let values = try list()
            guard values.count == columns.count else {
                throw fault("\(values.count) values for \(columns.count) columns")
            }
            let fields = JSONObject(Array(zip(columns, values)))
            guard fields.members.count == columns.count else { throw fault("a column stands twice") }
            rows.append(Row(fields: fields, line: first, byteOffset: start))
            switch try token() {
            case .symbol(UInt8(ascii: ",")): continue
            case .symbol(UInt8(ascii: ";")), nil: return rows
            default: throw fault("expected ';' behind the values")
            }
        }
    }

    /// Values in parentheses.
    private mutating func list() throws(FormatError) -> [JSONValue] {
        guard try token() == .symbol(UInt8(ascii: "(")) else { throw fault("expected '('") }
        var values: [JSONValue] = []
        while true {
            guard case .value(let value) = try token() else { throw fault("expected a value") }
            values.append(value)
            guard values.count <= Self.mostColumns else { throw fault("more than \(Self.mostColumns) values") }
            switch try token() {
            case .symbol(UInt8(ascii: ",")): continue
            case .symbol(UInt8(ascii: ")")): return values
            default: throw fault("expected ',' or ')' behind a value")
            }
        }
    }

    // MARK: Tokens

    private enum Token: Equatable {
        case symbol(UInt8)
        case value(JSONValue)
    }

    private mutating func token() throws(FormatError) -> Token? {
        skipSpace()
        guard place < bytes.count else { return nil }
        let byte = bytes[place]
        if "(),;".utf8.contains(byte) {
            place += 1
            return .symbol(byte)
        }
        if byte == UInt8(ascii: "'") { return .value(.string(try quoted())) }
        let text = word()
        guard !text.isEmpty else { throw fault("a character that no value has") }
        if text.uppercased() == "NULL" { return .value(.null) }
        return .value(.string(text))
    }

    private mutating func quoted() throws(FormatError) -> String {
        let quote = UInt8(ascii: "'")
        place += 1
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == quote {
                guard place < bytes.count, bytes[place] == quote else { return String(decoding: text, as: UTF8.self) }
                place += 1
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            text.append(byte)
            guard text.count <= Self.longestText else { throw fault("a text of more than \(Self.longestText) bytes") }
        }
        throw fault("the quote is not closed")
    }

    private mutating func word() -> String {
        let start = place
        while place < bytes.count, !"(),;' \t\r\n".utf8.contains(bytes[place]) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func expect(_ expected: String) throws(FormatError) {
        skipSpace()
        guard word().lowercased() == expected else { throw fault("expected \(expected.uppercased())") }
    }

    private mutating func skipSpace() {
        while place < bytes.count, bytes[place] <= 0x20 {
            if bytes[place] == UInt8(ascii: "\n") { line += 1 }
            place += 1
        }
    }

    private func fault(_ problem: String) -> FormatError {
        FormatError(
            .corrupt, "line \(line): \(problem)", at: min(place, bytes.count),
            remedy: "Give what 'llama-bench -o sql' printed, unchanged")
    }
}
