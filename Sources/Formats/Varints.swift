import Bytes

/// Integers as protobuf packs them: seven bits a byte, low ones first, the high bit set in all bytes but the last.
enum Varints {
    /// The integers, each cut to `width` little-endian bytes.
    /// - Throws: `FormatError` when one is longer than 10 bytes or their number is not `count`.
    static func elements(_ bytes: [UInt8], width: Int, count: Int) throws(FormatError) -> [UInt8] {
        guard count <= bytes.count else { throw fault("\(bytes.count) bytes cannot hold \(count) integers", at: 0) }
        var result: [UInt8] = []
        result.reserveCapacity(count * width)
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var start = 0
        for (place, byte) in bytes.enumerated() {
            guard shift < 70 else { throw fault("an integer has more than 10 bytes", at: start) }
            value |= UInt64(byte & 0x7F) << shift
            shift += 7
            guard byte < 0x80 else { continue }
            for index in 0..<width { result.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
            (value, shift, start) = (0, 0, place + 1)
        }
        guard shift == 0, result.count == count * width else {
            throw fault("\(result.count / max(1, width)) integers are there, \(count) were announced", at: start)
        }
        return result
    }

    private static func fault(_ problem: String, at place: Int) -> FormatError {
        FormatError(.corrupt, problem + ", \(place) bytes into the field", remedy: "Fetch the file again")
    }
}
