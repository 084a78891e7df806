import Bytes
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The first signal that was caught, or 0. A signal handler reaches nothing but what is global.
private let firstSignal = Atomic<Int32>(0)
/// Where the handler writes a byte, so that a thread that waits there wakes up.
private let wakeUpWriter = Atomic<Int32>(-1)

/// Catches `SIGINT` and `SIGTERM` instead of dying of them: the first becomes readable at `wakeUp`, a second ends the
/// process at once. One at a time.
///
/// A dispatch source for signals would miss one that comes before it is registered, which happens later and elsewhere.
struct SignalCatch: Sendable {
    /// A descriptor that becomes readable with the first signal.
    let wakeUp: Int32
    private let writer: Int32

    private static let signals = [SIGINT, SIGTERM]

    /// - Throws: `FileError` when the system has no descriptors left.
    init() throws(FileError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw FileError("open", "a pipe for signals", number: errno) }
        wakeUp = ends[0]
        writer = ends[1]
        // Also makes both globals before the handler can need them.
        firstSignal.store(0, ordering: .sequentiallyConsistent)
        wakeUpWriter.store(writer, ordering: .sequentiallyConsistent)
        for number in Self.signals { _ = signal(number, Self.handle) }
    }

    /// The first signal that came.
    var first: Int32? {
        let number = firstSignal.load(ordering: .sequentiallyConsistent)
        return number == 0 ? nil : number
    }

    /// Signals end the process again, as if nobody had caught them.
    func end() {
        for number in Self.signals { _ = signal(number, SIG_DFL) }
        wakeUpWriter.store(-1, ordering: .sequentiallyConsistent)
    }

    /// Makes `wakeUp` unreadable again.
    func takeWakeUp() {
        var byte: UInt8 = 0
        _ = unsafe read(wakeUp, &byte, 1)
    }

    /// Closes the descriptors, when nobody waits at them any more.
    func close() {
        Self.close(writer)
        Self.close(wakeUp)
    }

    private static func close(_ descriptor: Int32) {
        #if canImport(Glibc)
            Glibc.close(descriptor)
        #else
            Darwin.close(descriptor)
        #endif
    }

    /// Does only what a signal handler may: atomics, `write`, `_exit`.
    private static let handle: @convention(c) (Int32) -> Void = { number in
        let cause = errno
        let exchange = firstSignal.compareExchange(
            expected: 0, desired: number, ordering: .sequentiallyConsistent)
        guard exchange.exchanged else { _exit(128 + number) }
        var byte: UInt8 = 1
        // Nothing can be done here about a pipe that is gone: the act has ended.
        _ = unsafe write(wakeUpWriter.load(ordering: .sequentiallyConsistent), &byte, 1)
        errno = cause
    }
}
