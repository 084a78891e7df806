package import Bytes
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder in `incoming/` that one writer owns while it lives: a lock that the system drops with the process tells
/// others whether the writer is gone.
package final class StagingArea: Sendable {
    /// The folder.
    package let path: String
    private let claim: Claim
    private let nextNumber = Atomic<Int>(0)

    /// - Parameters:
    ///   - store: where; `prepare()` has run.
    ///   - name: a name that no other writer uses, such as a job's number.
    package init(in store: BlobStore, name: String) throws {
        path = "\(store.incoming)/\(name)"
        guard !Folder.exists(path) else { throw FileError("create", path, number: EEXIST) }
        // Claimed under another name first, so that a sweeper never sees the area without its owner.
        let unlocked = "\(store.incoming)/\(Self.unlockedPrefix)\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Folder.make(unlocked)
        do {
            let claim = try Claim.attempt(unlocked + "/" + Self.lockName, for: name, on: store.fileSystem)
            guard let claim else { throw FileError("lock", path, number: EWOULDBLOCK) }
            self.claim = claim
            try Folder.rename(unlocked, to: path)
        } catch {
            // Nobody else knows it; what cannot be removed now is swept later.
            try? Folder.removeTree(unlocked)
            throw error
        }
        claim.fileMoved(to: path + "/" + Self.lockName)
    }

    /// Takes over an area whose writer is gone, under a new name.
    /// - Returns: nil when there is no such area, or when its writer lives.
    package init?(adopting old: String, as name: String, in store: BlobStore) throws {
        let oldPath = "\(store.incoming)/\(old)"
        path = "\(store.incoming)/\(name)"
        let claim = try Claim.attempt(
            oldPath + "/" + Self.lockName, for: name, on: store.fileSystem, absent: .ignore)
        guard let claim else { return nil }
        self.claim = claim
        do throws(FileError) {
            try Folder.rename(oldPath, to: path)
        } catch {
            // A sweeper was faster.
            if error.number == ENOENT { return nil }
            throw error
        }
        claim.fileMoved(to: path + "/" + Self.lockName)
        let numbers = try Folder.entries(of: path).compactMap(Int.init)
        nextNumber.store(numbers.max() ?? 0, ordering: .relaxed)
    }

    /// Whether it is certain that no other process has taken the area for abandoned: asked before an act's end.
    package var isHeld: Bool { claim.isHeld }

    /// The file in which an act notes what it has done, so that a later one can go on. An area that has one outlives
    /// its writer for a while.
    package static let journalName = "journal"

    /// Removes files that no one needs any more.
    /// - Parameter kept: the names of those that stay.
    package func removeFiles(except kept: Set<String>) throws {
        for name in try Folder.entries(of: path)
        where !name.hasPrefix(Self.lockName) && name != Self.journalName && !kept.contains(name) {
            try Folder.removeTree(path + "/" + name)
        }
    }

    private static let lockName = "lock"
    private static let unlockedPrefix = ".new-"

    /// A new file in the area.
    package func makeFile() throws(FileError) -> NewFile { try NewFile(makePath()) }

    /// A name in the area that no other file of it has.
    func makePath() -> String { "\(path)/\(nextNumber.add(1, ordering: .relaxed).newValue)" }

    /// A new file in the area that becomes a blob: it is whole when it is sealed.
    package func makeBlobFile() throws(FileError) -> GatheredFile { GatheredFile(try makeFile()) }

    /// Removes the area with all that is left in it; the lock last, so that it is nobody's only when it is empty.
    package func discard() throws {
        try removeFiles(except: [])
        try Folder.unlink(path + "/" + Self.journalName)
        try Folder.removeTree(path)
    }

    /// Removes the areas in `incoming/` whose writers are gone, and gives their names.
    ///
    /// - Parameter isUnfinished: whether the work of an area of this name may be gone on with, where it has a journal.
    ///
    /// One that another sweeper is removing, or that cannot be removed, is left for the next time: tidying must not
    /// fail the act that it comes before.
    @discardableResult
    package static func sweep(
        _ store: BlobStore, isUnfinished: (String) -> Bool = { _ in false }
    ) throws -> [String] {
        try forEachAbandoned(store, isUnfinished) { try Folder.removeTree($0) }
    }

    /// The names of the areas that `sweep` would remove now.
    package static func abandoned(
        in store: BlobStore, isUnfinished: (String) -> Bool = { _ in false }
    ) throws -> [String] {
        try forEachAbandoned(store, isUnfinished) { _ in }
    }

    /// Runs `body` on the areas whose writers are gone, while their locks are held; gives the names of those on which it
    /// did not throw.
    private static func forEachAbandoned(
        _ store: BlobStore, _ isUnfinished: (String) -> Bool, _ body: (String) throws -> Void
    ) throws -> [String] {
        var swept: [String] = []
        for name in try Folder.entries(of: store.incoming) {
            let area = "\(store.incoming)/\(name)"
            let lock = area + "/" + lockName
            let hasLock = Folder.exists(lock)
            guard !hasLock || !isUnfinished(name) || !hasYoungJournal(area) else { continue }
            // Under its own name an area has a lock, unless someone is removing it.
            guard !name.hasPrefix(unlockedPrefix) || !isYoung(area) else { continue }
            do {
                let claim = try Claim.attempt(
                    lock, for: "sweep", on: store.fileSystem, absent: .ignore, leavesRecord: false)
                guard claim != nil || !hasLock && !Folder.exists(lock) else { continue }
                try body(area)
                claim?.release()
                swept.append(name)
            } catch { continue }
        }
        return swept
    }

    /// Whether the folder changed within the last minute: its owner may be between making it and locking it.
    private static func isYoung(_ area: String) -> Bool { changed(area, within: 60) }

    /// Whether the act that was killed can still be gone on with.
    private static func hasYoungJournal(_ area: String) -> Bool {
        changed(area + "/" + journalName, within: secondsUntilExpiry)
    }

    /// How long a killed act's work waits for someone to go on with it: a week, as its row in the catalog does.
    private static let secondsUntilExpiry: Int64 = 7 * 86_400

    private static func changed(_ path: String, within seconds: Int64) -> Bool {
        guard let identity = FileIdentity(path: path) else { return false }
        var now = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return true }
        return Int64(now.tv_sec) - identity.modifiedAt / 1_000_000_000 < seconds
    }
}

/// A blob being written into a staging area by one owner: bytes and digest go together.
package final class BlobWriter {
    private let file: GatheredFile
    private var stream = DigestStream()

    package init(in area: StagingArea) throws(FileError) { file = try area.makeBlobFile() }

    /// The bytes written so far.
    package var byteCount: Int { file.byteCount }

    /// Adds bytes, and to the digest too.
    package func append(_ bytes: Span<UInt8>) throws(FileError) {
        stream.update(bytes)
        try file.append(bytes)
    }

    /// Makes the blob durable, read-only and named.
    package func seal() throws(FileError) -> SealedBlob {
        try file.seal(mode: 0o444)
        return SealedBlob(path: file.path, digest: stream.finish(), byteCount: file.byteCount)
    }
}
