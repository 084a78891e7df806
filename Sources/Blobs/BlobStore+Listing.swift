package import Bytes

extension BlobStore {
    /// The folder in which acts write.
    package var incomingFolder: String { incoming }

    /// Hands out the names of all files in `blobs/`, folder by folder.
    package func forEachName(_ body: (String) throws -> Void) throws {
        guard Folder.exists(blobs) else { return }
        for folder in try Folder.entries(of: blobs) where folder.utf8.count == 2 {
            for name in try Folder.entries(of: blobs + "/" + folder) { try body(name) }
        }
    }

    /// The bytes that a blob's file takes; nil when there is none.
    package func storedByteCount(of digest: Digest) -> Int? {
        FileIdentity(path: path(of: digest)).map { Int($0.byteCount) }
    }
}
