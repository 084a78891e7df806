import Bytes
import Testing

@Suite("Zip layout") struct ZipLayoutTests {
    /// The archive of these files, written as a caller would.
    private func archive(_ files: [(name: String, content: [UInt8], comment: String)]) throws -> [UInt8] {
        let layout = try ZipLayout(files.map { .init(name: $0.name, byteCount: $0.content.count, comment: $0.comment) })
        var bytes: [UInt8] = []
        var checksums: [UInt32] = []
        for (index, file) in files.enumerated() {
            bytes += layout.header(of: index)
            #expect(layout.contents[index] == bytes.count..<(bytes.count + file.content.count))
            #expect(bytes.count.isMultiple(of: 64))
            bytes += file.content
            var checksum = CRC32()
            checksum.update(file.content.span)
            checksums.append(checksum.value)
            bytes += layout.descriptor(of: index, crc32: checksum.value)
        }
        bytes += layout.ending(checksums: checksums)
        #expect(bytes.count == layout.byteCount)
        return bytes
    }

    @Test("is read back as it was laid out", arguments: 0..<UInt64(20))
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let files = (0..<Int.random(in: 0...9, using: &generator)).map { number in
            let name = String(repeating: "é/", count: Int.random(in: 0...30, using: &generator)) + "\(number).npy"
            let content = (0..<Int.random(in: 0...200, using: &generator)).map {
                UInt8(truncatingIfNeeded: $0 * number)
            }
            return (name: name, content: content, comment: number.isMultiple(of: 2) ? "" : "dtype=BF16")
        }
        let bytes = try archive(files)
        #expect(try archive(files) == bytes, "seed \(seed)")
        let source = MemorySource(bytes)
        let archive = try ZipArchive(reading: source)
        #expect(archive.entries.map(\.name) == files.map(\.name), "seed \(seed)")
        for (entry, file) in zip(archive.entries, files) {
            var content: [UInt8] = []
            try entry.forEachPiece(of: source, pieceByteCount: 64) { piece in
                for index in piece.indices { content.append(piece[index]) }
            }
            #expect(content == file.content, "seed \(seed)")
            #expect(try entry.content(of: source, atMost: 200) == file.content)
            #expect(try entry.start(3, of: source) == Array(file.content.prefix(3)))
            #expect(entry.comment == file.comment)
            #expect(archive[file.name] == entry)
        }
    }

    @Test("reaches beyond 4 GiB with 64-bit fields, in sizes and in offsets")
    func wide() throws {
        let layout = try ZipLayout([
            .init(name: "large", byteCount: 5 << 30), .init(name: "small", byteCount: 3),
            .init(name: "last", byteCount: 0xFFFF_FFFF),
        ])
        let source = Sparse(layout)
        let entries = try ZipArchive(reading: source).entries
        #expect(entries.map(\.payload) == layout.contents)
        #expect(entries.map(\.byteCount) == [5 << 30, 3, 0xFFFF_FFFF])
    }

    @Test("holds more files than the narrow count does") func many() throws {
        let layout = try ZipLayout((0..<70_000).map { .init(name: "\($0)", byteCount: 0) })
        let source = Sparse(layout)
        #expect(try ZipArchive(reading: source).entries.count == 70_000)
    }

    @Test("refuses more files than its reader takes") func tooMany() throws {
        let layout = try ZipLayout((0...ZipArchive.mostEntries).map { .init(name: "\($0)", byteCount: 0) })
        let error = #expect(throws: FormatError.self) { try ZipArchive(reading: Sparse(layout)) }
        #expect(error?.problem.contains("lists 131073 files") == true)
    }

    @Test(
        "refuses names that its reader would refuse",
        arguments: [
            "", "/a", "a/", "../a", "a/..", "a\\..\\b", "C:/a", "a\nb", "a\0", String(repeating: "a", count: 65_536),
        ])
    func names(name: String) {
        #expect(throws: FormatError.self) { try ZipLayout([.init(name: name, byteCount: 1)]) }
    }

    @Test("refuses two files of one name, and more bytes than can be counted") func faults() {
        #expect(throws: FormatError.self) {
            try ZipLayout([.init(name: "a", byteCount: 1), .init(name: "a", byteCount: 1)])
        }
        #expect(throws: FormatError.self) { try ZipLayout([.init(name: "a", byteCount: Int.max - 100)]) }
    }

    @Test("has checksums as zlib counts them: 'The quick brown fox jumps over the lazy dog' is 414FA339")
    func checksum() {
        var checksum = CRC32()
        for word in ["The quick brown fox ", "", "jumps over the lazy dog"] { checksum.update(Array(word.utf8).span) }
        #expect(checksum.value == 0x414F_A339)
    }
}

/// An archive whose files are all zeros, without their bytes.
private struct Sparse: ByteSource {
    let path = "sparse"
    let layout: ZipLayout
    private let pieces: [(offset: Int, bytes: [UInt8])]

    init(_ layout: ZipLayout) {
        self.layout = layout
        let headers = layout.members.indices.map { index in
            let bytes = layout.header(of: index)
            return (layout.contents[index].lowerBound - bytes.count, bytes)
        }
        let ending = layout.ending(checksums: layout.members.map { _ in 0 })
        pieces = headers + [(layout.byteCount - ending.count, ending)]
    }

    var byteCount: Int { layout.byteCount }

    func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws {
        for index in 0..<count { buffer[index] = 0 }
        // The pieces lie in the order of their offsets: the first one that reaches beyond the start is searched for.
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].offset + pieces[middle].bytes.count <= offset { low = middle + 1 } else { high = middle }
        }
        for piece in pieces[low...].prefix(while: { $0.offset < offset + count }) {
            let start = max(offset, piece.offset)
            let end = min(offset + count, piece.offset + piece.bytes.count)
            buffer.replaceSubrange(
                (start - offset)..<(end - offset), with: piece.bytes[(start - piece.offset)..<(end - piece.offset)])
        }
    }
}
