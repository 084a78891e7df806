import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A place held by a file that its holder renews: for file systems where locks do not reach everyone.
///
/// The file is made under a name of its own and linked to the place, which only one can do. Every quarter of its time
/// the holder writes to it. How old it is, is told by the file server's clock alone: its time of change against that of
/// a file written just now. One that is older than `secondsUntilExpiry` is taken over: renamed, looked at again, and put
/// back if it is not the one that had expired.
///
/// A holder that was stopped for longer must find out by `isHeld` before it makes anything durable. Between that look
/// and the deed a moment stays in which another may take over: what is kept by a lease has a second guard (the
/// catalog's own locks, names that are digests).
final class Lease: Sendable {
    /// How long a lease lasts unless it is renewed.
    static let secondsUntilExpiry = 60

    private struct State {
        var path: String
        var record: ClaimRecord
        var renewedAt: ContinuousClock.Instant
    }

    private let descriptor: Int32
    private let state: Mutex<State>

    /// - Returns: nil when another holds the place, or nothing is there to hold.
    init?(_ path: String, for act: String, absent: Claim.Absence) throws(FileError) {
        let record = ClaimRecord(act: act)
        let start = ContinuousClock.now
        let candidate = "\(path).\(record.token)"
        var descriptor = SystemCalls.open(candidate, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC)
        guard descriptor >= 0 else {
            if absent == .ignore, errno == ENOENT { return nil }
            throw FileError("create", candidate, number: errno)
        }
        var isTaken = false
        do throws(FileError) {
            try Self.write(record, descriptor, candidate)
            isTaken = try Self.take(path, candidate, &descriptor, record, absent: absent)
            try Folder.unlink(candidate)
        } catch {
            close(descriptor)
            _ = SystemCalls.unlink(candidate)
            if isTaken { _ = SystemCalls.unlink(path) }
            throw error
        }
        guard isTaken else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        state = Mutex(State(path: path, record: record, renewedAt: start))
        renewInTime()
    }

    // MARK: Taking

    private static func take(
        _ path: String, _ candidate: String, _ descriptor: inout Int32, _ record: ClaimRecord, absent: Claim.Absence
    ) throws(FileError) -> Bool {
        var mayCreate = absent == .create
        for _ in 0..<8 {
            if mayCreate, try make(path, candidate, &descriptor, record) { return true }
            guard let found = try look(at: path) else {
                if mayCreate { continue }
                return false
            }
            guard try now(descriptor, candidate) - found.modifiedAt > Int64(secondsUntilExpiry) * 1_000_000_000 else {
                return false
            }
            guard try clear(path, of: found, stale: "\(candidate)-stale") else { return false }
            mayCreate = true
        }
        return false
    }

    /// Makes the place's file. Returns false when there is one.
    private static func make(
        _ path: String, _ candidate: String, _ descriptor: inout Int32, _ record: ClaimRecord
    ) throws(FileError) -> Bool {
        if SystemCalls.link(candidate, to: path) == 0 { return true }
        let number = errno
        var status = stat()
        // A file server may have done it and lost the answer.
        if SystemCalls.status(of: descriptor, &status, candidate) == 0, status.st_nlink == 2 { return true }
        switch number {
        case EEXIST: return false
        case EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK, EACCES:
            // No links here: made in place, and empty for a moment, which its age forgives.
            let own = SystemCalls.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC)
            if own < 0, errno == EEXIST { return false }
            guard own >= 0 else { throw FileError("create", path, number: errno) }
            close(descriptor)
            descriptor = own
            try write(record, own, path)
            return true
        default: throw FileError("link to \(path)", candidate, number: number)
        }
    }

    /// Takes an expired file away. Returns false when another was faster.
    private static func clear(
        _ path: String, of expired: FileIdentity, stale: String
    ) throws(FileError) -> Bool {
        guard SystemCalls.rename(path, to: stale) == 0 else {
            if errno == ENOENT { return true }
            throw FileError("rename to \(stale)", path, number: errno)
        }
        let isExpired = try look(at: stale) == expired
        // Someone renewed it or took over in between: it goes back, unless the place is taken again.
        if !isExpired { _ = SystemCalls.link(stale, to: path) }
        try Folder.unlink(stale)
        return isExpired
    }

    /// The file's state as the server has it: opening asks the server, where a look by name may be answered from memory.
    private static func look(at path: String) throws(FileError) -> FileIdentity? {
        do throws(FileError) { return try OpenFile(path).identity } catch {
            if error.number == ENOENT { return nil }
            throw error
        }
    }

    /// The server's time, in nanoseconds since 1970: that of a file written just now.
    private static func now(_ descriptor: Int32, _ path: String) throws(FileError) -> Int64 {
        var status = stat()
        guard SystemCalls.status(of: descriptor, &status, path) == 0 else {
            throw FileError("look at", path, number: errno)
        }
        return FileIdentity(status).modifiedAt
    }

    private static func write(_ record: ClaimRecord, _ descriptor: Int32, _ path: String) throws(FileError) {
        let bytes = record.bytes
        var done = 0
        while done < bytes.count {
            // Writes from inside the array only: `done ..< count`.
            let step = unsafe bytes.withUnsafeBytes {
                unsafe SystemCalls.write(
                    descriptor, $0.baseAddress.map { unsafe $0 + done }, bytes.count - done, at: done, path)
            }
            guard step > 0 else { throw FileError.writing(path, number: step < 0 ? errno : ENOSPC) }
            done += step
        }
        guard SystemCalls.sync(descriptor, path) == 0 else {
            throw FileError.writing(path, number: errno, as: "sync")
        }
    }

    // MARK: Holding

    /// Writes to the file, so that others see that its holder lives. A failure is seen by `isHeld` in time.
    func renew() {
        state.withLock { state in
            guard Self.isOwn(state), state.renewedAt.duration(to: .now) < .seconds(Self.secondsUntilExpiry) else {
                return
            }
            let start = ContinuousClock.now
            state.record.renewalCount += 1
            do throws(FileError) {
                try Self.write(state.record, descriptor, state.path)
                state.renewedAt = start
            } catch {
                // Tried again with the next beat; until then `renewedAt` grows old.
            }
        }
    }

    var isHeld: Bool {
        state.withLock { state in
            state.renewedAt.duration(to: .now) < .seconds(Self.secondsUntilExpiry) && Self.isOwn(state)
        }
    }

    func fileMoved(to path: String) { state.withLock { $0.path = path } }

    func release() {
        state.withLock { state in
            if state.renewedAt.duration(to: .now) < .seconds(Self.secondsUntilExpiry), Self.isOwn(state) {
                _ = SystemCalls.unlink(state.path)
            }
        }
    }

    deinit { close(descriptor) }

    private static func isOwn(_ state: State) -> Bool { Claim.record(of: state.path)?.token == state.record.token }

    /// On a queue of its own: the threads of tasks may all be busy with tensors.
    private func renewInTime() {
        DispatchQueue(label: "ingot.lease").asyncAfter(deadline: .now() + .seconds(Self.secondsUntilExpiry / 4)) {
            [weak self] in
            self?.renew()
            self?.renewInTime()
        }
    }
}
