/// The escapes of the text lines of protocol 0.
enum PickleText {
    /// The bytes of a quoted Python 2 string (`'a\x62'`), as `codecs.escape_decode` gives them; nil without quotes.
    static func unquoted(_ line: [UInt8]) -> [UInt8]? {
        guard line.count >= 2, let quote = line.first, quote == line.last,
            quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        else { return nil }
        var rest = line[1..<(line.count - 1)]
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let letter = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch letter {
            case UInt8(ascii: "x"):
                guard let value = number(&rest, digits: 2, radix: 16, least: 2) else { return nil }
                bytes.append(UInt8(truncatingIfNeeded: value))
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                rest = line[(rest.startIndex - 1)..<rest.endIndex]
                bytes.append(UInt8(truncatingIfNeeded: number(&rest, digits: 3, radix: 8, least: 1) ?? 0))
            default: bytes += simple[letter] ?? [UInt8(ascii: "\\"), letter]
            }
        }
        return bytes
    }

    /// A line in Python's `raw-unicode-escape`: Latin-1 with `\uXXXX` and `\UXXXXXXXX`; nil when an escape is cut or
    /// names no character.
    static func unescaped(_ line: [UInt8]) -> String? {
        var rest = line[...]
        var units: [UInt16] = []
        while let byte = rest.popFirst() {
            let digits = byte == UInt8(ascii: "\\") ? escapes[rest.first ?? 0] : nil
            guard let digits else {
                units.append(UInt16(byte))
                continue
            }
            rest.removeFirst()
            guard let value = number(&rest, digits: digits, radix: 16, least: digits), value <= 0x10FFFF else {
                return nil
            }
            if value < 0x10000 {
                units.append(UInt16(value))
            } else {
                units += [UInt16(0xD800 + (value - 0x10000) >> 10), UInt16(0xDC00 + (value - 0x10000) & 0x3FF)]
            }
        }
        return String(validating: units, as: UTF16.self)
    }

    private static let escapes: [UInt8: Int] = [UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8]
    private static let simple: [UInt8: [UInt8]] = [
        UInt8(ascii: "\\"): [0x5C], UInt8(ascii: "'"): [0x27], UInt8(ascii: "\""): [0x22], UInt8(ascii: "a"): [7],
        UInt8(ascii: "b"): [8], UInt8(ascii: "f"): [12], UInt8(ascii: "n"): [10], UInt8(ascii: "r"): [13],
        UInt8(ascii: "t"): [9], UInt8(ascii: "v"): [11], UInt8(ascii: "\n"): [],
    ]

    private static func number(
        _ rest: inout ArraySlice<UInt8>, digits: Int, radix: Int, least: Int
    ) -> Int? {
        var value = 0
        var count = 0
        while count < digits, let byte = rest.first,
            let digit = Character(UnicodeScalar(byte)).hexDigitValue, digit < radix
        {
            value = value * radix + digit
            count += 1
            rest.removeFirst()
        }
        return count >= least ? value : nil
    }
}
