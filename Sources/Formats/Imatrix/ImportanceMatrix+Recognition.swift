package import Bytes

extension ImportanceMatrix {
    /// Whether a file is an imatrix by its bytes: a GGUF file that says so, or one that begins as the older form does,
    /// which has no magic number.
    /// - Throws: `FormatError` for a GGUF file that is not sound, `FileError` when the system refuses.
    package static func recognizes(_ file: any ByteSource) throws -> Bool {
        let start = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
        guard GGUF.recognizes(start.span) else { return isBinary(start.span) }
        return try GGUFHeader(reading: file).metadata["general.type"]?.text == typeName
    }

    /// The value of `general.type`.
    package static let typeName = "imatrix"

    /// Whether a file that no checkpoint format takes for its own begins as the older form does.
    package static func isBinary(_ file: any ByteSource) throws -> Bool {
        let start = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
        return isBinary(start.span) && CheckpointFormats.recognize(start.span) == nil
    }

    /// Whether `start`, a file's first bytes, can begin a file of the older form: a count, and an entry with the name
    /// of a tensor, in visible ASCII.
    static func isBinary(_ start: Span<UInt8>) -> Bool {
        func word(_ place: Int) -> Int? {
            guard place + 4 <= start.count else { return nil }
            return Int(Int32(truncatingIfNeeded: (0..<4).reduce(0) { $0 | Int(start[place + $1]) << (8 * $1) }))
        }
        guard let count = word(0), let nameLength = word(4), (1...mostEntries).contains(count),
            (1...GGUF.longestName).contains(nameLength), start.count > 8
        else { return false }
        let end = min(8 + nameLength, start.count)
        guard (8..<end).allSatisfy({ start[$0] >= 0x20 && start[$0] < 0x7F }) else { return false }
        return (word(8 + nameLength) ?? 0) >= 0 && (word(12 + nameLength) ?? 1) > 0
    }

    static func table(of file: any ByteSource) throws -> ImportanceTable {
        let start = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
        if GGUF.recognizes(start.span) { return try ImportanceTable(gguf: file) }
        if !isBinary(start.span) {
            if let format = CheckpointFormats.recognize(start.span) {
                throw FormatError(
                    .refused, "this is a file of the format \(format.name), and no imatrix", at: 0,
                    remedy: "Give the file that llama-imatrix wrote")
            }
            if let other = KnownContent(of: start.span) { throw other.error }
        }
        // What is wrong with the rest is said where it is.
        return try ImportanceTable(binary: file)
    }
}
