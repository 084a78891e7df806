import Architectures

/// Which tensors of two artifacts belong together: by name, then by the name that both conventions share.
struct DiffMatching {
    /// Places in the two lists.
    private(set) var pairs: [(first: Int, second: Int)] = []
    /// Places in the first list of what has no partner, in order.
    private(set) var onlyFirst: [Int] = []
    /// The same of the second.
    private(set) var onlySecond: [Int] = []

    private struct Key: Hashable {
        let folder: String
        let name: String
    }

    /// - Parameter family: that of the models, if it is known; it knows a tensor under several spellings.
    init(_ first: [DiffEntry], _ second: [DiffEntry], family: ModelFamily?) {
        pairs.reserveCapacity(min(first.count, second.count))
        var isTaken = [Bool](repeating: false, count: second.count)
        var places: [Key: Int]?
        for (place, entry) in first.enumerated() {
            // Mostly both lists have the same names in the same order, and need no table.
            if place < second.count, !isTaken[place], second[place].name == entry.name,
                second[place].folder == entry.folder
            {
                isTaken[place] = true
                pairs.append((place, place))
                continue
            }
            if places == nil { places = Self.places(of: second) }
            guard let other = places?[Key(folder: entry.folder, name: entry.name)], !isTaken[other] else {
                onlyFirst.append(place)
                continue
            }
            isTaken[other] = true
            pairs.append((place, other))
        }
        onlySecond = second.indices.filter { !isTaken[$0] }
        matchSpellings(first, second, family)
    }

    private static func places(of entries: [DiffEntry]) -> [Key: Int] {
        var places: [Key: Int] = [:]
        places.reserveCapacity(entries.count)
        for (place, entry) in entries.enumerated() {
            let key = Key(folder: entry.folder, name: entry.name)
            if places[key] == nil { places[key] = place }
        }
        return places
    }

    /// Pairs tensors that the family knows to be the same, such as `h.0.attn.c_attn.weight` with and without
    /// `transformer.` in front.
    private mutating func matchSpellings(_ first: [DiffEntry], _ second: [DiffEntry], _ family: ModelFamily?) {
        guard let family, !onlyFirst.isEmpty, !onlySecond.isEmpty else { return }
        func key(_ entry: DiffEntry) -> Key {
            let place = TensorPlace(name: entry.name, dimensions: entry.dimensions, family: family)
            return Key(folder: entry.folder, name: place.key)
        }
        var places: [Key: [Int]] = [:]
        for place in onlySecond { places[key(second[place]), default: []].append(place) }
        var taken: Set<Int> = []
        onlyFirst = onlyFirst.filter { place in
            guard let found = places[key(first[place])], found.count == 1, taken.insert(found[0]).inserted else {
                return true
            }
            pairs.append((place, found[0]))
            return false
        }
        onlySecond.removeAll { taken.contains($0) }
    }

    /// Moves a pair out of what has no partner.
    mutating func pair(_ found: [(first: Int, second: Int)]) {
        pairs += found
        let first = Set(found.map(\.first)), second = Set(found.map(\.second))
        onlyFirst.removeAll { first.contains($0) }
        onlySecond.removeAll { second.contains($0) }
    }
}
