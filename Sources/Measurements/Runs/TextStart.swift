import Bytes

/// How a text file begins: the mark that some programs write before it, and encodings that are not read.
enum TextStart {
    /// How many bytes the mark of UTF-8 takes before the text, as spreadsheets write it: 3, or 0 when there is none.
    static func markByteCount(_ bytes: Span<UInt8>, at start: Int = 0) -> Int {
        bytes.count >= start + 3 && bytes[start] == 0xEF && bytes[start + 1] == 0xBB && bytes[start + 2] == 0xBF ? 3 : 0
    }

    /// Why a text cannot be read: it is in UTF-16, by its mark, or by the zero beside each letter. Nil for any other.
    static func fault(_ bytes: Span<UInt8>) -> FormatError? {
        let marks: [[UInt8]] = [[0xFF, 0xFE], [0xFE, 0xFF]]
        let hasMark = bytes.count >= 2 && marks.contains([bytes[0], bytes[1]])
        guard hasMark || hasZeros(bytes) else { return nil }
        let name = hasMark ? "UTF-16" : bytes[0] != 0 ? "UTF-16LE" : "UTF-16BE"
        return FormatError(
            .unsupported, "the text is in \(name), and UTF-8 is read",
            remedy: "Save it as UTF-8, or convert it: iconv -f \(name) -t UTF-8 FILE > NEW")
    }

    /// Whether every second byte is zero, and those between are letters of ASCII.
    private static func hasZeros(_ bytes: Span<UInt8>) -> Bool {
        let end = min(bytes.count / 2 * 2, mostLooked)
        guard end >= fewestLooked else { return false }
        let letter = bytes[0] != 0 ? 0 : 1
        return stride(from: 0, to: end, by: 2).allSatisfy { place in
            let byte = bytes[place + letter]
            return bytes[place + 1 - letter] == 0 && (byte >= 0x20 || (0x09...0x0D).contains(byte))
        }
    }

    private static let fewestLooked = 8
    private static let mostLooked = 64
}
