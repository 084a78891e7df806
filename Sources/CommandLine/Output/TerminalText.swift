import Bytes

/// Text as a terminal shows it: made harmless, measured in cells, padded and cut.
enum TerminalText {
    /// `text` with every character that could move the cursor, color the screen or reverse the reading order written as
    /// an escape: `\n`, `\t`, `\u{1b}`. Names and values come from files that strangers made.
    static func escaped(_ text: String) -> String { text.withVisibleControls }

    /// Whether a terminal acts on `scalar` rather than showing it: controls, line separators, direction overrides.
    static func isHazard(_ scalar: Unicode.Scalar) -> Bool { scalar.isDisplayHazard }

    /// How many cells a terminal gives `text`, which holds no control characters.
    static func cellCount(_ text: String) -> Int {
        var count = 0
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        for character in text { count += cellCount(character) }
        return count
    }

    /// `text`, cut to at most `cellLimit` cells; the last one is `…` when something was cut.
    static func fitted(_ text: String, in cellLimit: Int) -> String {
        guard cellCount(text) > cellLimit else { return text }
        guard cellLimit > 0 else { return "" }
        var result = ""
        var count = 0
        for character in text {
            count += cellCount(character)
            guard count < cellLimit else { break }
            result.append(character)
        }
        return result + "…"
    }

    /// `text` with spaces up to `cellWidth` cells.
    static func padded(_ text: String, to cellWidth: Int, _ alignment: Alignment = .left) -> String {
        let spaces = String(repeating: " ", count: max(0, cellWidth - cellCount(text)))
        return alignment == .left ? text + spaces : spaces + text
    }

    /// The side on which a column's texts meet.
    enum Alignment { case left, right }

    private static func cellCount(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return 0 }
        // U+FE0F asks for the picture form of what stands before it.
        if scalars.contains(where: { $0.value == 0xFE0F || $0.properties.isEmojiPresentation || isWide($0) }) {
            return 2
        }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return 1
        }
    }

    /// East Asian Width W and F (Unicode, UAX #11), joined into coarse ranges.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
