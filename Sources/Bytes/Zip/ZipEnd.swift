/// The end of a zip archive: where the list of its files lies. The layout stands at `ZipRecord`.
struct ZipEnd {
    private static let longestComment = 0xFFFF

    /// Where the central headers lie, directly in front of the end.
    let list: Range<Int>
    let entryCount: Int

    init(reading source: any ByteSource) throws {
        let tail = max(0, source.byteCount - ZipRecord.endByteCount - Self.longestComment)..<source.byteCount
        let bytes = try source.bytes(tail)
        guard let index = Self.find(bytes) else {
            throw FormatError(
                .truncated, "no end of a zip archive was found", at: source.byteCount, file: source.path,
                remedy: "The download or copy was cut short: fetch the file again")
        }
        let place = tail.lowerBound + index
        let end = ZipRecord(bytes[index...])
        var fields = Fields(
            entries: UInt64(end.short(10)), byteCount: end.word(12), offset: end.word(16), end: place,
            isWhole: end.short(4) == 0 && end.short(6) == 0 && end.short(8) == end.short(10))
        if place >= ZipRecord.locator64ByteCount {
            let start = place - ZipRecord.locator64ByteCount
            let locator = ZipRecord(try source.bytes(start..<place)[...])
            if locator.signature == ZipRecord.locator64Signature {
                fields = try Self.wide(locator, at: start, narrow: fields, of: source)
            }
        }
        guard fields.isWhole else {
            throw FormatError(
                .unsupported, "the archive is spread over several files", at: place, file: source.path,
                remedy: "Join its parts first")
        }
        guard let offset = Int(exactly: fields.offset), let byteCount = Int(exactly: fields.byteCount),
            let entryCount = Int(exactly: fields.entries), offset <= fields.end, byteCount == fields.end - offset,
            entryCount <= byteCount / ZipRecord.centralByteCount
        else {
            throw FormatError(
                .corrupt,
                "\(fields.entries) files are listed in \(fields.byteCount) bytes at \(fields.offset), "
                    + "which do not fit in front of the archive's end", at: place, file: source.path,
                remedy: "The file was cut, or other bytes were put in front of the archive: fetch it again")
        }
        list = offset..<fields.end
        self.entryCount = entryCount
    }

    private struct Fields {
        var entries: UInt64
        var byteCount: UInt64
        var offset: UInt64
        /// Where the list must end.
        var end: Int
        /// Whether the archive is in one file.
        var isWhole: Bool
    }

    /// The last end record whose comment reaches exactly to the file's end.
    private static func find(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= ZipRecord.endByteCount else { return nil }
        for index in (0...(bytes.count - ZipRecord.endByteCount)).reversed() where bytes[index] == 0x50 {
            let end = ZipRecord(bytes[index...])
            guard end.signature == ZipRecord.endSignature else { continue }
            if index + ZipRecord.endByteCount + Int(end.short(20)) == bytes.count { return index }
        }
        return nil
    }

    /// The fields of the zip64 end, which must agree with the narrow ones where those are not all ones.
    private static func wide(
        _ locator: ZipRecord, at place: Int, narrow: Fields, of source: any ByteSource
    ) throws -> Fields {
        guard let start = Int(exactly: locator.long(8)), start <= place - ZipRecord.end64ByteCount else {
            throw FormatError(
                .corrupt, "the zip64 end is announced at byte \(locator.long(8)), behind its own locator", at: place,
                file: source.path, remedy: "Fetch the file again")
        }
        let end = ZipRecord(try source.bytes(start..<(start + ZipRecord.end64ByteCount))[...])
        let wide = Fields(
            entries: end.long(32), byteCount: end.long(40), offset: end.long(48), end: start,
            isWhole: end.word(16) == 0 && end.word(20) == 0 && end.long(24) == end.long(32))
        func agrees(_ narrow: UInt64, _ wide: UInt64, _ ones: UInt64) -> Bool { narrow == ones || narrow == wide }
        guard end.signature == ZipRecord.end64Signature, UInt64(place - start - 12) == end.long(4),
            agrees(narrow.entries, wide.entries, 0xFFFF), agrees(narrow.byteCount, wide.byteCount, 0xFFFF_FFFF),
            agrees(narrow.offset, wide.offset, 0xFFFF_FFFF)
        else {
            throw FormatError(
                .corrupt, "the zip64 end of the archive contradicts its other end", at: start, file: source.path,
                remedy: "Fetch the file again")
        }
        return wide
    }
}
