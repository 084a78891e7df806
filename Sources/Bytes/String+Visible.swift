extension String {
    /// The text with every character that could move a cursor, color a screen or reverse the reading order written as an
    /// escape: `\n`, `\t`, `\u{1b}`. Names and values come from files that strangers made.
    package var withVisibleControls: String {
        // Printable ASCII, which most text is, needs no look at its characters.
        if utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return self }
        guard unicodeScalars.contains(where: \.isDisplayHazard) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.isDisplayHazard: result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// Whether what shows text acts on the character rather than drawing it: controls, line separators, direction
    /// overrides.
    package var isDisplayHazard: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
