package import Bytes

/// A file of results, read once for all that look at it: a JSON document, JSON line by line, or text.
package struct ResultDocument: Sendable {
    /// A longer file is refused: one with every configuration and table in it has some megabytes.
    package static let greatestByteCount = 256 << 20

    /// An object of the document.
    package struct Record: Sendable {
        package let object: JSONObject
        /// `line 7`, `element 3`, or `the document`.
        package let place: String
        /// Where it begins, as far as that is known.
        package let byteOffset: Int?
    }

    /// One line of text, without its end.
    package struct Line: Sendable {
        package let number: Int
        package let byteOffset: Int
        package let text: String

        package var place: String { "line \(number)" }
    }

    package let bytes: [UInt8]
    /// The whole document, when it is JSON.
    package let json: JSONValue?
    /// Its objects, when it is an object, an array of objects, or a line of JSON after another.
    package let records: [Record]
    /// Why a document that begins as JSON does is none.
    package let fault: FormatError?
    /// Its lines, when it is no JSON.
    package let lines: [Line]

    private static let mostLines = 4_000_000
    /// Members with a value for each request or token, which some tools add to their summary: passed over, as they can
    /// be a hundred times as long.
    private static let bulk: Set = [
        "itls", "ttfts", "input_lens", "output_lens", "generated_texts", "errors", "start_times", "queue_times",
        "server_queue_times", "server_ttfts",
    ]

    /// - Throws: `FormatError` when the file is too long.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        guard bytes.count <= Self.greatestByteCount else { throw Self.tooLong(bytes.count) }
        if let fault = TextStart.fault(bytes.span) { throw fault }
        self.bytes = bytes
        var scanner = JSONScanner(bytes, dialect: .python)
        guard let first = scanner.peek(), first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
            (json, records, fault, lines) = (nil, [], nil, try Self.lines(of: bytes))
            return
        }
        do {
            let value = try Self.value(of: bytes)
            (json, fault, lines) = (value, nil, [])
            records = Self.records(of: value)
        } catch {
            guard let records = try Self.lineRecords(of: bytes, first) else {
                (json, records, fault, lines) = (nil, [], error, try Self.lines(of: bytes))
                return
            }
            (json, self.records, fault, lines) = (nil, records, nil, [])
        }
    }

    /// What is said of a file that is not read for its length.
    package static func tooLong(_ byteCount: Int) -> FormatError {
        FormatError(
            .refused, "the file has \(byteCount) bytes, at most \(greatestByteCount >> 20) MiB are read",
            remedy: "Give the file with the results, not one with every sample or request")
    }

    private static func value(of bytes: [UInt8]) throws(FormatError) -> JSONValue {
        var scanner = JSONScanner(bytes, dialect: .python)
        let value: JSONValue
        if scanner.peek() == UInt8(ascii: "{") {
            var object = JSONObject()
            try scanner.takeObject { (scanner, key, _) throws(FormatError) in
                if bulk.contains(key) { try scanner.skipValue() } else { object[key] = try scanner.takeValue() }
            }
            value = .object(object)
        } else {
            value = try scanner.takeValue()
        }
        try scanner.finish()
        return value
    }

    private static func records(of value: JSONValue) -> [Record] {
        if let object = value.objectValue { return [Record(object: object, place: "the document", byteOffset: nil)] }
        return (value.arrayValue ?? []).enumerated().compactMap { index, element in
            element.objectValue.map { Record(object: $0, place: "element \(index + 1)", byteOffset: nil) }
        }
    }

    /// Objects, one a line; nil when the first line is none by itself.
    /// - Throws: at a later line that is no object.
    private static func lineRecords(of bytes: [UInt8], _ first: UInt8) throws(FormatError) -> [Record]? {
        guard first == UInt8(ascii: "{") else { return nil }
        var records: [Record] = []
        var (start, number) = (0, 0)
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            number += 1
            let line = Array(bytes[start..<end])
            if line.contains(where: { $0 > 0x20 }) {
                do throws(FormatError) {
                    guard let object = try value(of: line).objectValue else {
                        throw FormatError(.corrupt, "this is no JSON object", at: 0, remedy: "Remove the line")
                    }
                    records.append(Record(object: object, place: "line \(number)", byteOffset: start))
                } catch {
                    if records.isEmpty { return nil }
                    var error = error.moved(by: start)
                    error.problem = "line \(number): \(error.problem)"
                    throw error
                }
            }
            start = end + 1
        }
        return records
    }

    private static func lines(of bytes: [UInt8]) throws(FormatError) -> [Line] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var lines: [Line] = []
        var start = bytes.starts(with: mark) ? mark.count : 0
        while start < bytes.count {
            guard lines.count < mostLines else {
                throw FormatError(
                    .refused, "more than \(mostLines) lines", at: start, remedy: "Split the file")
            }
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let isReturned = end > start && bytes[end - 1] == UInt8(ascii: "\r")
            let text = String(decoding: bytes[start..<(isReturned ? end - 1 : end)], as: UTF8.self)
            lines.append(Line(number: lines.count + 1, byteOffset: start, text: text))
            start = end + 1
        }
        return lines
    }
}
