import Synchronization

/// Adds up bytes from all threads of an act and reports them ten times a second at most.
final class ProgressMeter: Sendable {
    private struct State {
        var done = 0
        var lastReport: ContinuousClock.Instant?
    }

    private let activity: String
    private let total: Int
    private let handler: ProgressHandler?
    private let state: Mutex<State>

    init(_ activity: String, total: Int, handler: ProgressHandler?) {
        self.total = total
        self.handler = handler
        self.activity = activity
        state = Mutex(State())
    }

    /// Counts bytes of input that are done.
    func add(_ byteCount: Int) {
        guard let handler else { return }
        let now = ContinuousClock.now
        let update = state.withLock { state -> ProgressUpdate? in
            state.done += byteCount
            if let last = state.lastReport, now - last < .milliseconds(100), state.done < total { return nil }
            state.lastReport = now
            return ProgressUpdate(activity: activity, doneByteCount: state.done, totalByteCount: total)
        }
        if let update { handler(update) }
    }
}
