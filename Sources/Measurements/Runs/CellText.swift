/// Cells of a table that are no numbers as programs write them: what they stand for.
enum CellText {
    private static let missing: Set = [
        "na", "n/a", "#n/a", "n.a.", "<na>", "nat", "none", "null", "nil", "missing", "undefined", "-", "--", "?", ".",
    ]

    /// Whether a cell says that there is no value, as Keras (`NA`), pandas and R do.
    static func isMissing(_ text: String) -> Bool { missing.contains(text.lowercased()) }

    /// Whether a cell is a number in a notation of people: with a decimal comma, with separators between thousands, in
    /// percent, or with a minus sign that is no hyphen: `2,5`, `1,234.5`, `1 234`, `12.5%`.
    static func isLocalNumber(_ text: String) -> Bool {
        guard text.utf8.count <= longest else { return false }
        var rest = Substring(text)
        if let sign = rest.first, "+-\u{2212}".contains(sign) { rest.removeFirst() }
        if rest.hasSuffix("%") {
            rest.removeLast()
            while rest.last?.isWhitespace == true { rest.removeLast() }
        }
        if let exponent = rest.lastIndex(where: { "eE".contains($0) }) {
            guard NumberText.number("1" + rest[exponent...]) != nil else { return false }
            rest = rest[..<exponent]
        }
        let separators = rest.filter { !isDigit($0) }
        guard rest.contains(where: isDigit), separators.allSatisfy(Self.separators.contains) else { return false }
        let parts = rest.split(omittingEmptySubsequences: false) { !isDigit($0) }
        return isGrouped(parts[...], separators[...])
            || (separators.last == "," || separators.last == ".")
                && isGrouped(parts.dropLast(), separators.dropLast()) && separators.dropLast().last != separators.last
    }

    private static let longest = 60
    private static let separators = ".,'_\u{2019} \u{A0}\u{202F}"

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    /// Whether digits stand in groups of three behind the first, with the same separator between all.
    private static func isGrouped(_ parts: ArraySlice<Substring>, _ separators: Substring) -> Bool {
        guard parts.count > 1 else { return true }
        return (1...3).contains(parts.first?.count ?? 0) && parts.dropFirst().allSatisfy { $0.count == 3 }
            && separators.allSatisfy { $0 == separators.first }
    }
}
