/// What SQLite's callbacks know while a query runs: when it must stop, and why it was refused.
///
/// Only the thread that runs the query uses it: SQLite calls back on that thread.
final class DoorWatch {
    enum Stop { case timeLimit, cancelled }

    /// Why the authorizer refused, if it did.
    var refusal: String?
    /// Why the query was stopped, if it was.
    private(set) var stop: Stop?

    private let timeLimit: Duration
    private let isCancelled: @Sendable () -> Bool
    private var spent: Duration = .zero
    private var began: ContinuousClock.Instant?

    init(timeLimit: Duration, isCancelled: @escaping @Sendable () -> Bool) {
        self.timeLimit = timeLimit
        self.isCancelled = isCancelled
    }

    /// Runs a step of the query on the clock. The time that its reader takes between steps does not count.
    func timing<Value>(_ step: () throws -> Value) rethrows -> Value {
        let start = ContinuousClock.now
        began = start
        defer {
            spent += ContinuousClock.now - start
            began = nil
        }
        return try step()
    }

    /// Whether the query must stop now.
    func mustStop() -> Bool {
        if isCancelled() { stop = .cancelled }
        if let began, spent + (ContinuousClock.now - began) > timeLimit { stop = stop ?? .timeLimit }
        return stop != nil
    }
}
