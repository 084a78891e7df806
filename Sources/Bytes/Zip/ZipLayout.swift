/// Where a zip archive to be written will hold what: known before the first byte, so that a writer streams the files.
///
/// Files are stored, not compressed, and each begins at a multiple of 64 so that it can be mapped. Checksums follow
/// their files, as they are known only then. The time is the oldest that the format can express, so the same files
/// give the same bytes. The layout of the records stands at `ZipRecord`.
package struct ZipLayout: Equatable, Sendable {
    /// A file to be.
    package struct Member: Equatable, Sendable {
        package let name: String
        package let byteCount: Int
        /// What the archive's list says about it.
        package let comment: String

        package init(name: String, byteCount: Int, comment: String = "") {
            self.name = name
            self.byteCount = byteCount
            self.comment = comment
        }
    }

    package let members: [Member]
    /// Where the content of each member will lie in the archive.
    package let contents: [Range<Int>]
    /// The whole archive's length.
    package let byteCount: Int

    private let headerOffsets: [Int]
    private let listOffset: Int

    private static let alignment = 64
    /// The id of the extra field that aligns, as Android's zipalign writes it: the alignment and zeros.
    private static let alignmentField: UInt64 = 0xD935
    /// The first size that the narrow fields cannot hold, which for them means "see elsewhere".
    private static let wide = 0xFFFF_FFFF
    private static let oldestDate: UInt64 = 1 << 5 | 1  // 1980-01-01
    private static let narrowVersion: UInt64 = 20
    private static let wideVersion: UInt64 = 45
    private static let unix: UInt64 = 3 << 8
    private static let readableFile: UInt64 = 0o100644 << 16

    /// - Throws: `FormatError` for names that a reader would refuse, and names that appear twice.
    package init(_ members: [Member]) throws(FormatError) {
        var names: Set<String> = []
        var offset = 0
        var contents: [Range<Int>] = []
        var headerOffsets: [Int] = []
        for member in members {
            try Self.check(member)
            guard names.insert(member.name).inserted else {
                throw FormatError(
                    .refused, "an archive cannot hold two files called '\(member.name)'", remedy: "Rename one of them")
            }
            headerOffsets.append(offset)
            let start = offset + Self.headerByteCount(member, at: offset)
            let (end, overflow) = start.addingReportingOverflow(member.byteCount)
            guard !overflow, end < Int.max / 2 else {
                throw FormatError(.refused, "the archive would be too long to count", remedy: "Split it")
            }
            contents.append(start..<end)
            offset = end + Self.descriptorByteCount(member)
        }
        self.members = members
        self.contents = contents
        self.headerOffsets = headerOffsets
        listOffset = offset
        // The checksums do not change the length.
        byteCount = offset + Self.ending(members, headerOffsets, offset, members.map { _ in 0 }).count
    }

    /// What comes in front of a member's content.
    package func header(of index: Int) -> [UInt8] {
        let member = members[index]
        let offset = headerOffsets[index]
        let isWide = member.byteCount >= Self.wide
        var record = ZipBytes()
        record.add(UInt64(ZipRecord.localSignature), 4)
        record.add(isWide ? Self.wideVersion : Self.narrowVersion, 2)
        record.add(Self.flags, 2)
        record.add(0, 4)  // method: stored; time
        record.add(Self.oldestDate, 2)
        record.add(0, 4)  // the checksum follows the content, and so do the sizes
        record.add(isWide ? UInt64(Self.wide) : 0, 4)
        record.add(isWide ? UInt64(Self.wide) : 0, 4)
        record.add(UInt64(member.name.utf8.count), 2)
        let extraByteCount = contents[index].lowerBound - offset - ZipRecord.localByteCount - member.name.utf8.count
        record.add(UInt64(extraByteCount), 2)
        record.bytes += Array(member.name.utf8)
        if isWide {
            record.add(UInt64(ZipRecord.extra64), 2)
            record.add(16, 2)
            record.add(0, 8)
            record.add(0, 8)
        }
        let rest = extraByteCount - (isWide ? 20 : 0)
        record.add(Self.alignmentField, 2)
        record.add(UInt64(rest - 4), 2)
        record.add(UInt64(Self.alignment), 2)
        record.bytes += [UInt8](repeating: 0, count: rest - 6)
        return record.bytes
    }

    /// What comes behind a member's content.
    package func descriptor(of index: Int, crc32: UInt32) -> [UInt8] {
        let isWide = members[index].byteCount >= Self.wide
        var record = ZipBytes()
        record.add(0x0807_4B50, 4)
        record.add(UInt64(crc32), 4)
        record.add(UInt64(members[index].byteCount), isWide ? 8 : 4)
        record.add(UInt64(members[index].byteCount), isWide ? 8 : 4)
        return record.bytes
    }

    /// What comes behind the last descriptor.
    /// - Parameter checksums: one for each member.
    package func ending(checksums: [UInt32]) -> [UInt8] {
        precondition(checksums.count == members.count, "\(checksums.count) checksums for \(members.count) members")
        return Self.ending(members, headerOffsets, listOffset, checksums)
    }

    // MARK: Sizes

    private static let flags = UInt64(ZipRecord.descriptorFlag | ZipRecord.textFlag)

    private static func check(_ member: Member) throws(FormatError) {
        let parts = member.name.utf8.split(omittingEmptySubsequences: false) { "/\\".utf8.contains($0) }
        guard !member.name.isEmpty, member.name.utf8.count <= 0xFFFF, member.comment.utf8.count <= 0xFFFF,
            parts.first?.isEmpty == false, parts.first?.last != UInt8(ascii: ":"), parts.last?.isEmpty == false,
            !parts.contains(where: { $0.elementsEqual("..".utf8) }),
            !member.name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else {
            throw FormatError(
                .refused, "an archive cannot hold a file called \(JSONValue.string(member.name).text(.python))",
                remedy: "Rename it")
        }
    }

    /// The local header with its extra fields, up to a multiple of the alignment.
    private static func headerByteCount(_ member: Member, at offset: Int) -> Int {
        let least = ZipRecord.localByteCount + member.name.utf8.count + (member.byteCount >= wide ? 20 : 0) + 6
        return least + (alignment - (offset + least) % alignment) % alignment
    }

    private static func descriptorByteCount(_ member: Member) -> Int { member.byteCount >= wide ? 24 : 16 }

    private static func ending(
        _ members: [Member], _ offsets: [Int], _ listOffset: Int, _ checksums: [UInt32]
    ) -> [UInt8] {
        var list = ZipBytes()
        for (index, member) in members.enumerated() {
            list.bytes += centralHeader(member, at: offsets[index], checksums[index])
        }
        let listByteCount = list.bytes.count
        if members.count >= 0xFFFF || listOffset >= wide || listByteCount >= wide {
            list.add(UInt64(ZipRecord.end64Signature), 4)
            list.add(UInt64(ZipRecord.end64ByteCount - 12), 8)
            list.add(unix | wideVersion, 2)
            list.add(wideVersion, 2)
            list.add(0, 8)  // this disk, and the list's
            list.add(UInt64(members.count), 8)
            list.add(UInt64(members.count), 8)
            list.add(UInt64(listByteCount), 8)
            list.add(UInt64(listOffset), 8)
            list.add(UInt64(ZipRecord.locator64Signature), 4)
            list.add(0, 4)
            list.add(UInt64(listOffset + listByteCount), 8)
            list.add(1, 4)  // disks
        }
        list.add(UInt64(ZipRecord.endSignature), 4)
        list.add(0, 4)
        list.add(UInt64(min(members.count, 0xFFFF)), 2)
        list.add(UInt64(min(members.count, 0xFFFF)), 2)
        list.add(UInt64(min(listByteCount, wide)), 4)
        list.add(UInt64(min(listOffset, wide)), 4)
        list.add(0, 2)
        return list.bytes
    }

    private static func centralHeader(_ member: Member, at offset: Int, _ crc32: UInt32) -> [UInt8] {
        var extra = ZipBytes()
        if member.byteCount >= wide {
            extra.add(UInt64(member.byteCount), 8)
            extra.add(UInt64(member.byteCount), 8)
        }
        if offset >= wide { extra.add(UInt64(offset), 8) }
        let isWide = !extra.bytes.isEmpty
        var record = ZipBytes()
        record.add(UInt64(ZipRecord.centralSignature), 4)
        record.add(unix | (isWide ? wideVersion : narrowVersion), 2)
        record.add(isWide ? wideVersion : narrowVersion, 2)
        record.add(flags, 2)
        record.add(0, 4)
        record.add(oldestDate, 2)
        record.add(UInt64(crc32), 4)
        record.add(UInt64(min(member.byteCount, wide)), 4)
        record.add(UInt64(min(member.byteCount, wide)), 4)
        record.add(UInt64(member.name.utf8.count), 2)
        record.add(UInt64(isWide ? extra.bytes.count + 4 : 0), 2)
        record.add(UInt64(member.comment.utf8.count), 2)
        record.add(0, 4)  // disk, internal attributes
        record.add(readableFile, 4)
        record.add(UInt64(min(offset, wide)), 4)
        record.bytes += Array(member.name.utf8)
        if isWide {
            record.add(UInt64(ZipRecord.extra64), 2)
            record.add(UInt64(extra.bytes.count), 2)
            record.bytes += extra.bytes
        }
        record.bytes += Array(member.comment.utf8)
        return record.bytes
    }
}

/// Little-endian fields, one behind the other.
private struct ZipBytes {
    var bytes: [UInt8] = []

    mutating func add(_ value: UInt64, _ count: Int) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
}
