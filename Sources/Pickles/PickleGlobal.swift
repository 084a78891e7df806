/// A name that a pickle wants imported from a Python module: a class or a function. Here it is a name and no more.
package struct PickleGlobal: Hashable, Sendable {
    package let module: String
    package let name: String

    package init(module: String, name: String) {
        self.module = module
        self.name = name
    }
}

extension PickleGlobal: CustomStringConvertible {
    /// `torch._utils._rebuild_tensor_v2`
    package var description: String { "\(module).\(name)" }
}

/// The different globals of a pickle, in the order in which they come, each with its first place.
struct PickleGlobalTable {
    /// One global and where it was met first.
    struct Entry {
        let global: PickleGlobal
        let place: Int
        var count = 1
    }

    /// More different globals than this are refused; checkpoints have some dozen.
    static let mostGlobals = 10_000

    private(set) var entries: [Entry] = []
    private var places: [PickleGlobal: Int] = [:]
    /// The bytes of all names.
    private(set) var nameByteCount = 0

    /// Notes a global; nil when there are too many.
    mutating func note(_ global: PickleGlobal, at place: Int) -> Int? {
        if let index = places[global] {
            entries[index].count += 1
            return index
        }
        guard entries.count < Self.mostGlobals else { return nil }
        entries.append(Entry(global: global, place: place))
        places[global] = entries.count - 1
        nameByteCount += 2 * (global.module.utf8.count + global.name.utf8.count) + 128
        return entries.count - 1
    }
}
