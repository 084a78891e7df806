import Blobs
import Bytes
import Formats

extension ModelRegistry {
    /// The models in another tool's store, each by a path that `register` takes: a cache of Hugging Face's libraries,
    /// Ollama's store, LM Studio's folder.
    /// - Returns: nil when the path is none of these, or names one model in it.
    public static func models(inStore path: String) throws -> [String]? { try ModelStores.paths(in: path) }

    /// Takes a weights file in as one blob without copying it, where that is asked for and can be done.
    /// - Returns: nil when it is to be copied.
    func adopted(
        _ file: ModelFile, _ storage: RegisterRequest.Storage?, of source: ModelSource, job: ActiveJob,
        progress: @escaping @Sendable (Int) -> Void
    ) throws -> FileIngest.Outcome? {
        guard storage == .link || storage == nil && source.kept != nil else { return nil }
        // What a link leads to, since a hard link to a link would be one more link.
        guard let place = Folder.resolved(file.absolutePath) else { return nil }
        guard let adopted = try job.area.adopt(place, links: storage == .link) else { return nil }
        let open = try OpenFile(adopted.path)
        guard open.identity.byteCount == file.identity.byteCount else { throw FileIngest.changed(file.absolutePath) }
        let ingest = FileIngest(area: nil, kernels: kernels, publish: { _ in }, progress: progress)
        var outcome: FileIngest.Outcome
        do {
            outcome = try ingest.run(open, tensors: file.layout?.tensors ?? [])
            try source.checkPromise(of: file, outcome.digest)
        } catch let error as FormatError { throw error.within(file: file.absolutePath) }
        guard outcome.byteCount > 0 else { return outcome }
        let blob = SealedBlob(path: adopted.path, digest: outcome.digest, byteCount: outcome.byteCount)
        if adopted.isLink, try isHeld(blob, by: job) {
            // The store's own copy is better than a name of somebody else's.
            try Folder.unlink(adopted.path)
        } else {
            try adopted.seal()
            try job.publisher.add(blob)
        }
        outcome.segments = [StoredFile.Segment(blob)]
        return outcome
    }

    /// Whether the store has the blob; it stays then while the job runs.
    private func isHeld(_ blob: SealedBlob, by job: ActiveJob) throws -> Bool {
        guard store.contains(blob.digest, byteCount: blob.byteCount) else { return false }
        do {
            try job.publisher.count(on: [StoredFile.Segment(blob)])
            return true
        } catch is RegistryError { return false }
    }
}

extension ModelSource {
    /// - Throws: `FormatError` when the tool that keeps the file calls it by another digest than its bytes have.
    func checkPromise(of file: ModelFile, _ digest: Digest) throws(FormatError) {
        guard let promised = kept?.promised[file.path], promised != digest else { return }
        throw FormatError(
            .corrupt,
            "its name promises the SHA-256 \(promised.hex.prefix(12))…, and its bytes have \(digest.hex.prefix(12))…",
            file: file.absolutePath, remedy: "It was damaged where it lies: remove it there and fetch it again")
    }
}
