package import Bytes

extension BlobStore {
    /// Gives blobs of another store on the same file system, with those that they are differences from, second names in
    /// this one, so that what is written here leaves that one alone. What is not there is left out.
    package func link(_ digests: [Digest], from other: BlobStore) throws {
        for digest in digests {
            var next: Digest? = digest
            while let blob = next {
                next = try linkFiles(of: blob, from: other) ? other.codedForm(of: blob)?.base : nil
            }
        }
    }

    /// - Returns: whether anything was linked.
    private func linkFiles(of digest: Digest, from other: BlobStore) throws -> Bool {
        try Folder.make(String(path(of: digest).dropLast(digest.hex.utf8.count + 1)))
        var isNew = false
        for (source, target) in [
            (other.path(of: digest), path(of: digest)), (other.codedPath(of: digest), codedPath(of: digest)),
        ]
        where Folder.exists(source) && !Folder.exists(target) {
            try Folder.link(source, to: target)
            isNew = true
        }
        return isNew
    }
}
