import Bytes
import Formats

/// What two configurations say differently, key by key.
enum ConfigDiff {
    /// Objects nested deeper are compared as wholes.
    private static let deepest = 16

    /// - Parameter commonOnly: whether keys that one side alone has are left out, as where its format has no place for
    ///   them.
    static func changes(_ first: JSONValue, _ second: JSONValue, commonOnly: Bool = false) -> [DiffReport.ValueChange] {
        var changes: [DiffReport.ValueChange] = []
        compare(first, second, key: "", depth: 0, commonOnly, &changes)
        return changes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private static func compare(
        _ first: JSONValue, _ second: JSONValue, key: String, depth: Int, _ commonOnly: Bool,
        _ changes: inout [DiffReport.ValueChange]
    ) {
        guard let one = first.objectValue, let other = second.objectValue, depth < deepest else {
            if !means(first, second) { changes.append(.init(key: key, first: first.text(), second: second.text())) }
            return
        }
        func path(_ member: String) -> String { key.isEmpty ? member : "\(key).\(member)" }
        for member in one.members {
            if let value = other[member.key] {
                // A format without the key cannot say that it is null.
                if commonOnly, member.value == .null || value == .null { continue }
                compare(member.value, value, key: path(member.key), depth: depth + 1, commonOnly, &changes)
            } else if !commonOnly {
                changes.append(.init(key: path(member.key), first: member.value.text()))
            }
        }
        guard !commonOnly else { return }
        for member in other.members where one[member.key] == nil {
            changes.append(.init(key: path(member.key), second: member.value.text()))
        }
    }

    /// Whether both say the same: numbers by their value, objects whatever the order of their keys.
    private static func means(_ first: JSONValue, _ second: JSONValue) -> Bool {
        if first == second { return true }
        switch (first, second) {
        case (.number, .number): return first.doubleValue == second.doubleValue
        case (.array(let one), .array(let other)):
            return one.count == other.count && zip(one, other).allSatisfy { means($0, $1) }
        case (.object(let one), .object(let other)):
            return one.members.count == other.members.count
                && one.members.allSatisfy { member in other[member.key].map { means(member.value, $0) } == true }
        default: return false
        }
    }

    /// What two GGUF files say differently of the model, but for the tokenizer.
    static func changes(_ first: GGUFMetadata, _ second: GGUFMetadata) -> [DiffReport.ValueChange] {
        let (one, other) = (values(first), values(second))
        let keys = Set(one.keys).union(other.keys).filter { !$0.hasPrefix("tokenizer.") && one[$0] != other[$0] }
        return Array(keys).sorted(byBytesOf: \.self).map { key in
            .init(key: key, first: one[key]?.shownText, second: other[key]?.shownText)
        }
    }

    private static func values(_ metadata: GGUFMetadata) -> [String: GGUFValue] {
        Dictionary(metadata.entries.map { ($0.key, $0.value) }) { first, _ in first }
    }
}
