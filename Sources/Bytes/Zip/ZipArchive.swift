/// The files in a zip archive, as its list at the end tells, each checked against its own header.
///
/// Refused: archives over several disks, bytes in front of or behind the archive, files that overlap, are encrypted or
/// are kept by another method than stored and deflated, names that appear twice or lead out of the archive.
package struct ZipArchive: Sendable {
    /// More files than this are refused; the largest checkpoints have some ten thousand tensors.
    package static let mostEntries = 1 << 17
    /// The longest list of files, in bytes.
    static let longestList = 64 << 20

    /// The files, folders left out, in the order of the list.
    package let entries: [ZipEntry]
    private let places: [String: Int]

    /// The file of this name.
    package subscript(name: String) -> ZipEntry? { places[name].map { entries[$0] } }

    /// - Throws: `FormatError` when the archive is unsound.
    package init(reading source: any ByteSource) throws {
        let end = try ZipEnd(reading: source)
        guard end.entryCount <= Self.mostEntries, end.list.count <= Self.longestList else {
            throw FormatError(
                .unsupported,
                "the archive lists \(end.entryCount) files in \(end.list.count) bytes; "
                    + "\(Self.mostEntries) in \(Self.longestList) are allowed", at: end.list.lowerBound,
                file: source.path, remedy: "Split the archive")
        }
        do throws(FormatError) {
            let list = try Self.read(end.list, of: source)
            var listed: [ZipListed] = []
            var offset = 0
            while offset < list.count {
                guard listed.count < end.entryCount else {
                    throw FormatError(
                        .corrupt, "the archive lists more than the \(end.entryCount) files that it announces",
                        at: end.list.lowerBound + offset, remedy: "Fetch the file again")
                }
                listed.append(try ZipListed(list, at: &offset, base: end.list.lowerBound))
            }
            guard listed.count == end.entryCount else {
                throw FormatError(
                    .corrupt, "the archive announces \(end.entryCount) files and lists \(listed.count)",
                    at: end.list.lowerBound, remedy: "Fetch the file again")
            }
            entries = try Self.locate(listed, in: source, before: end.list.lowerBound)
            places = try Self.index(entries)
        } catch {
            throw error.within(file: source.path)
        }
    }

    /// Reads, and says of a system's error only what `FormatError` can carry.
    private static func read(_ range: Range<Int>, of source: any ByteSource) throws(FormatError) -> [UInt8] {
        do {
            return try source.bytes(range)
        } catch let error as FormatError {
            throw error
        } catch {
            throw FormatError(.truncated, "\(error)", at: range.lowerBound, remedy: "Try again")
        }
    }

    /// Finds where the bytes of each file lie, from the header in front of them. The lengths of a local header's name
    /// and extra field are its own; writers align content with them.
    private static func locate(
        _ listed: [ZipListed], in source: any ByteSource, before limit: Int
    ) throws(FormatError) -> [ZipEntry] {
        let order = listed.indices.sorted { listed[$0].headerOffset < listed[$1].headerOffset }
        var starts = [Int](repeating: 0, count: listed.count)
        var end = 0
        for index in order {
            let file = listed[index]
            guard file.headerOffset >= end else {
                throw FormatError(
                    .corrupt, "'\(file.name)' begins inside another file of the archive, at byte \(file.headerOffset)",
                    at: file.place, remedy: "Do not trust this file")
            }
            let headByteCount = ZipRecord.localByteCount + file.nameByteCount
            guard file.headerOffset <= limit, headByteCount <= limit - file.headerOffset else {
                throw file.outside(limit)
            }
            let headerEnd = file.headerOffset + headByteCount
            let header = try read(file.headerOffset..<headerEnd, of: source)
            let payloadStart = try file.checkHeader(header)
            guard payloadStart <= limit, file.packedByteCount <= limit - payloadStart else {
                throw file.outside(limit)
            }
            end = payloadStart + file.packedByteCount
            starts[index] = payloadStart
        }
        return listed.indices.filter { !listed[$0].isFolder }.map { listed[$0].entry(from: starts[$0]) }
    }

    private static func index(_ entries: [ZipEntry]) throws(FormatError) -> [String: Int] {
        var places: [String: Int] = [:]
        places.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            guard places.updateValue(index, forKey: entry.name) == nil else {
                throw FormatError(
                    .corrupt, "the archive has the name '\(entry.name)' twice", at: entry.headerOffset,
                    remedy: "Do not trust this file: tools disagree about which of the two counts")
            }
        }
        return places
    }
}
