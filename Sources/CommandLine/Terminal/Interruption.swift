import Dispatch

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
    /// Runs `work`; the first `SIGINT` or `SIGTERM` cancels its task, a second one ends the process at once.
    /// - Throws: `Interrupted` when `work` ended by cancellation.
    static func cancelling<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let signals = try SignalCatch()
        defer { signals.end() }
        let task = Task(operation: work)
        let watch = DispatchSource.makeReadSource(fileDescriptor: signals.wakeUp)
        watch.setEventHandler {
            signals.takeWakeUp()
            task.cancel()
        }
        watch.setCancelHandler { signals.close() }
        watch.activate()
        defer { watch.cancel() }
        do {
            return try await task.value
        } catch is CancellationError {
            throw Interrupted(signal: signals.first ?? SIGINT)
        }
    }
}
