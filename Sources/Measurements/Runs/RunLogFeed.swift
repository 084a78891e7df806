package import Bytes

/// Feeds a growing file to a stream: remembers where the last whole record ended, and goes on from there.
package struct RunLogFeed: Sendable {
    private var stream: any RunLogStream
    /// Bytes of the file that were read as whole records.
    package private(set) var offset = 0
    private var buffer: [UInt8] = []

    private static let pieceByteCount = 1 << 20
    /// A record that does not fit in this is no record of a training log.
    private static let longestRecord = 128 << 20
    /// `drain` is called when there are so many values, so that memory does not grow with the log.
    private static let mostValues = 250_000

    package init(_ stream: any RunLogStream) { self.stream = stream }

    /// Reads the whole records that the file has now.
    /// - Parameter drain: is called with the values from time to time, and may take them away.
    /// - Throws: `FormatError` at the first record that is damaged, or when the file became shorter.
    package mutating func takeNew(
        of file: OpenFile, upTo byteCount: Int, into values: inout RunValues,
        drain: (inout RunValues) throws -> Void = { _ in }
    ) throws {
        guard byteCount >= offset else {
            throw FormatError(
                .corrupt, "the log has \(byteCount) bytes, and \(offset) of it were read", file: file.path,
                remedy: "It was written anew: import it under another name with --as, or remove the run first")
        }
        var piece = Self.pieceByteCount
        while offset < byteCount {
            let count = min(piece, byteCount - offset)
            if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
            try file.read(count, at: offset, into: &buffer)
            let taken: Int
            var stream = stream
            do {
                taken = try stream.take(buffer.span.extracting(0..<count), into: &values)
            } catch { throw error.moved(by: offset).within(file: file.path) }
            self.stream = stream
            offset += taken
            if values.count >= Self.mostValues { try drain(&values) }
            if taken == 0 {
                guard count < byteCount - offset else { return }
                guard piece < Self.longestRecord else {
                    throw FormatError(
                        .refused, "a record of more than \(Self.longestRecord) bytes", at: offset, file: file.path,
                        remedy: "Check that this is a training log")
                }
                piece *= 4
            } else {
                piece = Self.pieceByteCount
            }
        }
    }

    /// Reads what stands behind the last whole record of a log that is over. Returns the bytes of a record that was cut
    /// off, 0 when there is none.
    package mutating func finish(
        _ file: OpenFile, upTo byteCount: Int, into values: inout RunValues
    ) throws -> Int {
        let rest = byteCount - offset
        guard rest > 0 else { return 0 }
        let bytes = try file.bytes(offset..<byteCount)
        do {
            guard try stream.takeLast(bytes.span, into: &values) else { return rest }
        } catch { throw error.moved(by: offset).within(file: file.path) }
        offset = byteCount
        return 0
    }
}
