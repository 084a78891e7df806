import Bytes

extension GGUFCursor {
    /// How deep arrays may lie in arrays. Nobody writes more than two; ggml itself reads one.
    static let deepestArray = 8

    /// A value of this type.
    mutating func takeValue(_ type: GGUFValueType, of key: String) throws -> GGUFValue {
        if type == .array { return .array(try takeArray(of: key)) }
        let start = offset
        if type == .string {
            let count = try takeStringByteCount("the value of '\(key)'")
            return .string(GGUFString(bytes: try takeBytes(count)))
        }
        try passElements(type, count: 1, of: key, depth: 0)
        var bytes = try bytes(start..<offset)
        if isBigEndian { bytes.reverse() }
        var place = 0
        return GGUFValue(type, in: bytes, at: &place)
    }

    /// The type of a value or of an array's elements.
    mutating func takeValueType(of key: String) throws -> GGUFValueType {
        let start = offset
        let number = try takeUInt32("the type of '\(key)'")
        guard let type = GGUFValueType(rawValue: number) else {
            throw FormatError(
                .corrupt, "the value of '\(key)' has type \(number); 0 to 12 are known", at: start,
                remedy: "Write the file again with its original tool")
        }
        return type
    }

    private mutating func takeArray(of key: String) throws -> GGUFArray {
        let elementType = try takeValueType(of: key)
        let count = try takeElementCount(elementType, of: key)
        let start = offset
        try passElements(elementType, count: count, of: key, depth: 1)
        var content = try bytes(start..<offset)
        if isBigEndian { GGUFWords.reverse(elementType, count: count, in: &content, toLittleEndian: true) }
        return GGUFArray(checked: elementType, count: count, content: content)
    }

    /// The count of an array's elements, which the rest of the file can hold.
    private mutating func takeElementCount(_ type: GGUFValueType, of key: String) throws -> Int {
        let start = offset
        let stated = try takeUInt64("the count of '\(key)'")
        let room = remaining / type.leastByteCount
        guard stated <= UInt64(room) else {
            throw FormatError(
                .truncated,
                "the array '\(key)' has \(stated) elements, but the rest of the file can hold \(room)",
                at: start, remedy: "Fetch the file again")
        }
        guard type != .string || stated <= UInt64(GGUF.mostStrings) else {
            throw FormatError(
                .unsupported, "the array '\(key)' has \(stated) strings, \(GGUF.mostStrings) are read", at: start,
                remedy: "Leave this key out when the file is written")
        }
        return Int(stated)
    }

    /// Checks elements and passes them.
    private mutating func passElements(_ type: GGUFValueType, count: Int, of key: String, depth: Int) throws {
        switch type {
        case .string:
            for _ in 0..<count { try skip(try takeStringByteCount("a string of '\(key)'")) }
        case .array:
            guard depth < Self.deepestArray else {
                throw FormatError(
                    .unsupported, "the arrays in '\(key)' are more than \(Self.deepestArray) deep", at: offset,
                    remedy: "Leave this key out when the file is written")
            }
            for _ in 0..<count {
                let elementType = try takeValueType(of: key)
                let inner = try takeElementCount(elementType, of: key)
                try passElements(elementType, count: inner, of: key, depth: depth + 1)
            }
        case .bool:
            try passBooleans(count, of: key)
        default:
            // An array's count was compared with the rest of the file, a single value was not.
            let byteCount = count * (type.byteCount ?? 1)
            guard byteCount <= remaining else {
                throw FormatError(
                    .truncated, "the file ends within the value of '\(key)'", at: offset, remedy: "Fetch the file again"
                )
            }
            try skip(byteCount)
        }
    }

    private mutating func passBooleans(_ count: Int, of key: String) throws {
        guard count <= remaining else {
            throw FormatError(
                .truncated, "the file ends within the value of '\(key)'", at: offset, remedy: "Fetch the file again")
        }
        let start = offset
        try skip(count)
        for piece in stride(from: start, to: start + count, by: Self.windowByteCount) {
            let bytes = try bytes(piece..<min(piece + Self.windowByteCount, start + count))
            guard let place = bytes.firstIndex(where: { $0 > 1 }) else { continue }
            throw FormatError(
                .corrupt, "a Boolean of '\(key)' is \(bytes[place]); 0 and 1 are allowed", at: piece + place,
                remedy: "Write the file again with its original tool")
        }
    }
}
