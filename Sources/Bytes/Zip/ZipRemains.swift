/// What can be found in a zip archive that is unsound: every place where a file's header stands, and what the list has
/// to say of it, wherever in the file that is. Nothing is believed, so one place may be found several times over.
///
/// For looking through files that are refused; what is read as a model comes from `ZipArchive`. The layout of the
/// records stands at `ZipRecord`.
package struct ZipRemains {
    /// A file of the archive, as one of its headers has it.
    package struct Piece: Hashable, Sendable {
        /// As it is written, with U+FFFD for what is no UTF-8: it may lead anywhere, and serves for messages alone.
        package let name: String
        /// Nil when the content is encrypted, or kept by a method that is not read.
        package let method: ZipEntry.Method?
        /// The content; up to the next header when its length is not told.
        package let payload: Range<Int>
    }

    /// In the order of their places.
    package private(set) var pieces: [Piece] = []
    /// Whether there are more headers than are looked at.
    package private(set) var hasMore = false

    private static let windowByteCount = 256 << 10
    private static let wide = 0xFFFF_FFFF

    private struct Header {
        let offset: Int
        let name: String
        let payloadStart: Int
        let method: UInt16
        let flags: UInt16
        let packedByteCount: Int?
    }

    /// What the list says of the file at an offset.
    private struct Listed: Hashable {
        let method: UInt16
        let flags: UInt16
        let packedByteCount: Int?
    }

    package init(of source: any ByteSource) throws {
        var headers: [Header] = []
        var listed: [Int: Set<Listed>] = [:]
        var count = 0
        try Self.forEachSignature(in: source) { signature, offset in
            count += 1
            guard count <= 2 * ZipArchive.mostEntries else { return false }
            if signature == ZipRecord.localSignature {
                if let header = try Self.header(at: offset, of: source) { headers.append(header) }
            } else if let (place, entry) = try Self.entry(at: offset, of: source) {
                listed[place, default: []].insert(entry)
            }
            return true
        }
        hasMore = count > 2 * ZipArchive.mostEntries
        for (index, header) in headers.enumerated() {
            let next = index + 1 < headers.count ? headers[index + 1].offset : source.byteCount
            var views = listed[header.offset] ?? []
            if views.isEmpty {
                views.insert(
                    Listed(method: header.method, flags: header.flags, packedByteCount: header.packedByteCount))
            }
            let pieces = views.map { Self.piece(header, $0, next: next, end: source.byteCount) }
            self.pieces += Set(pieces).sorted { $0.payload.upperBound < $1.payload.upperBound }
        }
    }

    private static func piece(_ header: Header, _ listed: Listed, next: Int, end: Int) -> Piece {
        let start = min(header.payloadStart, end)
        let stated = listed.packedByteCount ?? header.packedByteCount
        let stop = stated.map { $0 <= end - start ? start + $0 : end } ?? max(start, next)
        let isPlain = listed.flags & ZipRecord.encryptionFlags == 0
        return Piece(
            name: header.name, method: isPlain ? ZipEntry.Method(rawValue: listed.method) : nil, payload: start..<stop)
    }

    // MARK: Records

    private static func header(at offset: Int, of source: any ByteSource) throws -> Header? {
        guard source.byteCount - offset >= ZipRecord.localByteCount else { return nil }
        let record = ZipRecord(try source.bytes(offset..<(offset + ZipRecord.localByteCount))[...])
        let nameStart = offset + ZipRecord.localByteCount
        let nameEnd = min(source.byteCount, nameStart + Int(record.short(26)))
        let name = String(decoding: try source.bytes(nameStart..<nameEnd), as: UTF8.self)
        let isToldLater = record.short(6) & ZipRecord.descriptorFlag != 0
        return Header(
            offset: offset, name: name, payloadStart: nameEnd + Int(record.short(28)), method: record.short(8),
            flags: record.short(6), packedByteCount: isToldLater ? nil : narrow(record.word(18)))
    }

    private static func entry(at offset: Int, of source: any ByteSource) throws -> (Int, Listed)? {
        guard source.byteCount - offset >= ZipRecord.centralByteCount else { return nil }
        let record = ZipRecord(try source.bytes(offset..<(offset + ZipRecord.centralByteCount))[...])
        guard let place = narrow(record.word(42)) else { return nil }
        return (
            place,
            Listed(method: record.short(10), flags: record.short(8), packedByteCount: narrow(record.word(20)))
        )
    }

    /// A size or an offset, unless it stands elsewhere.
    private static func narrow(_ value: UInt64) -> Int? { value == UInt64(wide) ? nil : Int(value) }

    /// Calls `found` with each local and central header's signature and place, until it says no.
    private static func forEachSignature(
        in source: any ByteSource, _ found: (UInt32, Int) throws -> Bool
    ) throws {
        var start = 0
        while source.byteCount - start >= 4 {
            let window = try source.bytes(start..<min(source.byteCount, start + windowByteCount))
            for index in 0..<(window.count - 3) where window[index] == 0x50 && window[index + 1] == 0x4B {
                let signature = ZipRecord(window[index..<(index + 4)]).signature
                guard signature == ZipRecord.localSignature || signature == ZipRecord.centralSignature else { continue }
                guard try found(signature, start + index) else { return }
            }
            start += window.count - 3
        }
    }
}

extension ZipRemains.Piece {
    /// The content as far as it can be read, at most `limit` bytes of it.
    package func content(of source: any ByteSource, atMost limit: Int) throws -> [UInt8] {
        switch method {
        case .stored: return try source.bytes(payload.lowerBound..<min(payload.upperBound, payload.lowerBound + limit))
        case .deflated:
            var inflation = try Inflation(payload, of: source, byteCount: limit)
            return try inflation.readAvailable()
        case nil: return []
        }
    }
}
