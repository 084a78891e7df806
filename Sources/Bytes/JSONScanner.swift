/// A strict reader of JSON text (RFC 8259) that keeps its offset: one cursor, no copy of the document, a cap on depth.
///
/// Refuses what the standard refuses, and duplicate keys of an object besides, because readers disagree about them.
package struct JSONScanner: Sendable {
    private let bytes: [UInt8]
    /// The next byte to read, from the document's start.
    package private(set) var offset = 0
    private let baseOffset: Int
    private var depth = 0

    /// Deeper nesting than this is refused; configuration files nest fewer than ten levels.
    static let greatestDepth = 64

    /// - Parameters:
    ///   - bytes: the whole document, UTF-8 (checked as strings are read).
    ///   - baseOffset: where the document starts in its file, for messages.
    package init(_ bytes: [UInt8], baseOffset: Int = 0) {
        self.bytes = bytes
        self.baseOffset = baseOffset
    }

    /// The next byte that is not white space, without taking it; nil at the end.
    package mutating func peek() -> UInt8? {
        while offset < bytes.count {
            let byte = byte(at: offset)
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            offset += 1
        }
        return nil
    }

    /// Takes `expected` after white space.
    package mutating func take(_ expected: UInt8) throws(FormatError) {
        guard peek() == expected else { throw unexpected("expected '\(Character(UnicodeScalar(expected)))'") }
        offset += 1
    }

    /// Takes an object, calling `member` with each key; `member` must take the value.
    package mutating func takeObject(
        _ member: (inout JSONScanner, String, Int) throws(FormatError) -> Void
    ) throws(FormatError) {
        try enter(UInt8(ascii: "{"))
        var keys: Set<String> = []
        if peek() != UInt8(ascii: "}") {
            while true {
                guard peek() == UInt8(ascii: "\"") else { throw unexpected("expected a key") }
                let place = offset
                let key = try takeString()
                guard keys.insert(key).inserted else {
                    throw fault("the key '\(key)' appears twice", at: place)
                }
                try take(UInt8(ascii: ":"))
                try member(&self, key, place + baseOffset)
                guard peek() == UInt8(ascii: ",") else { break }
                offset += 1
            }
        }
        try leave(UInt8(ascii: "}"))
    }

    /// Takes an array, calling `element` at the start of each element; `element` must take it.
    package mutating func takeArray(
        _ element: (inout JSONScanner) throws(FormatError) -> Void
    ) throws(FormatError) {
        try enter(UInt8(ascii: "["))
        if peek() != UInt8(ascii: "]") {
            while true {
                try element(&self)
                guard peek() == UInt8(ascii: ",") else { break }
                offset += 1
            }
        }
        try leave(UInt8(ascii: "]"))
    }

    /// Takes a string.
    package mutating func takeString() throws(FormatError) -> String {
        try take(UInt8(ascii: "\""))
        let start = offset
        var isPlain = true
        while true {
            guard offset < bytes.count else { throw unexpected("the string is not closed") }
            switch byte(at: offset) {
            case UInt8(ascii: "\""):
                let text = isPlain ? try decode(start..<offset) : try unescape(start..<offset)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                isPlain = false
                offset += 2
            case 0..<0x20: throw unexpected("a control character stands in a string")
            default: offset += 1
            }
        }
    }

    /// Takes a number and gives its literal text.
    package mutating func takeNumber() throws(FormatError) -> String {
        _ = peek()
        let start = offset
        if current == UInt8(ascii: "-") { offset += 1 }
        if current == UInt8(ascii: "0") { offset += 1 } else { try takeDigits() }
        if current == UInt8(ascii: ".") {
            offset += 1
            try takeDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            offset += 1
            if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") { offset += 1 }
            try takeDigits()
        }
        return try decode(start..<offset)
    }

    /// Takes any value as a tree.
    package mutating func takeValue() throws(FormatError) -> JSONValue {
        switch peek() {
        case UInt8(ascii: "{"):
            var object = JSONObject()
            try takeObject { (scanner, key, _) throws(FormatError) in object[key] = try scanner.takeValue() }
            return .object(object)
        case UInt8(ascii: "["):
            var array: [JSONValue] = []
            try takeArray { scanner throws(FormatError) in array.append(try scanner.takeValue()) }
            return .array(array)
        case UInt8(ascii: "\""): return .string(try takeString())
        case UInt8(ascii: "t"): return try takeWord("true", .bool(true))
        case UInt8(ascii: "f"): return try takeWord("false", .bool(false))
        case UInt8(ascii: "n"): return try takeWord("null", .null)
        default: return .number(try takeNumber())
        }
    }

    /// Checks that only white space follows.
    package mutating func finish() throws(FormatError) {
        guard peek() == nil else { throw unexpected("the document goes on after its end") }
    }

    /// A fault at `place`, counted from the document's start.
    package func fault(_ problem: String, at place: Int) -> FormatError {
        FormatError(.corrupt, "invalid JSON: \(problem)", at: baseOffset + place, remedy: "Fetch the file again")
    }

    private var current: UInt8? { offset < bytes.count ? byte(at: offset) : nil }

    private func byte(at place: Int) -> UInt8 { bytes[place] }

    private func unexpected(_ problem: String) -> FormatError { fault(problem, at: min(offset, bytes.count)) }

    private mutating func enter(_ bracket: UInt8) throws(FormatError) {
        try take(bracket)
        depth += 1
        guard depth <= Self.greatestDepth else { throw unexpected("more than \(Self.greatestDepth) levels") }
    }

    private mutating func leave(_ bracket: UInt8) throws(FormatError) {
        try take(bracket)
        depth -= 1
    }

    private mutating func takeDigits() throws(FormatError) {
        let start = offset
        while let digit = current, digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") { offset += 1 }
        guard offset > start else { throw unexpected("expected a value") }
    }

    private mutating func takeWord(_ word: StaticString, _ value: JSONValue) throws(FormatError) -> JSONValue {
        let text = "\(word)"
        for expected in text.utf8 {
            guard current == expected else { throw unexpected("expected '\(text)'") }
            offset += 1
        }
        return value
    }

    private func decode(_ range: Range<Int>) throws(FormatError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw fault("not UTF-8", at: range.lowerBound) }
        return text
    }

    private func unescape(_ range: Range<Int>) throws(FormatError) -> String {
        var text: [UInt8] = []
        var place = range.lowerBound
        while place < range.upperBound {
            let next = byte(at: place)
            place += 1
            guard next == UInt8(ascii: "\\") else {
                text.append(next)
                continue
            }
            let escape = byte(at: place)
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

extension JSONValue {
    /// Parses a whole document.
    /// - Throws: `FormatError` naming the first byte that is not JSON.
    package init(parsing document: [UInt8]) throws(FormatError) {
        var scanner = JSONScanner(document)
        let value = try scanner.takeValue()
        try scanner.finish()
        self = value
    }
}
