/// Reads the fields of a protobuf message one by one, within its bounds.
///
/// Layout: each field is a varint key (`number << 3 | wire type`) and a value: a varint (0), 8 bytes (1), a varint
/// length and that many bytes (2), or 4 bytes (5). A varint holds 7 bits a byte, low ones first, the high bit set on
/// all but the last, at most 10 bytes. Numbers are little-endian. Source: protobuf.dev/programming-guides/encoding.
package struct ProtobufReader {
    /// One field's value.
    package enum Value: Equatable {
        case number(UInt64)
        case fixed64(UInt64)
        /// Where the bytes lie in the whole document.
        case bytes(Range<Int>)
        case fixed32(UInt32)
    }

    private let document: [UInt8]
    package private(set) var offset: Int
    private let end: Int

    package init(_ document: [UInt8]) { self.init(document, in: document.indices) }

    /// - Parameter range: a message's place; within the document.
    package init(_ document: [UInt8], in range: Range<Int>) {
        precondition(range.upperBound <= document.count, "\(range) lies beyond \(document.count) bytes")
        self.document = document
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next field; nil at the message's end.
    package mutating func next() throws(FormatError) -> (number: UInt64, value: Value)? {
        guard offset < end else { return nil }
        let start = offset
        let key = try takeVarint()
        guard key >> 3 > 0 else { throw fault("field number 0", at: start) }
        switch key & 7 {
        case 0: return (key >> 3, .number(try takeVarint()))
        case 1: return (key >> 3, .fixed64(try takeFixed(byteCount: 8)))
        case 2:
            let length = try takeVarint()
            guard length <= UInt64(end - offset) else {
                throw fault("a field of \(length) bytes where \(end - offset) are left", at: start, .truncated)
            }
            defer { offset += Int(length) }
            return (key >> 3, .bytes(offset..<(offset + Int(length))))
        case 5: return (key >> 3, .fixed32(UInt32(truncatingIfNeeded: try takeFixed(byteCount: 4))))
        default: throw fault("wire type \(key & 7)", at: start)
        }
    }

    package func bytes(_ range: Range<Int>) -> [UInt8] { Array(document[range]) }

    package func fault(_ problem: String, at place: Int, _ code: FormatError.Code = .corrupt) -> FormatError {
        FormatError(code, "invalid protobuf: \(problem)", at: place, remedy: "Fetch the file again")
    }

    private mutating func takeVarint() throws(FormatError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard offset < end else { throw fault("the message ends in a number", at: start, .truncated) }
            let byte = document[offset]
            offset += 1
            value |= shift == 63 && byte > 1 ? 0 : UInt64(byte & 0x7F) << shift
            if shift == 63, byte > 1 { break }
            if byte < 0x80 { return value }
        }
        throw fault("a number of more than 64 bits", at: start)
    }

    private mutating func takeFixed(byteCount: Int) throws(FormatError) -> UInt64 {
        guard byteCount <= end - offset else {
            throw fault("\(byteCount) bytes of a number where \(end - offset) are left", at: offset, .truncated)
        }
        defer { offset += byteCount }
        return (0..<byteCount).reduce(UInt64(0)) { $0 | UInt64(document[offset + $1]) << (8 * $1) }
    }
}
