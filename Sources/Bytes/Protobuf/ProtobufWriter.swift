/// Writes a protobuf message, field by field.
package struct ProtobufWriter {
    package private(set) var message: [UInt8] = []

    package init() {}

    package mutating func number(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }

    /// A signed 32-bit number; a negative one takes ten bytes, as 64 bits with its sign.
    package mutating func number(_ field: UInt64, _ value: Int) { number(field, UInt64(bitPattern: Int64(value))) }

    package mutating func bool(_ field: UInt64, _ value: Bool) { number(field, value ? UInt64(1) : 0) }

    package mutating func bytes(_ field: UInt64, _ value: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(value.count))
        message += value
    }

    package mutating func float(_ field: UInt64, _ value: Float) {
        varint(field << 3 | 5)
        for shift in stride(from: 0, to: 32, by: 8) {
            message.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
        }
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            message.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        message.append(UInt8(rest))
    }
}
