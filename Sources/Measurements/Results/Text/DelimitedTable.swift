import Bytes

/// A table in columns: CSV as RFC 4180 has it, with commas, semicolons or tabs. A cell in quotes may hold the
/// separator, line feeds and, doubled, quotes.
struct DelimitedTable {
    /// One row, with the line that it begins on.
    struct Row {
        let cells: [String]
        let line: Int
        let byteOffset: Int

        var place: String { "line \(line)" }
    }

    let rows: [Row]

    private static let mostColumns = 10_000

    /// - Parameter separator: nil takes the first of comma, tab and semicolon that the first line has.
    /// - Throws: `FormatError` when a quote is not closed, or something follows one that is.
    init(_ bytes: [UInt8], separator: UInt8? = nil) throws(FormatError) {
        var reader = Reader(bytes, separator: separator ?? Self.separator(of: bytes))
        var rows: [Row] = []
        while let row = try reader.next() {
            if row.cells != [""] { rows.append(row) }
        }
        self.rows = rows
    }

    /// What separates the cells of the first line.
    static func separator(of bytes: [UInt8]) -> UInt8 {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return [",", "\t", ";"].map { UInt8(ascii: $0) }.first { line.contains($0) } ?? UInt8(ascii: ",")
    }

    private struct Reader {
        let bytes: [UInt8]
        let separator: UInt8
        var place: Int
        var line = 1

        init(_ bytes: [UInt8], separator: UInt8) {
            self.bytes = bytes
            self.separator = separator
            place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        }

        mutating func next() throws(FormatError) -> Row? {
            guard place < bytes.count else { return nil }
            let (start, first) = (place, line)
            var cells: [String] = []
            while true {
                cells.append(try cell())
                guard cells.count <= mostColumns else {
                    throw fault("more than \(mostColumns) columns", at: start, remedy: "Check that this is a table")
                }
                guard place < bytes.count, bytes[place] == separator else { break }
                place += 1
            }
            if place < bytes.count, bytes[place] == UInt8(ascii: "\r") { place += 1 }
            if place < bytes.count {
                guard bytes[place] == UInt8(ascii: "\n") else {
                    throw fault("something follows a closed quote", at: place, remedy: "Double the quotes in a cell")
                }
                place += 1
                line += 1
            }
            return Row(cells: cells, line: first, byteOffset: start)
        }

        private mutating func cell() throws(FormatError) -> String {
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
                let start = place
                while place < bytes.count, !ends(at: place) { place += 1 }
                return String(decoding: bytes[start..<place], as: UTF8.self)
            }
            let (start, first) = (place, line)
            place += 1
            var text: [UInt8] = []
            while place < bytes.count {
                let byte = bytes[place]
                place += 1
                if byte == UInt8(ascii: "\"") {
                    guard place < bytes.count, bytes[place] == byte else {
                        return String(decoding: text, as: UTF8.self)
                    }
                    place += 1
                }
                if byte == UInt8(ascii: "\n") { line += 1 }
                text.append(byte)
            }
            line = first
            throw fault("the quote is not closed", at: start, remedy: "Close it, or fetch the file again")
        }

        private func ends(at place: Int) -> Bool {
            let byte = bytes[place]
            guard byte != UInt8(ascii: "\r") else {
                return place + 1 == bytes.count || bytes[place + 1] == UInt8(ascii: "\n")
            }
            return byte == separator || byte == UInt8(ascii: "\n")
        }

        private func fault(_ problem: String, at place: Int, remedy: String) -> FormatError {
            FormatError(.corrupt, "line \(line): \(problem)", at: place, remedy: remedy)
        }
    }
}
