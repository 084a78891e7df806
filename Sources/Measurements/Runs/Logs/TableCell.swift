import Bytes

/// Where a cell of a table lies, without the white space and the quotes around it.
struct TableCell {
    let bytes: Range<Int>
    /// Whether it stood in quotes: then two quotes in it are one.
    let isQuoted: Bool

    /// The next cell of a line that ends at `end`; `place` goes behind its separator.
    init(_ line: Span<UInt8>, _ place: inout Int, _ end: Int, _ separator: UInt8) {
        var start = place
        var isInside = false
        while place < end, isInside || line[place] != separator {
            if line[place] == Self.quote { isInside.toggle() }
            place += 1
        }
        var stop = place
        place = min(place + 1, end)
        func trim() {
            while start < stop, line[start] == 0x20 || line[start] == 0x0D { start += 1 }
            while stop > start, line[stop - 1] == 0x20 || line[stop - 1] == 0x0D { stop -= 1 }
        }
        trim()
        isQuoted = stop - start >= 2 && line[start] == Self.quote && line[stop - 1] == Self.quote
        if isQuoted {
            start += 1
            stop -= 1
            trim()
        }
        bytes = start..<stop
    }

    /// The cells of the line from `start` to `end`, no more than one beyond `most`.
    static func all(_ line: Span<UInt8>, _ start: Int, _ end: Int, _ separator: UInt8, most: Int) -> [Self] {
        var place = start
        var cells: [Self] = []
        while place < end, cells.count <= most { cells.append(Self(line, &place, end, separator)) }
        // A separator at the very end has an empty cell behind it.
        if end > start, place == end, line[end - 1] == separator { cells.append(Self(line, &place, end, separator)) }
        return cells
    }

    /// What it says.
    func text(_ line: Span<UInt8>) -> String {
        let text = NumberText.text(line, bytes.lowerBound, bytes.upperBound)
        return isQuoted ? text.replacing("\"\"", with: "\"") : text
    }

    func number(_ line: Span<UInt8>) -> Double? { NumberText.number(line, bytes.lowerBound, bytes.upperBound) }

    private static let quote = UInt8(ascii: "\"")
}
