import Synchronization

/// Threads that have nothing of their own to do, and help with the chunks of others' tensors.
package final class SpareThreads: Sendable {
    private let count: Atomic<Int>

    package init(count: Int = 0) { self.count = Atomic(count) }

    /// Adds threads that have become free.
    package func add(_ added: Int) { count.add(added, ordering: .relaxed) }

    /// Calls `body` with as many threads as are free; they are free again when it returns.
    func borrow<Value>(_ body: (Int) throws -> Value) rethrows -> Value {
        // Mostly there are none, and then there is nothing to write.
        let borrowed = count.load(ordering: .relaxed) == 0 ? 0 : count.exchange(0, ordering: .relaxed)
        defer { if borrowed > 0 { add(borrowed) } }
        return try body(borrowed)
    }
}
