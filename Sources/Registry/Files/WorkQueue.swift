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

    /// The same for much small work, of which a thread takes `count` items at a time, on all cores. The failure of the
    /// first item that fails is thrown, whichever came first.
    static func map<Item: Sendable, Result: Sendable>(
        groupsOf count: Int, _ items: [Item], _ work: @escaping @Sendable (Item) throws -> Result
    ) async throws -> [Result] {
        let groups = stride(from: 0, to: items.count, by: count).map {
            Array(items[$0..<min($0 + count, items.count)])
        }
        let results = try await map(groups, threadCount: ModelRegistry.threads(nil)) { group in
            try group.map { item in
                try Task.checkCancellation()
                return Swift.Result { try work(item) }
            }
        }
        return try results.flatMap(\.self).map { try $0.get() }
    }
}
