import Bytes
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The right to write to a catalog, which processes hold one after another: a file beside the catalog that says who
/// has it and what for. Where it is a lease, it also guards against machines that SQLite's locks do not reach.
struct WriteTurn: Sendable {
    let location: CatalogLocation
    let waiting: Waiting

    private var path: String { location.path + "-turn" }

    /// Runs `body` when nobody else has the turn.
    /// - Parameter body: gets the claim, to be checked before a commit.
    /// - Throws: `CatalogError` `busy` when the wait takes too long, `CancellationError` when the task is cancelled.
    func whileHeld<Value>(_ body: (Claim) throws -> Value) throws -> Value {
        let claim = try wait()
        defer { claim.release() }
        return try body(claim)
    }

    /// - Throws: `CatalogError` `busy` when the turn was lost meanwhile.
    func check(_ claim: Claim) throws(CatalogError) {
        guard !claim.isHeld else { return }
        throw CatalogError(
            .busy,
            "this process was held up for so long that another one may have taken its turn at \(location.path)",
            remedy: "Nothing was changed; try again")
    }

    private func wait() throws -> Claim {
        let start = ContinuousClock.now
        var told: ClaimRecord?
        var pause: UInt32 = 1_000  // microseconds
        while true {
            if let claim = try attempt() { return claim }
            let waited = start.duration(to: .now)
            if waited >= waiting.patience {
                throw CatalogError(
                    .busy, "\(holder(told)) has been writing to \(location.path) for longer than \(waiting.patience)",
                    remedy: "Wait until it has finished, then try again, or wait longer with --wait")
            }
            if Task.isCancelled, waited >= Waiting.patienceWhenCancelled { throw CancellationError() }
            if waited >= Waiting.silence, let tell = waiting.tell {
                let record = Claim.record(of: path)
                if told == nil || record?.process != told?.process {
                    tell(message(record))
                    told = record ?? ClaimRecord(act: "")
                }
            }
            usleep(pause)
            // Longer pauses where each look is a question to a server; never the same for two that wait.
            pause = min(pause * 2, location.fileSystem == .local ? 20_000 : 200_000) + .random(in: 0...1_000)
        }
    }

    private func attempt() throws -> Claim? {
        do {
            return try Claim.attempt(path, for: CatalogDatabase.act, on: location.fileSystem)
        } catch {
            guard [EACCES, EPERM, EROFS].contains(error.number) else { throw error }
            throw CatalogError(
                .notWritable, "\(location.path) cannot be written: \(error.problem)",
                remedy: "Use a home that is yours, or only look")
        }
    }

    private func holder(_ told: ClaimRecord?) -> String {
        guard let record = Claim.record(of: path) ?? told else { return "another process" }
        return record.description
    }

    private func message(_ record: ClaimRecord?) -> String {
        guard let record else { return "waiting for another process that writes to \(location.path)" }
        let wait = "waiting for \(record.description), which writes to \(location.path)"
        return record.process.isStopped
            ? "\(wait) and is stopped: 'kill -CONT \(record.process.number)' lets it go on" : wait
    }
}

/// Waits where SQLite finds the catalog locked although this process has the turn, or only reads: by a program that is
/// not Ingot, or by readers of a catalog without a write-ahead log.
final class BusyWait: Sendable {
    private struct State {
        private var start = ContinuousClock.now
        private var hasTold = false

        mutating func waited(_ attempt: Int) -> Duration {
            if attempt == 0 { (start, hasTold) = (.now, false) }
            return start.duration(to: .now)
        }

        /// True once for each wait.
        mutating func tellsNow() -> Bool {
            defer { hasTold = true }
            return !hasTold
        }
    }

    private let path: String
    private let waiting: Waiting
    private let state = Mutex(State())

    init(path: String, waiting: Waiting) {
        self.path = path
        self.waiting = waiting
    }

    /// Whether SQLite shall try again.
    /// - Parameter attempt: how often it has tried.
    func mayRetry(_ attempt: Int) -> Bool {
        let waited = state.withLock { $0.waited(attempt) }
        let mustTell = waited >= Waiting.silence && state.withLock { $0.tellsNow() }
        if waited >= waiting.patience || Task.isCancelled && waited >= Waiting.patienceWhenCancelled { return false }
        if mustTell { waiting.tell?("waiting for another program that uses \(path)") }
        usleep(attempt < 10 ? 1_000 : 10_000)
        return true
    }
}
