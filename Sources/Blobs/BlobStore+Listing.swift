package import Bytes

extension BlobStore {
    /// The folder in which acts write.
    package var incomingFolder: String { incoming }

    /// Hands out the digests, as text, of all blobs that have a file, raw or coded, folder by folder; one that has both
    /// comes once. What else lies there comes as it is called.
    package func forEachName(_ body: (String) throws -> Void) throws {
        guard Folder.exists(blobs) else { return }
        let end = ".z"
        for folder in try Folder.entries(of: blobs) where folder.utf8.count == 2 {
            var last = ""
            // Sorted, so that both files of a blob are neighbors.
            for name in try Folder.entries(of: blobs + "/" + folder) {
                let blob = name.hasSuffix(end) ? String(name.dropLast(end.count)) : name
                if blob != last { try body(blob) }
                last = blob
            }
        }
    }

    /// The bytes that a blob's files take; nil when there is none.
    package func storedByteCount(of digest: Digest) -> Int? {
        let counts = [path(of: digest), codedPath(of: digest)].compactMap { FileIdentity(path: $0)?.byteCount }
        return counts.isEmpty ? nil : counts.reduce(0) { $0 + Int($1) }
    }

    /// Whether the store has a file for the blob, in whichever form.
    package func holds(_ digest: Digest) -> Bool {
        Folder.exists(path(of: digest)) || Folder.exists(codedPath(of: digest))
    }

    /// What the headers of a coded blob, and of those that it is the difference from, tell; nil when there is none that
    /// can be read.
    package func codedForm(of digest: Digest) -> (byteCount: Int, storedByteCount: Int, base: Digest?, depth: Int)? {
        guard let first = codedHeader(of: digest) else { return nil }
        var depth = 0
        var base = first.header.base
        while let next = base, depth < Self.greatestDepth {
            depth += 1
            base = Folder.exists(path(of: next)) ? nil : codedHeader(of: next)?.header.base
        }
        return (first.header.byteCount, first.storedByteCount, first.header.base, depth)
    }

    func codedHeader(of digest: Digest) -> (header: CodedBlobHeader, storedByteCount: Int)? {
        guard let file = try? OpenFile(codedPath(of: digest)), let header = try? CodedBlob.header(of: file),
            header.digest == digest
        else { return nil }
        return (header, file.byteCount)
    }
}
