import Synchronization

/// A kind of call by which the library asks the operating system to do something with a file or folder.
package enum SystemCall: String, CaseIterable, Sendable {
    case open, create, read, write, protect, sync, close, status, list, makeFolder, syncFolder, rename, link, unlink
    case lock, resolve, space
    /// SQLite's: the catalog is about to make a transaction durable.
    case commit
}

/// Where tests stand between the library and the operating system: they see each call before it is made, and say
/// whether it shall fail.
///
/// A watch is seen by the task that sets it and by that task's children, so tests beside it go on undisturbed. While
/// nobody watches, a call costs one relaxed load more.
package enum CallSeam {
    /// One call that is about to be made.
    package struct Event: Equatable, Sendable {
        package let call: SystemCall
        package let path: String
        /// The new name of a rename or link.
        package let target: String?
    }

    /// What shall become of a call.
    package enum Verdict: Equatable, Sendable {
        case pass
        /// It is not made; the caller gets this error number.
        case fail(Int32)
        /// Of a read or write, only the first half of its bytes are done; other calls pass.
        case short
    }

    @TaskLocal private static var watch: (@Sendable (Event) -> Verdict)?
    private static let watchCount = Atomic<Int>(0)

    /// Runs `body` with `watch` before each system call.
    package static func watching<Value>(
        _ watch: @escaping @Sendable (Event) -> Verdict, _ body: () async throws -> Value
    ) async rethrows -> Value {
        watchCount.add(1, ordering: .sequentiallyConsistent)
        defer { watchCount.subtract(1, ordering: .sequentiallyConsistent) }
        return try await $watch.withValue(watch) { try await body() }
    }

    /// What shall become of a call; `pass` when nobody watches.
    @inline(__always)
    package static func verdict(
        _ call: SystemCall, _ path: @autoclosure () -> String, to target: @autoclosure () -> String? = nil
    ) -> Verdict {
        guard watchCount.load(ordering: .relaxed) > 0, let watch else { return .pass }
        return watch(Event(call: call, path: path(), target: target()))
    }
}
