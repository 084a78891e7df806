import Bytes

/// The bytes of a pickle, taken one after the other through a window of fixed size.
struct PickleCursor {
    private static let windowByteCount = 64 << 10

    private let source: any ByteSource
    private let end: Int
    private var window: [UInt8] = []
    private var windowStart: Int
    /// The next byte to take, counted from the source's start.
    private(set) var offset: Int

    /// - Parameter range: where the pickle begins, and what it must not go beyond; inside the source.
    init(_ source: any ByteSource, _ range: Range<Int>) {
        self.source = source
        end = range.upperBound
        offset = range.lowerBound
        windowStart = range.lowerBound
    }

    /// The bytes that were not taken.
    var remaining: Int { end - offset }

    mutating func takeByte() throws -> UInt8 {
        if offset - windowStart >= window.count { try refill() }
        defer { offset += 1 }
        return window[offset - windowStart]
    }

    /// A little-endian number of so many bytes, at most eight.
    mutating func takeNumber(_ count: Int) throws -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(try takeByte()) << (8 * index) }
        return value
    }

    /// The next `count` bytes; no more than remain.
    mutating func take(_ count: Int) throws -> [UInt8] {
        let start = offset - windowStart
        if count <= window.count - start {
            offset += count
            return Array(window[start..<(start + count)])
        }
        let bytes = try source.bytes(offset..<(offset + count))
        skip(count)
        return bytes
    }

    /// Passes over `count` bytes; no more than remain.
    mutating func skip(_ count: Int) { offset += count }

    /// The bytes up to the next line feed, which is taken too.
    mutating func takeLine(atMost limit: Int) throws -> [UInt8] {
        let start = offset
        var line: [UInt8] = []
        while true {
            let byte = try takeByte()
            guard byte != UInt8(ascii: "\n") else { return line }
            guard line.count < limit else {
                throw FormatError(
                    .unsupported, "a line of more than \(limit) bytes", at: start,
                    remedy: "This is no pickle, or it is damaged: fetch the file again")
            }
            line.append(byte)
        }
    }

    private mutating func refill() throws {
        guard remaining > 0 else {
            throw FormatError(
                .truncated, "the pickle ends in the middle", at: offset,
                remedy: "The file was cut short: fetch it again")
        }
        windowStart = offset
        window = try source.bytes(offset..<(offset + min(remaining, Self.windowByteCount)))
    }
}
