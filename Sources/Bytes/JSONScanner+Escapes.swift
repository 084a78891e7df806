extension JSONScanner {
    /// The text of a string's bytes between its quotes.
    func unescape(_ range: Range<Int>) throws(FormatError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var place = range.lowerBound
        while place < range.upperBound {
            let next = byte(at: place)
            place += 1
            guard next == UInt8(ascii: "\\") else {
                text.append(next)
                continue
            }
            let escape = byte(at: place)  // inside: the string's end was found behind the escape
            place += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                let scalar = try takeEscapedScalar(&place, before: range.upperBound)
                text.append(contentsOf: Array(String(scalar).utf8))
            default: throw fault("unknown escape", at: place - 1)
            }
        }
        guard let text = String(validating: text, as: UTF8.self) else {
            throw fault("not UTF-8", at: range.lowerBound)
        }
        return text
    }

    /// Four hexadecimal digits, or two such escapes that form a surrogate pair.
    private func takeEscapedScalar(_ place: inout Int, before end: Int) throws(FormatError) -> UnicodeScalar {
        let first = try takeHex(&place, before: end)
        if let scalar = UnicodeScalar(first) { return scalar }
        guard first < 0xDC00, place + 2 <= end, byte(at: place) == UInt8(ascii: "\\"),
            byte(at: place + 1) == UInt8(ascii: "u")
        else { throw fault("a lone surrogate", at: place) }
        place += 2
        let second = try takeHex(&place, before: end)
        guard (0xDC00..<0xE000).contains(second),
            let scalar = UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fault("a lone surrogate", at: place) }
        return scalar
    }

    private func takeHex(_ place: inout Int, before end: Int) throws(FormatError) -> UInt32 {
        guard place + 4 <= end else { throw fault("a short escape", at: place) }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(byte(at: place))).hexDigitValue else {
                throw fault("expected a hexadecimal digit", at: place)
            }
            value = value << 4 | UInt32(digit)
            place += 1
        }
        return value
    }
}
