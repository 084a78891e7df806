/// One file inside a zip archive: where its bytes lie in the archive and what comes out of them.
package struct ZipEntry: Hashable, Sendable {
    /// How the bytes are kept.
    package enum Method: UInt16, Sendable { case stored = 0, deflated = 8 }

    /// The path inside the archive: relative, without `..`, no name twice.
    package let name: String
    package let method: Method
    /// Where the local header lies in the archive.
    package let headerOffset: Int
    /// The bytes of the archive that hold the content.
    package let payload: Range<Int>
    /// The bytes of the content.
    package let byteCount: Int
    /// The checksum of the content, as the archive states it.
    package let crc32: UInt32
    /// The comment that the list of the archive's files has beside this one.
    package let comment: String

    /// Reads the content in pieces and compares its checksum.
    /// - Parameter piece: gets the bytes one after the other.
    package func forEachPiece(
        of source: any ByteSource, pieceByteCount: Int = 256 << 10, _ piece: (Span<UInt8>) throws -> Void
    ) throws {
        var checksum = CRC32()
        var buffer = [UInt8](repeating: 0, count: min(pieceByteCount, max(byteCount, 1)))
        func take(_ count: Int) throws {
            let part = buffer.span.extracting(0..<count)
            checksum.update(part)
            try piece(part)
        }
        switch method {
        case .stored:
            var offset = payload.lowerBound
            while offset < payload.upperBound {
                let count = min(buffer.count, payload.upperBound - offset)
                try source.read(count, at: offset, into: &buffer)
                try take(count)
                offset += count
            }
        case .deflated:
            var inflation = try Inflation(payload, of: source, byteCount: byteCount)
            while true {
                let count = try inflation.read(into: &buffer)
                if count == 0 { break }
                try take(count)
            }
        }
        guard checksum.value == crc32 else {
            throw FormatError(
                .corrupt, "the checksum of '\(name)' does not fit its bytes", at: payload.lowerBound,
                file: source.path, remedy: "Fetch the file again")
        }
    }

    /// The whole content, without comparing its checksum; refused when it is longer than `limit`.
    package func content(of source: any ByteSource, atMost limit: Int) throws -> [UInt8] {
        guard byteCount <= limit else {
            throw FormatError(
                .unsupported, "'\(name)' has \(byteCount) bytes, \(limit) are allowed for it", at: headerOffset,
                file: source.path, remedy: "Check which tool wrote the file")
        }
        guard method == .deflated else { return try source.bytes(payload) }
        var inflation = try Inflation(payload, of: source, byteCount: byteCount)
        var content = [UInt8](repeating: 0, count: byteCount)
        _ = try inflation.read(into: &content)
        return content
    }

    /// The first `count` bytes of the content, or all when there are fewer.
    package func start(_ count: Int, of source: any ByteSource) throws -> [UInt8] {
        let count = min(count, byteCount)
        guard method == .deflated else {
            return try source.bytes(payload.lowerBound..<(payload.lowerBound + count))
        }
        var inflation = try Inflation(payload, of: source, byteCount: byteCount)
        var content = [UInt8](repeating: 0, count: count)
        _ = try inflation.read(into: &content)
        return content
    }
}
