import Transforms

/// Runs work on several threads and gives the results in the order of the items.
///
/// At most `threadCount` items are in work at once, so memory is that of so many items. The first failure cancels the
/// rest.
enum WorkQueue {
    /// - Parameter spare: learns of each thread for which no item is left; it may help with the others'.
    static func map<Item: Sendable, Result: Sendable>(
        _ items: [Item], threadCount: Int, spare: SpareThreads? = nil,
        _ work: @escaping @Sendable (Item) throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results = [Result?](repeating: nil, count: items.count)
            var next = 0
            func start() {
                guard next < items.count else { return spare?.add(1) ?? () }
                let index = next
                next += 1
                group.addTask { (index, try work(items[index])) }
            }
            for _ in 0..<max(1, threadCount) { start() }
            while let (index, result) = try await group.next() {
                results[index] = result
                start()
            }
            return results.compactMap(\.self)
        }
    }
}
