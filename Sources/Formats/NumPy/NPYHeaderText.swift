import Bytes

/// The dictionary in a NumPy header: a Python literal with three keys, read strictly.
struct NPYHeaderText {
    private let text: [UInt8]
    private let base: Int
    private var offset = 0

    /// More dimensions than this are refused; NumPy allows 64.
    private static let mostDimensions = 64

    /// - Parameter base: where the text begins in its file, for messages.
    init(_ text: [UInt8], base: Int) {
        self.text = text
        self.base = base
    }

    mutating func parse() throws(FormatError) -> (descr: String, isColumnMajor: Bool, shape: [Int]) {
        var descr: String?
        var isColumnMajor: Bool?
        var shape: [Int]?
        try take("{")
        while peek() != UInt8(ascii: "}") {
            let place = offset
            let key = try takeString()
            try take(":")
            switch key {
            case "descr" where descr == nil: descr = try takeDescr()
            case "fortran_order" where isColumnMajor == nil: isColumnMajor = try takeBool()
            case "shape" where shape == nil: shape = try takeShape()
            default: throw fault("the key '\(key)' is unknown or appears twice", at: place)
            }
            guard peek() == UInt8(ascii: ",") else { break }
            offset += 1
        }
        try take("}")
        guard peek() == nil else { throw fault("the text goes on after its end", at: offset) }
        guard let descr, let isColumnMajor, let shape else {
            throw fault("one of 'descr', 'fortran_order' and 'shape' is missing", at: 0)
        }
        return (descr, isColumnMajor, shape)
    }

    /// A string; a list or tuple would be a structure of several fields.
    private mutating func takeDescr() throws(FormatError) -> String {
        guard let byte = peek(), byte != UInt8(ascii: "["), byte != UInt8(ascii: "(") else {
            throw FormatError(
                .unsupported, "the array's elements are structures of several fields", at: base + offset,
                remedy: "Save each field as an array of its own")
        }
        return try takeString()
    }

    private mutating func takeBool() throws(FormatError) -> Bool {
        _ = peek()
        for (word, value) in [("True", true), ("False", false)] where text[offset...].starts(with: word.utf8) {
            offset += word.utf8.count
            return value
        }
        throw fault("expected True or False", at: offset)
    }

    private mutating func takeShape() throws(FormatError) -> [Int] {
        try take("(")
        var shape: [Int] = []
        while peek() != UInt8(ascii: ")") {
            shape.append(try takeCount())
            guard shape.count <= Self.mostDimensions else {
                throw fault("more than \(Self.mostDimensions) dimensions", at: offset)
            }
            guard peek() == UInt8(ascii: ",") else { break }
            offset += 1
        }
        try take(")")
        return shape
    }

    /// Digits; Python 2 put an `L` behind them.
    private mutating func takeCount() throws(FormatError) -> Int {
        _ = peek()
        let start = offset
        while offset < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[offset]) { offset += 1 }
        guard offset > start, let value = Int(String(decoding: text[start..<offset], as: UTF8.self)) else {
            throw fault("expected a whole number from 0 on", at: start)
        }
        if offset < text.count, text[offset] == UInt8(ascii: "L") { offset += 1 }
        return value
    }

    private mutating func takeString() throws(FormatError) -> String {
        guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw fault("expected a quoted text", at: offset)
        }
        let start = offset + 1
        guard let end = text[start...].firstIndex(of: quote),
            text[start..<end].allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\") })
        else { throw fault("the text is not closed, or has other characters than printable ASCII", at: offset) }
        offset = end + 1
        return String(decoding: text[start..<end], as: UTF8.self)
    }

    private mutating func take(_ character: Character) throws(FormatError) {
        guard let byte = peek(), byte == character.asciiValue else {
            throw fault("expected '\(character)'", at: offset)
        }
        offset += 1
    }

    /// The next byte that is not white space, without taking it; nil at the end.
    private mutating func peek() -> UInt8? {
        while offset < text.count, text[offset] == UInt8(ascii: " ") || text[offset] == UInt8(ascii: "\n") {
            offset += 1
        }
        return offset < text.count ? text[offset] : nil
    }

    private func fault(_ problem: String, at place: Int) -> FormatError {
        FormatError(
            .corrupt, "NumPy's header: \(problem)", at: base + place,
            remedy: "Fetch the file again, or save it anew with NumPy")
    }
}
