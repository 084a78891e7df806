import Bytes

/// Things that are found by a full id or by a shorter name.
struct NameTable<Value: Sendable>: Sendable {
    struct Entry: Sendable {
        /// The full id, which begins with the family's name.
        let id: String
        let family: TensorScheme.Family
        /// Further full names, which leave out what is usual.
        let aliases: [String]
        let value: Value

        init(_ id: String, _ family: TensorScheme.Family, aliases: [String] = [], _ value: Value) {
            self.id = id
            self.family = family
            self.aliases = aliases
            self.value = value
        }

        /// The names without their family, but for those that are numbers only and say nothing alone (`4-g128`), and
        /// for dtypes, which are casts (`bf16`). Of the family whose ids have no second word in front, it is the
        /// family's own name.
        var shortNames: [String] {
            family == .fp8
                ? [family.rawValue]
                : ([id] + aliases).compactMap { name in
                    let prefix = family.rawValue + "-"
                    let short = name.dropFirst(prefix.count)
                    guard name.hasPrefix(prefix), short.first?.isNumber == false else { return nil }
                    return CastSettings.dtype(named: String(short)) == nil ? String(short) : nil
                }
        }

        func isCalled(_ name: String) -> Bool { id == name || aliases.contains(name) }
    }

    /// What the entries are called in messages: `scheme`.
    let subject: String
    let entries: [Entry]

    /// Finds what a name means: a full id first, then a full name without what is usual, then a name without family.
    /// - Parameter family: the only family that comes into question; nil for all.
    /// - Throws: `FormatError` that lists the candidates of an ambiguous name, and the nearest of an unknown one.
    func entry(named name: String, in family: TensorScheme.Family? = nil) throws(FormatError) -> Entry {
        let wanted = name.lowercased()
        let entries = family.map { family in self.entries.filter { $0.family == family } } ?? self.entries
        if let entry = entries.first(where: { $0.id == wanted }) { return entry }
        if let entry = entries.first(where: { $0.aliases.contains(wanted) }) { return entry }
        let candidates = entries.filter { $0.shortNames.contains(wanted) }
        if candidates.count == 1 { return candidates[0] }
        let quoted = "'\(name.shortened)'"
        guard candidates.isEmpty else {
            throw FormatError(
                .refused, "the \(subject) \(quoted) is ambiguous",
                remedy: "Say which: \(candidates.map(\.id).joined(separator: ", "))")
        }
        if let family, let other = self.entries.first(where: { $0.isCalled(wanted) || $0.shortNames.contains(wanted) })
        {
            throw FormatError(
                .refused, "\(quoted) is \(other.id), which does not belong to \(family.rawValue)",
                remedy: "Choose one of the family \(family.rawValue), such as \(entries.first?.id ?? family.rawValue)")
        }
        throw FormatError(
            .unsupported, "there is no \(subject) \(quoted)",
            remedy: "Did you mean \(Self.nearest(wanted, among: entries))? 'ingot recipe ls --schemes' lists all")
    }

    /// Whether the name is known, alone or as one of several.
    func knows(_ name: String) -> Bool {
        entries.contains { $0.isCalled(name.lowercased()) || $0.shortNames.contains(name.lowercased()) }
    }

    /// The first short name of the entry that nothing else is called by; the id when there is none.
    func shortName(of id: String) -> String {
        guard let entry = entries.first(where: { $0.id == id }), let short = entry.shortNames.first,
            !entries.contains(where: { $0.id != id && ($0.isCalled(short) || $0.shortNames.contains(short)) })
        else { return id }
        return short
    }

    /// The ids whose names are nearest: those that begin so, then those of the family that is named, then the others;
    /// among each the ones that differ least.
    private static func nearest(_ name: String, among entries: [Entry]) -> String {
        let ranks = entries.map { entry in
            let names = [entry.id] + entry.aliases + entry.shortNames
            let begins = !name.isEmpty && names.contains { $0.hasPrefix(name) }
            let isFamily = name.hasPrefix(entry.family.rawValue)
            let distance = names.map { EditDistance.between(name, $0) }.min() ?? Int.max
            return (group: begins ? 0 : isFamily ? 1 : 2, distance: distance, id: entry.id)
        }
        let nearest = ranks.sorted {
            ($0.group, $0.distance, $0.id.count, $0.id) < ($1.group, $1.distance, $1.id.count, $1.id)
        }
        return nearest.prefix(3).map(\.id).joined(separator: ", ")
    }
}

/// How many letters two words differ by.
enum EditDistance {
    /// The least number of letters to insert, remove or replace (Levenshtein); of long words only the beginnings count.
    static func between(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8.prefix(64))
        let right = Array(right.utf8.prefix(64))
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
