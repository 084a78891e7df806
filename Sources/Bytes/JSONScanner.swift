/// A strict reader of JSON text (RFC 8259) that keeps its offset: one cursor, no copy of the document, a cap on depth.
///
/// Refuses what the standard refuses, and duplicate keys of an object besides, because readers disagree about them.
/// Keys are compared byte for byte, after their escapes are resolved.
package struct JSONScanner: Sendable {
    private let bytes: [UInt8]
    /// The next byte to read, from the document's start.
    package private(set) var offset = 0
    /// The bytes from there on.
    var remaining: Int { bytes.count - offset }
    private let baseOffset: Int
    private let dialect: Dialect
    private var depth = 0
    /// The values of trees so far.
    private var valueCount = 0

    /// Deeper nesting than this is refused; configuration files nest fewer than ten levels.
    static let greatestDepth = 64

    /// More keys of one object are refused, and longer strings: vocabularies and indexes of shards have fewer keys, and
    /// a document must not claim several times its size in memory.
    package static let mostKeys = 400_000
    package static let longestString = 32 << 20
    /// More values in trees are refused, for the same reason; a tree takes some 80 bytes a value.
    package static let mostValues = 1 << 19

    /// What counts as JSON.
    package enum Dialect: Sendable {
        /// What the standard says.
        case standard
        /// Also `NaN`, `Infinity` and `-Infinity`, which Python writes for such numbers.
        case python
    }

    /// - Parameters:
    ///   - bytes: the whole document, UTF-8 (checked as strings are read).
    ///   - baseOffset: where the document starts in its file, for messages.
    ///   - dialect: what counts as JSON.
    package init(_ bytes: [UInt8], baseOffset: Int = 0, dialect: Dialect = .standard) {
        self.bytes = bytes
        self.baseOffset = baseOffset
        self.dialect = dialect
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

    /// Takes an object, calling `member` with each key and its place in the file; `member` must take the value.
    package mutating func takeObject(
        _ member: (inout JSONScanner, String, Int) throws(FormatError) -> Void
    ) throws(FormatError) {
        try enter(UInt8(ascii: "{"))
        // Only the outermost object can be as long as the document.
        var keys = JSONKeySet(byteCount: depth == 1 ? remaining : 0)
        var keyCount = 0
        if peek() != UInt8(ascii: "}") {
            while true {
                guard peek() == UInt8(ascii: "\"") else { throw unexpected("expected a key") }
                let place = offset
                let key = try takeString()
                guard keys.insert(key) else {
                    throw fault("the key '\(key.shortened)' appears twice", at: place)
                }
                keyCount += 1
                guard keyCount <= Self.mostKeys else { throw unexpected("more than \(Self.mostKeys) keys") }
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
                guard offset - start <= Self.longestString else {
                    throw fault("a string of more than \(Self.longestString) bytes", at: start)
                }
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
        try passNumber()
        return try decode(start..<offset)
    }

    /// Takes a whole number from 0 on that is written with digits alone, as counts and offsets are.
    package mutating func takeCount() throws(FormatError) -> Int {
        _ = peek()
        let start = offset
        if Self.isDigit(current) { try passNumber() }
        guard offset > start, bytes[start..<offset].allSatisfy(Self.isDigit) else {
            throw fault("expected a whole number from 0 on", at: start)
        }
        guard let value = Int(try decode(start..<offset)) else {
            throw fault("the number is above \(Int.max)", at: start)
        }
        return value
    }

    private mutating func passNumber() throws(FormatError) {
        let start = offset
        if current == UInt8(ascii: "-") { offset += 1 }
        if dialect == .python, current == UInt8(ascii: "I") || (current == UInt8(ascii: "N") && offset == start) {
            return try passWord(current == UInt8(ascii: "I") ? "Infinity" : "NaN")
        }
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
    }

    /// Takes any value as a tree.
    package mutating func takeValue() throws(FormatError) -> JSONValue {
        valueCount += 1
        guard valueCount <= Self.mostValues else { throw unexpected("more than \(Self.mostValues) values") }
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
        case UInt8(ascii: "t"):
            try passWord("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try passWord("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try passWord("null")
            return .null
        default: return .number(try takeNumber())
        }
    }

    /// Takes any value, checks it, and keeps nothing of it.
    package mutating func skipValue() throws(FormatError) {
        switch peek() {
        case UInt8(ascii: "{"):
            try takeObject { (scanner, _, _) throws(FormatError) in try scanner.skipValue() }
        case UInt8(ascii: "["): try takeArray { scanner throws(FormatError) in try scanner.skipValue() }
        case UInt8(ascii: "\""): _ = try takeString()
        case UInt8(ascii: "t"): try passWord("true")
        case UInt8(ascii: "f"): try passWord("false")
        case UInt8(ascii: "n"): try passWord("null")
        default: try passNumber()
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

    func byte(at place: Int) -> UInt8 { bytes[place] }

    /// Passes bytes that were looked at.
    mutating func advance(by count: Int) { offset += count }

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
        while Self.isDigit(current) { offset += 1 }
        guard offset > start else { throw unexpected("expected a value") }
    }

    private static func isDigit(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private mutating func passWord(_ word: StaticString) throws(FormatError) {
        let text = "\(word)"
        for expected in text.utf8 {
            guard current == expected else { throw unexpected("expected '\(text)'") }
            offset += 1
        }
    }

    private func decode(_ range: Range<Int>) throws(FormatError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw fault("not UTF-8", at: range.lowerBound)
        }
        return text
    }
}

extension JSONValue {
    /// Parses a whole document.
    /// - Parameters:
    ///   - document: the whole text, UTF-8.
    ///   - dialect: what counts as JSON.
    /// - Throws: `FormatError` naming the first byte that is not JSON.
    package init(parsing document: [UInt8], dialect: JSONScanner.Dialect = .standard) throws(FormatError) {
        var scanner = JSONScanner(document, dialect: dialect)
        let value = try scanner.takeValue()
        try scanner.finish()
        self = value
    }
}
