import Bytes
import Registry

/// One value of a row that is printed.
enum Cell: Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case real(Double)
    case text(String)
    case blob([UInt8])
    case integers([Int])
    /// A number as a person reads it: `3.2 MB`.
    case figure(String)

    /// The text, or null.
    static func optional(_ text: String?) -> Self { text.map(Self.text) ?? .null }

    /// The number, or null.
    static func optional(_ number: Int?) -> Self { number.map(Self.integer) ?? .null }

    /// The number, or null.
    static func optional(_ number: Double?) -> Self { number.map(Self.real) ?? .null }

    /// Whether the value lines up on the right.
    var isNumeric: Bool {
        switch self {
        case .integer, .real, .figure: true
        default: false
        }
    }

    /// The value for a person: control characters escaped, reals to about six digits, nothing for null.
    var shown: String {
        switch self {
        case .null: ""
        case .real(let value): Figures.real(value)
        case .text(let value): TerminalText.escaped(value)
        default: exact
        }
    }

    /// The value for a program, nothing lost: hexadecimal digits for a blob, nothing for null.
    var exact: String {
        switch self {
        case .null: ""
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .real(let value): "\(value)"
        case .text(let value), .figure(let value): value
        case .blob(let bytes): Self.hex(bytes)
        case .integers(let values): "[" + values.map(String.init).joined(separator: ",") + "]"
        }
    }

    /// The value in JSON; NaN and infinities, which JSON lacks, become null.
    var json: JSONValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .number(value)
        case .real(let value): value.isFinite ? .number("\(value)") : .null
        case .text, .figure, .blob: .string(exact)
        case .integers(let values): .array(values.map { .number($0) })
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 0xF)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
