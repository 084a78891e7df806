extension JSONScanner {
    /// Takes exactly these characters of ASCII, white space included; takes nothing when others stand here.
    package mutating func takeIf(_ text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount <= remaining else { return false }
        let isHere = text.withUTF8Buffer { expected in
            for index in expected.indices where unsafe expected[index] != byte(at: offset + index) {
                return false
            }
            return true
        }
        if isHere { advance(by: text.utf8CodeUnitCount) }
        return isHere
    }

    /// Takes a whole number of 1 to 18 digits, the first of them no zero unless it is alone; takes nothing when
    /// something else stands here.
    package mutating func takeIfCount() -> Int? {
        var value = 0
        var length = 0
        while length < remaining, length <= 18, case let digit = byte(at: offset + length) &- UInt8(ascii: "0"),
            digit < 10
        {
            value = value &* 10 &+ Int(digit)
            length += 1
        }
        guard length > 0, length <= 18, length == 1 || byte(at: offset) != UInt8(ascii: "0") else { return nil }
        advance(by: length)
        return value
    }
}
