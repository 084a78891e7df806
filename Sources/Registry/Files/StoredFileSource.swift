import Bytes

/// A stored file as any reader takes it.
struct StoredFileSource: ByteSource {
    let file: StoredFile
    let reader: StoredFileReader

    var path: String { file.path }
    var byteCount: Int { file.byteCount }

    func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws {
        guard offset >= 0, offset <= file.byteCount, count <= file.byteCount - offset else {
            throw FormatError(
                .truncated, "the file has \(file.byteCount) bytes, \(count) at \(offset) were expected",
                at: min(max(0, offset), file.byteCount), file: file.path, remedy: "Register the file again")
        }
        guard count > 0 else { return }
        try reader.read(count, at: offset, of: file, into: &buffer)
    }
}
