/// Puts the numbers and strings of a GGUF header behind each other.
struct GGUFWriter {
    private(set) var bytes: [UInt8] = []
    private let isBigEndian: Bool

    init(isBigEndian: Bool = false) { self.isBigEndian = isBigEndian }

    mutating func append(_ value: some FixedWidthInteger) {
        let width = value.bitWidth / 8
        for index in 0..<width {
            let shift = 8 * (isBigEndian ? width - 1 - index : index)
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func append(raw more: [UInt8]) { bytes += more }

    mutating func append(string: some Collection<UInt8>) {
        append(UInt64(string.count))
        bytes += string
    }

    mutating func append(string: String) { append(string: string.utf8) }

    /// A value without its type.
    mutating func append(_ value: GGUFValue) {
        switch value {
        case .uint8(let value): append(value)
        case .int8(let value): append(value)
        case .uint16(let value): append(value)
        case .int16(let value): append(value)
        case .uint32(let value): append(value)
        case .int32(let value): append(value)
        case .uint64(let value): append(value)
        case .int64(let value): append(value)
        case .float32(let value): append(value.bitPattern)
        case .float64(let value): append(value.bitPattern)
        case .bool(let value): append(UInt8(value ? 1 : 0))
        case .string(let string): append(string: string.bytes)
        case .array(let array):
            append(array.elementType.rawValue)
            append(UInt64(array.count))
            var content = array.content
            if isBigEndian {
                GGUFWords.reverse(array.elementType, count: array.count, in: &content, toLittleEndian: false)
            }
            bytes += content
        }
    }

    /// Zeros up to a multiple of `alignment`.
    mutating func pad(to alignment: Int) {
        bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
    }
}
