import Bytes

extension GGUFMetadata {
    /// Takes so many keys with their values.
    init(_ cursor: inout GGUFCursor, count: Int) throws {
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        var keys: Set<String> = []
        for index in 0..<count {
            let place = cursor.offset
            let key = try Self.takeKey(&cursor, index)
            guard keys.insert(key).inserted else {
                throw FormatError(
                    .corrupt, "the metadata key '\(key)' appears twice", at: place,
                    remedy: "Write the file again with its original tool")
            }
            let type = try cursor.takeValueType(of: key)
            entries.append(Entry(key: key, value: try cursor.takeValue(type, of: key)))
        }
        self.init(distinct: entries)
    }

    private static func takeKey(_ cursor: inout GGUFCursor, _ index: Int) throws -> String {
        let place = cursor.offset
        let byteCount = try cursor.takeStringByteCount("metadata key \(index)")
        guard byteCount > 0, byteCount <= GGUF.longestKey else {
            throw FormatError(
                .corrupt, "metadata key \(index) has \(byteCount) bytes; 1 to \(GGUF.longestKey) are allowed",
                at: place,
                remedy: "Write the file again with its original tool")
        }
        guard let key = try cursor.takeName(byteCount, "metadata key \(index)") else {
            throw FormatError(
                .corrupt, "metadata key \(index) is not UTF-8", at: place + 8,
                remedy: "Write the file again with its original tool")
        }
        guard key.isVisibleASCII || !PlainName.hasControlCharacter(key.text) else {
            throw FormatError(
                .unsupported, "the metadata key \(PlainName.quoted(key.text)) has a control character", at: place + 8,
                remedy: "Rename the key")
        }
        return key.text
    }

    /// The alignment that the metadata states, or the usual one.
    /// - Parameter place: where the metadata starts, for the message.
    func checkedAlignment(at place: Int?) throws(FormatError) -> Int {
        guard let value = self[GGUF.alignmentKey] else { return GGUF.usualAlignment }
        guard case .uint32(let alignment) = value else {
            throw FormatError(
                .corrupt, "\(GGUF.alignmentKey) is of type \(value.type); uint32 is allowed", at: place,
                remedy: "Write the file again with its original tool")
        }
        guard alignment.nonzeroBitCount == 1 else {
            throw FormatError(
                .corrupt, "\(GGUF.alignmentKey) is \(alignment); it must be a power of two", at: place,
                remedy: "Write the file again with its original tool")
        }
        guard alignment <= GGUF.greatestAlignment else {
            throw FormatError(
                .unsupported, "\(GGUF.alignmentKey) is \(alignment); up to \(GGUF.greatestAlignment) is read",
                at: place,
                remedy: "Write the file again with an alignment of \(GGUF.usualAlignment)")
        }
        return Int(alignment)
    }
}
