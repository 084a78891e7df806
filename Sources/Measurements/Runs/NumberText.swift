/// Numbers as logs write them, read where they lie.
package enum NumberText {
    /// Powers of ten that a Double holds exactly.
    private static let powers: [Double] = (0...22).map { exponent in
        (0..<exponent).reduce(1.0) { power, _ in power * 10 }
    }
    private static let words: [(text: [UInt8], value: Double)] = [
        ("nan", .nan), ("-nan", .nan), ("inf", .infinity), ("+inf", .infinity), ("-inf", -.infinity),
        ("infinity", .infinity), ("+infinity", .infinity), ("-infinity", -.infinity),
    ].map { (Array($0.0.utf8), $0.1) }
    private static let longest = 400

    /// Whether the UTF-8 form of `text`, which is not empty, occurs in `bytes`.
    static func contains(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        let wanted = Array(text.description.utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return false }
        return (0...bytes.count - wanted.count).contains { start in
            bytes[start] == first && wanted.indices.allSatisfy { bytes[start + $0] == wanted[$0] }
        }
    }

    /// The number that the bytes from `start` to `end` are, correctly rounded; `nan`, `inf` and `infinity` in any case
    /// count. Nil for anything else.
    static func number(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Double? {
        guard start < end, end - start <= longest else { return nil }
        var place = start
        let isNegative = bytes[place] == UInt8(ascii: "-")
        if isNegative || bytes[place] == UInt8(ascii: "+") { place += 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        let whole = takeDigits(bytes, &place, end, &mantissa, &digits)
        var fraction = 0
        if place < end, bytes[place] == UInt8(ascii: ".") {
            place += 1
            fraction = takeDigits(bytes, &place, end, &mantissa, &digits)
            exponent = -fraction
        }
        guard whole + fraction > 0 else { return word(bytes, start, end) }
        if place < end, bytes[place] | 0x20 == UInt8(ascii: "e") {
            place += 1
            let isBelow = place < end && bytes[place] == UInt8(ascii: "-")
            if place < end, isBelow || bytes[place] == UInt8(ascii: "+") { place += 1 }
            var power: UInt64 = 0
            var powerDigits = 0
            guard takeDigits(bytes, &place, end, &power, &powerDigits) > 0, powerDigits <= 6 else { return nil }
            exponent += isBelow ? -Int(power) : Int(power)
        }
        guard place == end else { return nil }
        // Both factors are exact, so one rounding is all: Clinger, "How to read floating point numbers accurately".
        guard digits <= 19, mantissa <= 1 << 53, abs(exponent) <= 22 else {
            return Double(text(bytes, start, end))
        }
        let magnitude = exponent < 0 ? Double(mantissa) / powers[-exponent] : Double(mantissa) * powers[exponent]
        return isNegative ? -magnitude : magnitude
    }

    /// The number that `text` is; nil when it is none.
    package static func number(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        return number(bytes.span, 0, bytes.count)
    }

    /// The text of the bytes from `start` to `end`.
    static func text(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
        String(decoding: (start..<end).map { bytes[$0] }, as: UTF8.self)
    }

    /// How many digits follow; their value is added to `mantissa`, leading zeros are not counted in `digits`.
    private static func takeDigits(
        _ bytes: Span<UInt8>, _ place: inout Int, _ end: Int, _ mantissa: inout UInt64, _ digits: inout Int
    ) -> Int {
        let start = place
        while place < end {
            let digit = bytes[place] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            if mantissa > 0 || digits > 0 { digits += 1 }
            place += 1
        }
        return place - start
    }

    private static func word(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Double? {
        words.first { word in
            word.text.count == end - start
                && word.text.indices.allSatisfy { index in
                    let byte = bytes[start + index]
                    return word.text[index] == (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
                }
        }?.value
    }
}
