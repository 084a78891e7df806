import Bytes

/// The names of a table's tensors seen so far, equal when their bytes are, or differ only in how Unicode composes them.
///
/// A table may have 100,000 names: they are compared by seeded hashes, so that nobody can choose names that collide.
struct GGUFNameSet {
    /// Of each slot the name's place in the table plus 1; 0 for an empty one.
    private var slots: [UInt32]
    private var hashes: [Int] = []
    /// Names beyond ASCII, compared as Swift compares them.
    private var composed: Set<String> = []

    /// - Parameter count: how many names will come at most.
    init(count: Int) {
        var slotCount = 16
        while slotCount < 2 * count { slotCount *= 2 }
        slots = [UInt32](repeating: 0, count: slotCount)
        hashes.reserveCapacity(count)
    }

    /// Whether `name` was not there yet; it is afterwards.
    /// - Parameter earlier: the name at a place of the table.
    mutating func insert(_ name: String, isASCII: Bool, earlier: (Int) -> String) -> Bool {
        if !isASCII { return composed.insert(name).inserted && insert(name, earlier) }
        return insert(name, earlier)
    }

    private mutating func insert(_ name: String, _ earlier: (Int) -> String) -> Bool {
        var hasher = Hasher()
        // The closure reads only inside the span it was given.
        unsafe name.utf8Span.span.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        let hash = hasher.finalize()
        var slot = hash & (slots.count - 1)
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if hashes[place] == hash, earlier(place) == name { return false }
            slot = (slot + 1) & (slots.count - 1)
        }
        hashes.append(hash)
        slots[slot] = UInt32(hashes.count)
        return true
    }
}
