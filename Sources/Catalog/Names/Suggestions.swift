/// Finds what someone probably meant among what exists.
enum Suggestions {
    /// Longer words than this are not compared: the time grows with the product of the lengths.
    private static let longestWord = 256

    /// The candidates nearest to `word`, nearest first: at most `limit`, each within a third of its letters; else those
    /// that begin with it.
    static func nearest(to word: String, among candidates: some Sequence<String>, limit: Int = 3) -> [String] {
        let wanted = Array(word.lowercased().utf8)
        guard wanted.count <= longestWord else { return [] }
        var found: [(distance: Int, text: String)] = []
        for candidate in Set(candidates) {
            let letters = Array(candidate.lowercased().utf8)
            let bound = max(2, max(wanted.count, letters.count) / 3)
            guard letters.count <= longestWord, abs(letters.count - wanted.count) <= bound else { continue }
            let distance = editDistance(wanted, letters)
            if distance <= bound, distance < wanted.count { found.append((distance, candidate)) }
        }
        if found.isEmpty, wanted.count > 2 {
            return Array(Set(candidates).filter { $0.lowercased().utf8.starts(with: wanted) }.sorted().prefix(limit))
        }
        return found.sorted { ($0.distance, $0.text) < ($1.distance, $1.text) }.prefix(limit).map(\.text)
    }

    /// A remedy such as `Perhaps 'a' or 'b' is meant`; nil when nothing is near.
    static func remedy(for word: String, among candidates: some Sequence<String>) -> String? {
        let words = nearest(to: word, among: candidates).map { "'\($0)'" }
        return words.isEmpty ? nil : "Perhaps \(words.joined(separator: " or ")) is meant"
    }

    /// The fewest insertions, deletions, replacements and swaps of neighbors that turn one word into the other.
    static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                var best = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, beforeLast[column - 2] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
