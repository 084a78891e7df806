import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A place that one owner holds against all other processes, by a file: a lock that the system drops with the process,
/// and on file systems of several machines, or without locks, a lease that must be renewed.
package final class Claim: Sendable {
    private enum Form: Sendable {
        case lock(Int32)
        case lease(Lease)
    }

    private let form: Form
    private let isReleased = Atomic<Bool>(false)

    private init(_ form: Form) { self.form = form }

    deinit { release() }

    /// What becomes of a place whose file is not there.
    package enum Absence: Sendable {
        /// The file is made.
        case create
        /// There is nothing to hold.
        case ignore
    }

    /// Takes the place of the file at `path`.
    /// - Parameters:
    ///   - act: what the holder does, for those who wait.
    ///   - fileSystem: decides between lock and lease.
    ///   - leavesRecord: whether a lock's file tells who holds it; one that is only looked at stays as it is. A lease
    ///     is its record.
    /// - Returns: nil when another holds it, or when there is nothing to hold.
    package static func attempt(
        _ path: String, for act: String, on fileSystem: FileSystemKind, absent: Absence = .create,
        leavesRecord: Bool = true
    ) throws(FileError) -> Claim? {
        if case .network = fileSystem { return try Lease(path, for: act, absent: absent).map { Claim(.lease($0)) } }
        let flags = absent == .create ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDWR | O_CLOEXEC
        let descriptor = SystemCalls.open(path, flags)
        guard descriptor >= 0 else {
            if absent == .ignore, errno == ENOENT { return nil }
            throw FileError("open", path, number: errno)
        }
        guard SystemCalls.lock(descriptor, LOCK_EX | LOCK_NB, path) == 0 else {
            let number = errno
            close(descriptor)
            switch number {
            case EWOULDBLOCK: return nil
            case ENOLCK, ENOTSUP, EOPNOTSUPP, ENOSYS, EINVAL:
                return try Lease(path, for: act, absent: absent).map { Claim(.lease($0)) }
            default: throw FileError("lock", path, number: number)
            }
        }
        let claim = Claim(.lock(descriptor))
        // A sweeper may have removed the file between opening and locking: then the lock keeps nobody out.
        guard try isStill(descriptor, path) else { return nil }
        if leavesRecord { claim.note(ClaimRecord(act: act), descriptor, path) }
        return claim
    }

    /// Who wrote the file at `path`; whether the place is still held is not said.
    package static func record(of path: String) -> ClaimRecord? {
        guard let file = try? OpenFile(path), file.byteCount <= ClaimRecord.greatestByteCount,
            let bytes = try? file.bytes(0..<file.byteCount)
        else { return nil }
        return ClaimRecord(parsing: bytes)
    }

    /// Whether it is certain that nobody else has taken the place meanwhile: a lease whose holder was stopped for
    /// longer than it lasts is lost. Asked before what cannot be undone.
    package var isHeld: Bool {
        switch form {
        case .lock: true
        case .lease(let lease): lease.isHeld
        }
    }

    /// Says that the file has another path now, since its folder was renamed.
    package func fileMoved(to path: String) {
        if case .lease(let lease) = form { lease.fileMoved(to: path) }
    }

    /// Gives the place back. The file of a lock stays; that of a lease goes.
    package func release() {
        guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
        switch form {
        case .lock(let descriptor): close(descriptor)
        case .lease(let lease): lease.release()
        }
    }

    private static func isStill(_ descriptor: Int32, _ path: String) throws(FileError) -> Bool {
        var status = stat()
        guard SystemCalls.status(of: descriptor, &status, path) == 0 else {
            throw FileError("lock", path, number: errno)
        }
        let identity = FileIdentity(status)
        guard let now = FileIdentity(path: path) else { return false }
        return now.device == identity.device && now.inode == identity.inode
    }

    /// Writes down who holds the lock. Only those who wait read it, so a failure is no fault.
    private func note(_ record: ClaimRecord, _ descriptor: Int32, _ path: String) {
        let bytes = record.bytes
        // Written over the older one before it is cut: at no time is the file empty. Writes from inside the array only.
        _ = unsafe bytes.withUnsafeBytes {
            unsafe SystemCalls.write(descriptor, $0.baseAddress, $0.count, at: 0, path)
        }
        _ = SystemCalls.cut(descriptor, toByteCount: bytes.count, path)
    }
}
