package import Bytes

extension BlobStore {
    /// Gives blobs of another store on the same file system second names in this one, so that what is written here
    /// leaves that one alone. What is not there is left out.
    package func link(_ digests: [Digest], from other: BlobStore) throws {
        for digest in digests where Folder.exists(other.path(of: digest)) {
            let path = path(of: digest)
            try Folder.make(String(path.dropLast(digest.hex.utf8.count + 1)))
            guard !Folder.exists(path) else { continue }
            try Folder.link(other.path(of: digest), to: path)
        }
    }
}
