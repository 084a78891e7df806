import Bytes

/// Reads a file from its start to its end through one buffer, and hands it out in pieces that the caller chooses.
struct SequentialReader {
    /// Small enough for a core's own cache: every piece is digested, measured and written while it is there.
    static let windowByteCount = 256 << 10

    private let file: OpenFile
    private var window: [UInt8]
    private var windowStart = 0
    private var windowEnd = 0
    private(set) var position = 0

    init(_ file: OpenFile) {
        self.file = file
        window = [UInt8](repeating: 0, count: min(Self.windowByteCount, max(file.byteCount, 1)))
    }

    /// Hands out the next `count` bytes, in pieces of a window at most.
    mutating func take(_ count: Int, _ body: (Span<UInt8>) throws -> Void) throws {
        let end = position + count
        guard end <= file.byteCount else {
            throw FormatError(
                .truncated, "the file has \(file.byteCount) bytes, \(end) were announced", at: file.byteCount,
                file: file.path, remedy: "Another program may be writing it; try again when it has finished")
        }
        while position < end {
            if position == windowEnd {
                try Task.checkCancellation()
                let step = min(window.count, file.byteCount - position)
                try file.read(step, at: position, into: &window)
                windowStart = position
                windowEnd = position + step
            }
            let pieceEnd = min(end, windowEnd)
            try body(window.span.extracting(position - windowStart..<pieceEnd - windowStart))
            position = pieceEnd
        }
    }
}
