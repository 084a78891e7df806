import Bytes

/// Integers as protobuf packs them: seven bits a byte, low ones first, the high bit set in all bytes but the last.
///
/// They may arrive in pieces.
struct Varints {
    /// The bytes of each integer that comes out, little-endian; higher ones are cut off.
    let width: Int
    private var value: UInt64 = 0
    private var shift: UInt64 = 0
    /// The bytes before the piece, and where the integer at hand began.
    private var place = 0
    private var start = 0
    /// The integers so far.
    private var count = 0

    init(width: Int) { self.width = width }

    /// Adds the integers in the first `count` bytes of `bytes` to `output`.
    /// - Throws: `FormatError` when one is longer than 10 bytes.
    mutating func decode(_ bytes: [UInt8], _ byteCount: Int, into output: inout [UInt8]) throws(FormatError) {
        for index in 0..<byteCount {
            guard shift < 70 else { throw Self.fault("an integer has more than 10 bytes", at: start) }
            let byte = bytes[index]
            value |= UInt64(byte & 0x7F) << shift
            shift += 7
            guard byte < 0x80 else { continue }
            for place in 0..<width { output.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(place)))) }
            count += 1
            (value, shift, start) = (0, 0, place + index + 1)
        }
        place += byteCount
    }

    /// - Throws: `FormatError` when an integer is cut, or their number is not `expected`.
    func finish(_ expected: Int) throws(FormatError) {
        guard shift == 0, count == expected else {
            throw Self.fault("\(count) integers are there, \(expected) were announced", at: start)
        }
    }

    private static func fault(_ problem: String, at place: Int) -> FormatError {
        FormatError(.corrupt, problem + ", \(place) bytes into the field", remedy: "Fetch the file again")
    }
}
