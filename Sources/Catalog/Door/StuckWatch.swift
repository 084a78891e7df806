import Foundation
import Synchronization

/// Watches from a thread of its own that SQLite comes back from each step.
///
/// SQLite asks between its own steps whether it must stop, but not inside a function: `trim` of two long texts takes
/// hours. Nobody can stop that but the end of the process, which whoever runs the query may choose.
final class StuckWatch: Sendable {
    private struct State {
        var began: ContinuousClock.Instant?
        var isOver = false
    }

    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: how long a step may take.
    ///   - whenStuck: called once, on the watching thread.
    init(limit: Duration, whenStuck: @escaping @Sendable () -> Void) {
        Thread.detachNewThread { [self] in
            while true {
                Thread.sleep(forTimeInterval: 0.1)
                let state = state.withLock { $0 }
                if state.isOver { return }
                if let began = state.began, began.duration(to: .now) > limit { return whenStuck() }
            }
        }
    }

    func stepBegins() { state.withLock { $0.began = .now } }
    func stepEnds() { state.withLock { $0.began = nil } }
    func end() { state.withLock { $0.isOver = true } }
}
