import Blobs
import Bytes
import Synchronization

/// A stored file, read at any offset by any thread.
final class StoredFileSource: ByteSource {
    private let file: StoredFile
    private let reader: Mutex<StoredFileReader>

    init(_ file: StoredFile, store: BlobStore) {
        self.file = file
        reader = Mutex(StoredFileReader(store: store))
    }

    var path: String { file.path }
    var byteCount: Int { file.byteCount }

    func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws {
        guard offset >= 0, offset <= byteCount, count <= byteCount - offset else {
            throw FormatError(
                .truncated, "the file ends at byte \(byteCount), \(count) bytes at \(offset) were expected",
                at: byteCount, file: path, remedy: "Register the model again")
        }
        try reader.withLock { try $0.read(count, at: offset, of: file, into: &buffer) }
    }
}
