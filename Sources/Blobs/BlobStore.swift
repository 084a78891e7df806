package import Bytes

/// The content-addressed store: one read-only file a blob, named by the SHA-256 of its bytes.
///
/// On disk, below the home: `blobs/ab/abcdef…` holds the blob whose digest is `abcdef…`; `incoming/` holds files that
/// are being written. A blob may be coded instead, in `blobs/ab/abcdef….z`. The store knows files only; which blobs are
/// needed, and by what, is the catalog's to say.
package struct BlobStore: Sendable {
    /// The store's folder.
    package let home: String

    package init(home: String) { self.home = home }

    /// What the store lies on, which decides how writers keep out of each other's way.
    var fileSystem: FileSystemKind { FileSystemKind(of: home) }

    /// Makes the folders that are missing, and makes that durable: no file outlives a power cut whose folder does not.
    package func prepare() throws {
        guard !Folder.isFolder(blobs) || !Folder.isFolder(incoming) else { return }
        try Folder.make(blobs)
        try Folder.make(incoming)
        try Folder.sync(home)
        try Folder.sync(home + "/..")
    }

    var blobs: String { home + "/blobs" }
    var incoming: String { home + "/incoming" }

    /// Where the blob is, whether or not it is there.
    package func path(of digest: Digest) -> String {
        let hex = digest.hex
        return "\(blobs)/\(hex.prefix(2))/\(hex)"
    }

    /// Whether the blob is there, as it is or coded, with the length that it should have.
    package func contains(_ digest: Digest, byteCount: Int) -> Bool {
        FileIdentity(path: path(of: digest))?.byteCount == Int64(byteCount) || codedByteCount(of: digest) == byteCount
    }

    /// Opens a blob that is stored as it is.
    /// - Throws: `FileError` when it is missing.
    package func open(_ digest: Digest) throws(FileError) -> OpenFile { try OpenFile(path(of: digest)) }

    /// What came of moving blobs to their places.
    package struct Publication: Equatable, Sendable {
        /// The bytes that the store has gained.
        package var gainedByteCount = 0
        /// Blobs that lie beside a damaged coded form of theirs now, which the catalog still counts on.
        package var replacedCoded: [Digest] = []
    }

    /// Moves sealed files to their places. A newcomer replaces a file that is there already: its digest was taken just
    /// now, so registering again mends what has rotted.
    ///
    /// The catalog must have pinned the digests before (see `CatalogDatabase.pin`): a file in `blobs/` is always
    /// explained by a row. Folders are synced even when another process made the entry: it may not have yet.
    @discardableResult
    package func publish(_ files: [SealedBlob]) throws -> Publication {
        var folders: Set<String> = [blobs]
        var publication = Publication()
        for file in files {
            let folder = "\(blobs)/\(file.digest.hex.prefix(2))"
            if !contains(file.digest, byteCount: file.byteCount) { publication.gainedByteCount += file.byteCount }
            try Folder.make(folder)
            if isSoundCoded(file) {
                try Folder.unlink(file.path)
            } else {
                // With both there another process is changing the form, and decides itself which one counts.
                if !Folder.exists(path(of: file.digest)), Folder.exists(codedPath(of: file.digest)) {
                    publication.replacedCoded.append(file.digest)
                }
                try Folder.rename(file.path, to: path(of: file.digest))
            }
            folders.insert(folder)
        }
        for folder in folders.sorted() { try Folder.sync(folder) }
        return publication
    }

    /// Whether the store has these bytes coded, which every one of them proves. A newcomer is not needed then; else it
    /// lies beside the damaged ones from now on and is read instead.
    private func isSoundCoded(_ file: SealedBlob) -> Bool {
        guard !Folder.exists(path(of: file.digest)), codedByteCount(of: file.digest) == file.byteCount else {
            return false
        }
        let source = try? reader(of: file.digest, cache: ChunkCache(byteCount: 0))
        return (try? source?.digest()) == file.digest
    }

    /// Removes a blob's files; nothing there is no error.
    package func remove(_ digest: Digest) throws {
        try Folder.unlink(path(of: digest))
        try Folder.unlink(codedPath(of: digest))
    }
}

/// A blob whose bytes are durable, but which lies in `incoming/` still.
package struct SealedBlob: Sendable {
    package let path: String
    package let digest: Digest
    package let byteCount: Int

    package init(path: String, digest: Digest, byteCount: Int) {
        self.path = path
        self.digest = digest
        self.byteCount = byteCount
    }
}
