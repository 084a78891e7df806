/// A value of a GGUF file's metadata, with the type that the file gives it.
package enum GGUFValue: Hashable, Sendable {
    case uint8(UInt8), int8(Int8), uint16(UInt16), int16(Int16), uint32(UInt32), int32(Int32)
    case uint64(UInt64), int64(Int64), float32(Float), float64(Double), bool(Bool)
    case string(GGUFString)
    case array(GGUFArray)

    /// A string.
    package static func text(_ text: String) -> Self { .string(GGUFString(text)) }

    /// The type, as the file numbers it.
    package var type: GGUFValueType {
        switch self {
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .uint32: .uint32
        case .int32: .int32
        case .uint64: .uint64
        case .int64: .int64
        case .float32: .float32
        case .float64: .float64
        case .bool: .bool
        case .string: .string
        case .array: .array
        }
    }

    /// The value of an integer of any width; nil for other types, and when it does not fit.
    package var integer: Int? {
        switch self {
        case .uint8(let value): Int(value)
        case .int8(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint32(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint64(let value): Int(exactly: value)
        case .int64(let value): Int(value)
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    /// The value of a number of any type, rounded to a double where it must be; nil for other types.
    package var number: Double? {
        switch self {
        case .float32(let value): Double(value)
        case .float64(let value): value
        case .uint64(let value): Double(value)
        default: integer.map(Double.init)
        }
    }

    /// The text of a string, with U+FFFD for what is not UTF-8; nil for other types.
    package var text: String? {
        guard case .string(let string) = self else { return nil }
        return string.text
    }

    /// The value of a Boolean; nil for other types.
    package var boolean: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The array; nil for other types.
    package var array: GGUFArray? {
        guard case .array(let array) = self else { return nil }
        return array
    }

    /// A value out of checked, little-endian bytes; `place` moves behind it.
    init(_ type: GGUFValueType, in bytes: [UInt8], at place: inout Int) {
        func take<Word: FixedWidthInteger>(_ word: Word.Type) -> Word {
            defer { place += MemoryLayout<Word>.size }
            return GGUFWords.word(word, in: bytes, at: place)
        }
        switch type {
        case .uint8: self = .uint8(take(UInt8.self))
        case .int8: self = .int8(take(Int8.self))
        case .uint16: self = .uint16(take(UInt16.self))
        case .int16: self = .int16(take(Int16.self))
        case .uint32: self = .uint32(take(UInt32.self))
        case .int32: self = .int32(take(Int32.self))
        case .uint64: self = .uint64(take(UInt64.self))
        case .int64: self = .int64(take(Int64.self))
        case .float32: self = .float32(Float(bitPattern: take(UInt32.self)))
        case .float64: self = .float64(Double(bitPattern: take(UInt64.self)))
        case .bool: self = .bool(take(UInt8.self) != 0)
        case .string:
            let count = Int(take(UInt64.self))
            self = .string(GGUFString(bytes: Array(bytes[place..<place + count])))
            place += count
        case .array:
            let elementType = GGUFValueType(rawValue: take(UInt32.self)) ?? .uint8
            let count = Int(take(UInt64.self))
            let start = place
            GGUFWords.skip(elementType, count: count, in: bytes, at: &place)
            self = .array(GGUFArray(checked: elementType, count: count, content: Array(bytes[start..<place])))
        }
    }
}
