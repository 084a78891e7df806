package import Bytes

/// Feeds a growing file to a stream: remembers where the last whole record ended, and goes on from there.
package struct RunLogFeed: Sendable {
    private var stream: any RunLogStream
    /// Whether a record told its step.
    package var tellsSteps: Bool { stream.tellsSteps }
    /// Bytes of the file that were read as whole records.
    package private(set) var offset = 0
    private var buffer: [UInt8] = []
    private var hasValues = false

    private static let pieceByteCount = 1 << 20
    /// A record that does not fit in this is no record of a training log.
    private static let longestRecord = 128 << 20
    /// Memory does not grow with the log: after so many values, they are put away.
    package static let mostValues = 250_000

    package init(_ stream: any RunLogStream) { self.stream = stream }

    /// Reads the whole records up to a byte of the file, or so many values that they should be put away first.
    /// - Returns: whether there may be more.
    /// - Throws: `FormatError` at the first record that is damaged, or when the file became shorter.
    package mutating func takeNew(
        of file: OpenFile, upTo byteCount: Int, into values: inout RunValues
    ) throws -> Bool {
        guard byteCount >= offset else { throw Self.shrunk(file, to: byteCount, from: offset) }
        var piece = Self.pieceByteCount
        while offset < byteCount {
            let count = min(piece, byteCount - offset)
            let taken = try takePiece(of: file, byteCount: count, into: &values)
            offset += taken
            if values.count >= Self.mostValues { return true }
            if taken > 0 {
                piece = Self.pieceByteCount
                continue
            }
            guard count < byteCount - offset else { return false }
            guard piece < Self.longestRecord else {
                throw FormatError(
                    .refused, "a record of more than \(Self.longestRecord) bytes", at: offset, file: file.path,
                    remedy: "Check that this is a training log")
            }
            piece *= 4
        }
        return false
    }

    private mutating func takePiece(
        of file: OpenFile, byteCount: Int, into values: inout RunValues
    ) throws -> Int {
        if buffer.count < byteCount { buffer = [UInt8](repeating: 0, count: byteCount) }
        try file.read(byteCount, at: offset, into: &buffer)
        let bytes = buffer  // no copy: one of the two is gone before the next is written
        let noteCount = values.notes.count
        do {
            let taken = try stream.take(bytes.span.extracting(0..<byteCount), into: &values)
            hasValues = hasValues || values.count > 0
            values.place(notesFrom: noteCount, in: file.path)
            return taken
        } catch { throw error.moved(by: offset).within(file: file.path) }
    }

    /// The fault of a log that has fewer bytes, or others, than were read of it.
    package static func shrunk(_ file: OpenFile, to byteCount: Int, from offset: Int) -> FormatError {
        FormatError(
            .refused, "the log has \(byteCount) bytes, and \(offset) of it were read before", file: file.path,
            remedy: "If it was written anew, import it under another name with --as, or remove the run first")
    }

    /// Reads what stands behind the last whole record of a log that is over. Returns the bytes of a record that was cut
    /// off, 0 when there is none.
    package mutating func finish(
        _ file: OpenFile, upTo byteCount: Int, into values: inout RunValues
    ) throws -> Int {
        let bytes = try file.bytes(offset..<max(offset, byteCount))
        let noteCount = values.notes.count
        let isRecord: Bool
        do {
            isRecord = try stream.takeLast(bytes.span, into: &values)
        } catch { throw error.moved(by: offset).within(file: file.path) }
        hasValues = hasValues || values.count > 0
        if !hasValues, let reason = stream.uselessness { values.note(reason) }
        values.place(notesFrom: noteCount, in: file.path)
        guard isRecord else { return bytes.count }
        offset += bytes.count
        return 0
    }
}
