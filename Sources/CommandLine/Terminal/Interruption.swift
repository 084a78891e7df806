import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The user, or the system, asked a long act to stop; it did, and left nothing half-done.
struct Interrupted: Error {
    /// `SIGINT` or `SIGTERM`.
    var signal: Int32
    /// What to tell the user.
    var message = "interrupted; nothing was changed"

    /// What shells expect of a process that a signal ended: 130 for `SIGINT`.
    var exitCode: Int32 { 128 + signal }
}

/// Runs long acts so that Ctrl-C stops them in good order.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM]

    /// Runs `work`; the first `SIGINT` or `SIGTERM` cancels its task, a second one ends the process at once.
    /// - Throws: `Interrupted` when `work` ended by cancellation.
    static func cancelling<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let received = Mutex<Int32?>(nil)
        let task = Task(operation: work)
        return try await withoutDefaultSignals(
            { number in
                let isSecond = received.withLock { first in
                    defer { first = first ?? number }
                    return first != nil
                }
                if isSecond { _exit(128 + number) }
                task.cancel()
            },
            during: {
                do {
                    return try await task.value
                } catch is CancellationError {
                    throw Interrupted(signal: received.withLock { $0 } ?? SIGINT)
                }
            })
    }

    private static func withoutDefaultSignals<Value: Sendable>(
        _ handler: @escaping @Sendable (Int32) -> Void, during work: () async throws -> Value
    ) async throws -> Value {
        let queue = DispatchQueue(label: "ingot.signals")
        let sources = signals.map { number in
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { handler(number) }
            source.activate()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            for number in signals { _ = signal(number, SIG_DFL) }
        }
        return try await work()
    }
}
