import Bytes

/// Reads small files whole.
enum CompanionReader {
    /// - Throws: `FormatError` when the file is longer than `limit`.
    static func bytes(of path: String, atMost limit: Int) throws -> [UInt8] {
        let file = try OpenFile(path)
        guard file.byteCount <= limit else {
            throw FormatError(
                .refused, "the file has \(file.byteCount) bytes, at most \(limit) are read", file: path,
                remedy: "Check whether it is the file that its name says")
        }
        return try file.bytes(0..<file.byteCount)
    }
}
