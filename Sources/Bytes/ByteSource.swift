/// Something whose bytes can be read at any offset: a file, a file in pieces in the store, bytes in memory.
package protocol ByteSource: Sendable {
    /// What messages call it.
    var path: String { get }
    var byteCount: Int { get }
    /// Fills `buffer` from its start with the `count` bytes at `offset`.
    /// - Parameter buffer: as long as `count` at least.
    /// - Throws: `FormatError` when the source ends before, `FileError` when the system refuses.
    func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws
}

extension ByteSource {
    /// The bytes in `range`.
    package func bytes(_ range: Range<Int>) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: range.count)
        try read(range.count, at: range.lowerBound, into: &buffer)
        return buffer
    }
}

extension OpenFile: ByteSource {}

/// Bytes in memory, read as a file is.
package struct MemorySource: ByteSource {
    package let path: String
    private let content: [UInt8]

    package init(_ content: [UInt8], path: String = "memory") {
        self.content = content
        self.path = path
    }

    package var byteCount: Int { content.count }

    package func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws {
        precondition(count <= buffer.count, "\(count) bytes do not fit in \(buffer.count)")
        guard offset >= 0, offset <= content.count, count <= content.count - offset else {
            throw FormatError(
                .truncated, "the file ends at byte \(content.count), \(count) bytes at \(offset) were expected",
                at: min(max(offset, 0), content.count), file: path, remedy: "Fetch the file again")
        }
        buffer.replaceSubrange(0..<count, with: content[offset..<offset + count])
    }
}
