extension GGUFValue {
    /// Arrays with more elements than this are shown by their count.
    private static let mostShownElements = 8
    /// Strings with more bytes than this are cut.
    private static let longestShownString = 32 << 10

    /// The value for people: a string as it is, a short array in brackets, of a long one the count and what it holds.
    package var shownText: String {
        switch self {
        case .string(let string): Self.cut(string)
        default: elementText(depth: 0)
        }
    }

    private func elementText(depth: Int) -> String {
        switch self {
        case .float32(let value): "\(value)"
        case .float64(let value): "\(value)"
        case .uint64(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .string(let string): PlainName.quoted(Self.cut(string))
        case .array(let array):
            array.count > Self.mostShownElements || depth > 1
                ? "[\(Self.grouped(array.count)) \(array.elementType.plural)]"
                : "[" + array.values.map { $0.elementText(depth: depth + 1) }.joined(separator: ", ") + "]"
        default: integer.map(String.init) ?? ""
        }
    }

    private static func cut(_ string: GGUFString) -> String {
        guard string.bytes.count > longestShownString else { return string.text }
        let start = String(decoding: string.bytes.prefix(longestShownString), as: UTF8.self)
        return start + "… (\(grouped(string.bytes.count)) bytes)"
    }

    /// `151,936`
    private static func grouped(_ count: Int) -> String {
        var groups: [Substring] = []
        var digits = Substring(String(count))
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }
}
