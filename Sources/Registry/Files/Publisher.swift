import Blobs
import Bytes
import Catalog
import Synchronization

/// Takes sealed blobs from all threads of an act and puts them into the store in groups: first the catalog learns their
/// digests, in one transaction a group, then their files are renamed.
final class Publisher: Sendable {
    private struct Pending {
        var blobs: [SealedBlob] = []
        var byteCount = 0
        var newByteCount = 0
    }

    private static let groupCount = 64
    private static let groupByteCount = 256 << 20

    private let store: BlobStore
    private let pin: @Sendable ([Digest]) throws -> Void
    /// Throws when the store may not take so many bytes more, after those that were published.
    private let check: (@Sendable (_ published: Int, _ next: Int) throws -> Void)?
    /// Told of a blob that is stored as it is from now on, as its coded form was damaged.
    private let replace: @Sendable (Digest) throws -> Void
    private let pending = Mutex(Pending())

    init(
        store: BlobStore, check: (@Sendable (_ published: Int, _ next: Int) throws -> Void)? = nil,
        replace: @escaping @Sendable (Digest) throws -> Void = { _ in },
        pin: @escaping @Sendable ([Digest]) throws -> Void
    ) {
        self.store = store
        self.check = check
        self.replace = replace
        self.pin = pin
    }

    /// Bytes that the store has gained.
    var newByteCount: Int { pending.withLock { $0.newByteCount } }

    /// Takes a blob; it may be published at once or with a later group.
    func add(_ blob: SealedBlob) throws {
        try pending.withLock { pending in
            pending.blobs.append(blob)
            pending.byteCount += blob.byteCount
            if pending.blobs.count >= Self.groupCount || pending.byteCount >= Self.groupByteCount {
                try publish(&pending)
            }
        }
    }

    /// Says that the act counts on blobs that the store holds already, and looks whether it still does: what is pinned
    /// from now on stays, what was removed before is gone.
    /// - Throws: `RegistryError` when one is gone.
    func count(on segments: [StoredFile.Segment]) throws {
        let stored = segments.filter { $0.reference == nil }
        try pin(Array(Set(stored.map(\.blob))))
        for segment in stored {
            guard store.contains(segment.blob, byteCount: segment.blobByteCount) else {
                throw RegistryError(
                    "\(store.path(of: segment.blob)) is missing, or not as long as the blob",
                    remedy: "The source was removed meanwhile, or its bytes are damaged: 'ingot verify' tells")
            }
        }
    }

    /// Publishes what is left.
    func finish() throws { try pending.withLock { try publish(&$0) } }

    private func publish(_ pending: inout Pending) throws {
        guard !pending.blobs.isEmpty else { return }
        try pin(pending.blobs.map(\.digest))
        let new = pending.blobs.filter { !store.holds($0.digest) }
        try check?(pending.newByteCount, new.reduce(0) { $0 + $1.byteCount })
        let publication = try store.publish(pending.blobs)
        pending.newByteCount += publication.gainedByteCount
        for digest in publication.replacedCoded { try replace(digest) }
        pending.blobs = []
        pending.byteCount = 0
    }
}
