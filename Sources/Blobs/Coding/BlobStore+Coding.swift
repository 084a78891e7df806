package import Bytes

extension BlobStore {
    /// The most differences that may lie between a blob and bytes that stand alone, when it is read.
    package static let greatestDepth = 8

    /// Where the blob is when it is coded, whether or not it is there.
    package func codedPath(of digest: Digest) -> String { path(of: digest) + ".z" }

    /// Opens a blob for reading, whether it is stored as it is or coded.
    /// - Parameter cache: shared by the blobs that are read together.
    /// - Throws: `FileError` when it is missing, `FormatError` when it is damaged.
    package func reader(of digest: Digest, cache: ChunkCache) throws -> any ByteSource {
        try reader(of: digest, cache: cache, depth: Self.greatestDepth)
    }

    private func reader(of digest: Digest, cache: ChunkCache, depth: Int) throws -> any ByteSource {
        // While a blob is being coded or decoded both files are there; a reader between them looks again.
        if let raw = try present(path(of: digest)) { return raw }
        if let coded = try present(codedPath(of: digest)) {
            return try codedBlob(coded, digest: digest, cache: cache, depth: depth)
        }
        return try OpenFile(path(of: digest))
    }

    /// Opens the coded form of a blob.
    /// - Parameter path: where it lies; nil for its place in the store.
    package func codedBlob(of digest: Digest, at path: String? = nil, cache: ChunkCache) throws -> CodedBlob {
        try codedBlob(
            try OpenFile(path ?? codedPath(of: digest)), digest: digest, cache: cache, depth: Self.greatestDepth)
    }

    private func codedBlob(_ file: OpenFile, digest: Digest, cache: ChunkCache, depth: Int) throws -> CodedBlob {
        let blob = try CodedBlob(file, cache: cache) { base in
            guard depth > 0, base != digest else {
                throw CodedBlobHeader.fault("more than \(Self.greatestDepth) differences lie behind it", at: 56)
                    .within(file: file.path)
            }
            return try reader(of: base, cache: cache, depth: depth - 1)
        }
        guard blob.header.digest == digest else {
            throw CodedBlobHeader.fault("it holds blob \(blob.header.digest.hex.prefix(12))", at: 24)
                .within(file: file.path)
        }
        return blob
    }

    private func present(_ path: String) throws -> OpenFile? {
        do {
            return try OpenFile(path)
        } catch  where error.number == 2 { return nil }
    }

    /// The logical bytes of a coded blob, by its header; nil when there is none that can be read.
    func codedByteCount(of digest: Digest) -> Int? { codedHeader(of: digest)?.header.byteCount }

    /// Moves coded blobs beside those that they stand for, which stay until `removeRaw`.
    package func publish(_ files: [SealedCodedBlob]) throws {
        try move(files.map { ($0.path, codedPath(of: $0.digest), $0.digest) })
    }

    /// Moves decoded blobs beside the coded ones, which stay until `removeCoded`.
    package func restore(_ files: [SealedBlob]) throws {
        try move(files.map { ($0.path, path(of: $0.digest), $0.digest) })
    }

    private func move(_ files: [(path: String, place: String, digest: Digest)]) throws {
        var folders: Set<String> = [blobs]
        for file in files {
            let folder = "\(blobs)/\(file.digest.hex.prefix(2))"
            try Folder.make(folder)
            try Folder.rename(file.path, to: file.place)
            folders.insert(folder)
        }
        for folder in folders.sorted() { try Folder.sync(folder) }
    }

    /// Removes the file that holds a blob as it is, when its coded form is there.
    package func removeRaw(_ digest: Digest) throws {
        guard codedByteCount(of: digest) != nil else { return }
        try Folder.unlink(path(of: digest))
    }

    /// Removes the coded form of a blob, when the file that holds it as it is is there.
    package func removeCoded(_ digest: Digest) throws {
        guard Folder.exists(path(of: digest)) else { return }
        try Folder.unlink(codedPath(of: digest))
    }
}

extension ByteSource {
    /// The digest of all bytes, read in pieces.
    package func digest(progress: (Int) -> Void = { _ in }) throws -> Digest {
        var stream = DigestStream()
        var buffer = [UInt8](repeating: 0, count: min(256 << 10, max(1, byteCount)))
        var place = 0
        while place < byteCount {
            try Task.checkCancellation()
            let step = min(buffer.count, byteCount - place)
            try read(step, at: place, into: &buffer)
            stream.update(buffer.span.extracting(0..<step))
            progress(step)
            place += step
        }
        return stream.finish()
    }
}
