import Bytes

/// The fields of a protobuf message one after the other, taken through a small window; what is inside a field is not
/// read until somebody asks.
///
/// A field is a varint of its number and wire type (number × 8 + type), then: type 0 a varint, 1 eight bytes, 2 a
/// varint `N` and N bytes, 5 four bytes. Types 3 and 4 (groups) are refused; ONNX has none.
///
/// Source: Protocol Buffers, "Encoding".
struct ProtobufFields {
    /// One field.
    struct Field {
        let number: Int
        let content: Content
        /// Where it begins.
        let place: Int
    }

    /// What a field holds, by its wire type.
    enum Content {
        case varint(UInt64)
        case fixed(byteCount: Int)
        /// A text, a message or packed numbers, by where they lie in the source.
        case bytes(Range<Int>)
    }

    private static let windowByteCount = 1024

    private let source: any ByteSource
    private let end: Int
    private var offset: Int
    private var window: [UInt8] = []
    private var windowStart: Int

    /// - Parameter range: the message; inside the source.
    init(_ range: Range<Int>, of source: any ByteSource) {
        self.source = source
        end = range.upperBound
        offset = range.lowerBound
        windowStart = range.lowerBound
    }

    /// The next field; nil at the end of the message.
    mutating func next() throws -> Field? {
        guard offset < end else { return nil }
        let place = offset
        let tag = try takeVarint()
        guard let number = Int(exactly: tag >> 3), (1...536_870_911).contains(number) else {
            throw fault("field number \(tag >> 3) cannot be", at: place)
        }
        switch tag & 7 {
        case 0: return Field(number: number, content: .varint(try takeVarint()), place: place)
        case 1: return Field(number: number, content: .fixed(byteCount: 8), place: try skip(8, place))
        case 5: return Field(number: number, content: .fixed(byteCount: 4), place: try skip(4, place))
        case 2:
            let announced = try takeVarint()
            guard announced <= UInt64(end - offset) else {
                throw FormatError(
                    .truncated, "field \(number) announces \(announced) bytes, \(end - offset) remain", at: place,
                    remedy: "The file was cut short or is damaged: fetch it again")
            }
            let start = offset
            offset += Int(announced)
            return Field(number: number, content: .bytes(start..<offset), place: place)
        default: throw fault("field \(number) has wire type \(tag & 7), which ONNX does not use", at: place)
        }
    }

    /// Seven bits a byte, low ones first; the high bit says that more follow.
    mutating func takeVarint() throws -> UInt64 {
        let place = offset
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try takeByte()
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw fault("a number of more than 64 bits", at: place)
    }

    /// Whether the message is over.
    var isAtEnd: Bool { offset >= end }

    private mutating func takeByte() throws -> UInt8 {
        guard offset < end else {
            throw FormatError(
                .truncated, "a field ends in the middle", at: offset,
                remedy: "The file was cut short or is damaged: fetch it again")
        }
        if offset < windowStart || offset - windowStart >= window.count {
            windowStart = offset
            window = try source.bytes(offset..<(offset + min(end - offset, Self.windowByteCount)))
        }
        defer { offset += 1 }
        return window[offset - windowStart]
    }

    private mutating func skip(_ count: Int, _ place: Int) throws -> Int {
        guard count <= end - offset else {
            throw FormatError(
                .truncated, "a field ends in the middle", at: place,
                remedy: "The file was cut short or is damaged: fetch it again")
        }
        offset += count
        return place
    }

    private func fault(_ problem: String, at place: Int) -> FormatError {
        FormatError(.corrupt, "protobuf: \(problem)", at: place, remedy: "Fetch the file again")
    }
}
