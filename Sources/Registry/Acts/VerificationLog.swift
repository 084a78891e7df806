import Bytes
import Catalog
import Synchronization

/// Takes what threads find out about blobs, and notes it in the catalog in groups, so that an act that is stopped or
/// killed has not worked in vain.
final class VerificationLog: Sendable {
    private struct Pending {
        var sound: [Digest] = []
        var damaged: [(digest: Digest, problem: String)] = []
        var since = ContinuousClock.now
        var found: [Digest: String] = [:]
        var readCount = 0
    }

    private static let groupCount = 512
    private static let interval = Duration.seconds(2)

    private let catalog: CatalogDatabase?
    private let pending = Mutex(Pending())

    /// - Parameter catalog: where it is noted; nil notes nothing.
    init(_ catalog: CatalogDatabase?) { self.catalog = catalog }

    /// All that was found wrong.
    var damage: [Digest: String] { pending.withLock { $0.found } }

    /// How many blobs were read.
    var readCount: Int { pending.withLock { $0.readCount } }

    func add(_ results: [(digest: Digest, problem: String?)]) throws {
        try pending.withLock { pending in
            for (digest, problem) in results {
                pending.readCount += 1
                if let problem {
                    pending.damaged.append((digest, problem))
                    pending.found[digest] = problem
                } else {
                    pending.sound.append(digest)
                }
            }
            let isDue = ContinuousClock.now - pending.since > Self.interval
            if isDue || pending.sound.count + pending.damaged.count >= Self.groupCount { try note(&pending) }
        }
    }

    /// Notes what is left.
    func finish() throws { try pending.withLock { try note(&$0) } }

    private func note(_ pending: inout Pending) throws {
        if !pending.sound.isEmpty || !pending.damaged.isEmpty {
            try catalog?.note(sound: pending.sound, damaged: pending.damaged)
        }
        pending.sound = []
        pending.damaged = []
        pending.since = .now
    }
}
