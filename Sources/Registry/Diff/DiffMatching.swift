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
        var spellings = Spellings(family: family)
        func key(_ entry: DiffEntry) -> Key { Key(folder: entry.folder, name: spellings.key(of: entry)) }
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

    /// The name that all spellings of a tensor have in common: asked of the family once for all names that differ in
    /// their numbers only.
    private struct Spellings {
        let family: ModelFamily
        /// The common name between its numbers, by the name with its numbers left out; nil where it has other numbers.
        private var known: [[UInt8]: [[UInt8]]?] = [:]

        private static let gap = UInt8(ascii: "*")

        init(family: ModelFamily) { self.family = family }

        mutating func key(of entry: DiffEntry) -> String {
            var pattern: [UInt8] = []
            var numbers: [Int] = []
            DiffPlaces.split(entry.name, &pattern, &numbers)
            pattern.append(UInt8(truncatingIfNeeded: entry.dimensions.count))
            // A star of a name's own looks like a number that was left out.
            if let pieces = known[pattern] ?? nil, pieces.count == numbers.count + 1 {
                return Self.joined(pieces, numbers)
            }
            let key = TensorPlace(name: entry.name, dimensions: entry.dimensions, family: family).key
            if known[pattern] == nil { known[pattern] = .some(Self.pieces(of: key, numbers, entry.name)) }
            return key
        }

        private static func pieces(of key: String, _ numbers: [Int], _ name: String) -> [[UInt8]]? {
            var pattern: [UInt8] = []
            var own: [Int] = []
            DiffPlaces.split(key, &pattern, &own)
            let pieces = pattern.split(separator: gap, omittingEmptySubsequences: false).map(Array.init)
            guard own == numbers, pieces.count == numbers.count + 1, !name.utf8.contains(gap) else { return nil }
            // A number with zeros in front is not found again.
            return joined(pieces, numbers) == key ? pieces : nil
        }

        private static func joined(_ pieces: [[UInt8]], _ numbers: [Int]) -> String {
            var text: [UInt8] = []
            for (place, piece) in pieces.enumerated() {
                if place > 0 { text += Array(String(numbers[place - 1]).utf8) }
                text += piece
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// Moves a pair out of what has no partner.
    mutating func pair(_ found: [(first: Int, second: Int)]) {
        pairs += found
        let first = Set(found.map(\.first)), second = Set(found.map(\.second))
        onlyFirst.removeAll { first.contains($0) }
        onlySecond.removeAll { second.contains($0) }
    }
}
