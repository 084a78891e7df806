/// How much room a text takes, guessed: a drawing is made without the fonts that it will be shown in.
enum TextExtent {
    private static let narrow = Set("iljtfrI.,:;'|!()[]{} /\\")
    private static let wide = Set("mwMW@%&")

    /// How much more room bold letters of a wide font take.
    static let bold = 1.1

    /// The width of `text` in units of the drawing, as in DejaVu Sans: the widest of the fonts that charts ask for.
    static func width(_ text: String, fontSize: Double) -> Double {
        text.unicodeScalars.reduce(0) { $0 + share($1) } * fontSize
    }

    /// `text` cut to `width`, with an ellipsis in its middle: names of runs differ at both ends.
    static func fitted(_ text: String, in width: Double, fontSize: Double) -> String {
        guard self.width(text, fontSize: fontSize) > width else { return text }
        let letters = Array(text.prefix(400))
        var kept = letters.count
        while kept > 2 {
            kept -= 1
            let head = letters.prefix((kept + 1) / 2)
            let tail = letters.suffix(kept / 2)
            let cut = String(head) + "…" + String(tail)
            if self.width(cut, fontSize: fontSize) <= width { return cut }
        }
        return "…"
    }

    private static func share(_ scalar: Unicode.Scalar) -> Double {
        let character = Character(scalar)
        if narrow.contains(character) { return 0.37 }
        if wide.contains(character) { return 0.95 }
        switch scalar.value {
        case 0x30...0x39: return 0.64
        case 0x41...0x5A: return 0.7
        case 0x2E80...0xFFDC, 0x1_F000...0x3_FFFF: return 1.05
        default: return 0.61
        }
    }
}
