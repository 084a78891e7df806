/// The type of a metadata value, numbered as in the file. Source: ggml, `gguf.h`, enum `gguf_type`.
package enum GGUFValueType: UInt32, CaseIterable, Hashable, Sendable {
    case uint8 = 0
    case int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// The bytes of a value; nil for strings and arrays, which say it themselves.
    package var byteCount: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }

    /// The fewest bytes that a value takes.
    var leastByteCount: Int {
        switch self {
        case .string: 8
        case .array: 12
        default: byteCount ?? 1
        }
    }

    /// What several of them are called.
    var plural: String {
        switch self {
        case .bool: "booleans"
        case .string: "strings"
        case .array: "arrays"
        case .float32, .float64: "numbers"
        default: "integers"
        }
    }
}
