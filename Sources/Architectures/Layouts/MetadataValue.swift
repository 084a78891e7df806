/// The value of a GGUF metadata key, with its stored type.
package enum MetadataValue: Equatable, Sendable {
    case u32(UInt32)
    case i32(Int32)
    case u64(UInt64)
    case f32(Float)
    case bool(Bool)
    case string(String)
    case strings([String])

    /// The number, whatever its type; nil for the others.
    package var number: Double? {
        switch self {
        case .u32(let value): Double(value)
        case .i32(let value): Double(value)
        case .u64(let value): Double(value)
        case .f32(let value): Double(value)
        case .bool, .string, .strings: nil
        }
    }

    package var text: String? { if case .string(let value) = self { value } else { nil } }
}

/// A key of GGUF's metadata and its value.
package struct MetadataItem: Equatable, Sendable {
    package var key: String
    package var value: MetadataValue

    package init(_ key: String, _ value: MetadataValue) {
        self.key = key
        self.value = value
    }
}
