import Bytes

/// How a text file begins: the mark that some programs write before it, and encodings that are not read.
enum TextStart {
    /// How many bytes the mark of UTF-8 takes before the text, as spreadsheets write it: 3, or 0 when there is none.
    static func markByteCount(_ bytes: Span<UInt8>, at start: Int = 0) -> Int {
        bytes.count >= start + 3 && bytes[start] == 0xEF && bytes[start + 1] == 0xBB && bytes[start + 2] == 0xBF ? 3 : 0
    }

    /// Why a text cannot be read: it is in UTF-16, by its mark, or by the zero beside each letter. Nil for any other.
    static func fault(_ bytes: Span<UInt8>) -> FormatError? {
        let hasMark = bytes.count >= 2 && (bytes[0] == 0xFF && bytes[1] == 0xFE || bytes[0] == 0xFE && bytes[1] == 0xFF)
        let letters = hasMark ? 2 : 0
        let end = min(bytes.count / 2 * 2, letters + mostLooked)
        guard end - letters >= fewestLooked else { return nil }
        let isLittleEndian = bytes[letters] != 0
        let isText = stride(from: letters, to: end, by: 2).allSatisfy { place in
            let letter = bytes[isLittleEndian ? place : place + 1]
            return bytes[isLittleEndian ? place + 1 : place] == 0 && (letter >= 0x20 || (0x09...0x0D).contains(letter))
        }
        guard isText else { return nil }
        let name = isLittleEndian ? "UTF-16LE" : "UTF-16BE"
        return FormatError(
            .unsupported, "the text is in \(hasMark ? "UTF-16" : name), and UTF-8 is read",
            remedy: "Save it as 'CSV UTF-8', or convert it: iconv -f \(hasMark ? "UTF-16" : name) -t UTF-8 FILE > NEW")
    }

    private static let fewestLooked = 8
    private static let mostLooked = 64
}
