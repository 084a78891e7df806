/// Integers within checked bytes of a GGUF header.
enum GGUFWords {
    /// The little-endian number at `place`.
    static func word<Word: FixedWidthInteger>(_: Word.Type, in bytes: [UInt8], at place: Int) -> Word {
        var word: Word = 0
        for index in 0..<MemoryLayout<Word>.size {
            word |= Word(truncatingIfNeeded: bytes[place + index]) << (8 * index)
        }
        return word
    }

    /// Moves `place` behind elements that were checked before.
    static func skip(_ type: GGUFValueType, count: Int, in bytes: [UInt8], at place: inout Int) {
        if let width = type.byteCount {
            place += width * count
        } else if type == .string {
            for _ in 0..<count { place += 8 + Int(word(UInt64.self, in: bytes, at: place)) }
        } else {
            for _ in 0..<count {
                let elementType = GGUFValueType(rawValue: word(UInt32.self, in: bytes, at: place)) ?? .uint8
                let inner = Int(word(UInt64.self, in: bytes, at: place + 4))
                place += 12
                skip(elementType, count: inner, in: bytes, at: &place)
            }
        }
    }

    /// Exchanges the byte order of elements.
    /// - Parameter toLittleEndian: whether lengths and counts are little-endian afterwards; before, otherwise.
    static func reverse(_ type: GGUFValueType, count: Int, in bytes: inout [UInt8], toLittleEndian: Bool) {
        var place = 0
        reverse(type, count, &bytes, &place, toLittleEndian)
    }

    private static func reverse(
        _ type: GGUFValueType, _ count: Int, _ bytes: inout [UInt8], _ place: inout Int, _ toLittleEndian: Bool
    ) {
        if let width = type.byteCount {
            for _ in 0..<count {
                reverse(&bytes, place, width)
                place += width
            }
        } else {
            for _ in 0..<count {
                let isArray = type == .array
                let header = place
                if toLittleEndian { reverseHeader(&bytes, header, isArray) }
                let number = isArray ? word(UInt32.self, in: bytes, at: place) : GGUFValueType.uint8.rawValue
                let inner = GGUFValueType(rawValue: number) ?? .uint8
                let innerCount = Int(word(UInt64.self, in: bytes, at: place + (isArray ? 4 : 0)))
                if !toLittleEndian { reverseHeader(&bytes, header, isArray) }
                place += isArray ? 12 : 8
                reverse(inner, innerCount, &bytes, &place, toLittleEndian)
            }
        }
    }

    /// The type and count of an array, or the length of a string.
    private static func reverseHeader(_ bytes: inout [UInt8], _ place: Int, _ isArray: Bool) {
        if isArray { reverse(&bytes, place, 4) }
        reverse(&bytes, place + (isArray ? 4 : 0), 8)
    }

    private static func reverse(_ bytes: inout [UInt8], _ start: Int, _ width: Int) {
        for index in 0..<width / 2 { bytes.swapAt(start + index, start + width - 1 - index) }
    }
}
