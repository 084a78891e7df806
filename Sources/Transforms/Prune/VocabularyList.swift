package import Bytes

/// The tokens that are to stay, as a file lists them: a JSON array of ids or texts, or a text of one token a line.
package struct VocabularyList: Equatable, Sendable {
    package enum Entry: Equatable, Sendable {
        case id(Int)
        case text(String)
    }

    package let entries: [Entry]
    /// Of the list's file.
    package let digest: Digest
    /// The file, for messages.
    package let path: String

    package static let mostBytes = 64 << 20
    /// More ids than any vocabulary has.
    private static let mostIDs = 1 << 22

    /// - Throws: `FormatError` for what is neither a list of ids and texts nor UTF-8, and for a list without a token.
    package init(parsing bytes: [UInt8], path: String) throws(FormatError) {
        digest = Digest(of: bytes)
        self.path = path
        if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "["),
            let array = try? JSONValue(parsing: bytes, dialect: .python).arrayValue
        {
            entries = try array.map { value throws(FormatError) in
                if let id = value.intValue, id >= 0 { return .id(id) }
                guard let text = value.stringValue else {
                    throw FormatError(
                        .refused, "\(value.text().shortened) is neither an id nor a token's text", file: path,
                        remedy: "List ids or texts")
                }
                return .text(text)
            }
        } else {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw FormatError(.refused, "it is no UTF-8 text", file: path, remedy: "Write one token a line")
            }
            // By scalars: "\r\n" is one character.
            entries = text.unicodeScalars.split(separator: "\n").map { line in
                .text(String(String.UnicodeScalarView(line.last == "\r" ? line.dropLast() : line)))
            }
        }
        guard !entries.isEmpty else {
            throw FormatError(.refused, "it lists no tokens", file: path, remedy: "Write one token a line")
        }
    }

    /// The tokens that stayed when a list was used, as the record of that cut tells: ids in runs, `0-5,8`.
    /// - Parameters:
    ///   - runs: in ascending order.
    ///   - digest: of the list's file.
    ///   - path: what errors call the record.
    package init(runs: String, digest: Digest, path: String) throws(FormatError) {
        var entries: [Entry] = []
        var next = 0
        for run in runs.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = run.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
                first <= last, first >= next, last < Self.mostIDs
            else {
                throw FormatError(
                    .corrupt, "'\(run.prefix(40))' is no run of ids behind those before it", file: path,
                    remedy: "Restore the file with 'ingot repair'")
            }
            entries += (first...last).lazy.map { .id($0) }
            next = last + 1
        }
        self.entries = entries
        self.digest = digest
        self.path = path
    }
}
