import Bytes
import Synchronization

/// Counts the system calls of an act, and makes one of them fail, or all from one on.
final class FaultPlan: Sendable {
    /// How a call fails.
    enum Fault: CustomStringConvertible, Sendable {
        case error(Int32, String)
        /// Half of the bytes of a read or write are done.
        case short

        var description: String {
            switch self {
            case .error(_, let name): name
            case .short: "short"
            }
        }
    }

    /// Whether the fault passes.
    enum Duration: Sendable { case once, forever }

    private let place: Int?
    private let fault: Fault
    private let duration: Duration
    private let seen = Mutex<[CallSeam.Event]>([])

    /// Fails nothing: counts only.
    init() { (place, fault, duration) = (nil, .short, .once) }

    /// - Parameter place: which call fails, from 0.
    init(_ fault: Fault, at place: Int, _ duration: Duration = .once) {
        (self.place, self.fault, self.duration) = (place, fault, duration)
    }

    /// All calls so far, also the failed ones.
    var events: [CallSeam.Event] { seen.withLock { $0 } }

    /// Runs `body` by this plan.
    func running<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        try await CallSeam.watching({ [self] in verdict(on: $0) }, body)
    }

    private func verdict(on event: CallSeam.Event) -> CallSeam.Verdict {
        let number = seen.withLock { seen in
            seen.append(event)
            return seen.count - 1
        }
        guard let place, duration == .once ? number == place : number >= place else { return .pass }
        switch fault {
        case .error(let number, _): return .fail(number)
        case .short: return .short
        }
    }
}
