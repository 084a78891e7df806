package import Bytes

/// A log in columns: CSV as Lightning, Keras and spreadsheets write it, with a heading.
///
/// The separator is the first of comma, tab and semicolon that the heading has. The step's column is the best of
/// `LogField.stepNames`, else `epoch`, else the rows are counted from 0. Cells that are empty or no number are passed
/// over. A last line without a line feed may be half a number, so it waits for the rest.
package struct TableLog: RunLogStream {
    private var fields: [LogField] = []
    private var separator = UInt8(ascii: ",")
    private var rowCount: Int64 = 0
    private var epochColumn: Int?
    private var hasHeading = false
    package var tellsSteps: Bool { epochColumn != nil || fields.contains(.step) }
    private var found: [(metric: Int32, value: Double)] = []

    private static let mostColumns = 10_000

    package init() {}

    /// Whether `start`, a file's first bytes, begins with a heading and a row of numbers.
    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        guard let end = (0..<start.count).first(where: { start[$0] == lineFeed }),
            (0..<start.count).allSatisfy({ start[$0] >= 0x20 || [0x09, 0x0A, 0x0D].contains(start[$0]) })
        else { return false }
        let separator = separator(start, end)
        let heading = cells(start, 0, end, separator)
        guard heading.count > 1, heading.count <= mostColumns,
            heading.allSatisfy({ NumberText.number(start, $0.lowerBound, $0.upperBound) == nil })
        else { return false }
        let next = (end + 1..<max(end + 1, start.count)).first { start[$0] == lineFeed } ?? start.count
        let row = cells(start, end + 1, next, separator)
        return next == end + 1
            || row.count == heading.count
                && row.contains { NumberText.number(start, $0.lowerBound, $0.upperBound) != nil }
    }

    package mutating func take(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Int {
        var start = 0
        var place = 0
        while place < bytes.count {
            if bytes[place] == Self.lineFeed {
                if hasHeading {
                    try takeRow(bytes, start, place, into: &values)
                } else {
                    try takeHeading(bytes, start, place, &values)
                }
                start = place + 1
            }
            place += 1
        }
        return start
    }

    package mutating func takeLast(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Bool {
        false
    }

    private mutating func takeHeading(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ values: inout RunValues
    ) throws(FormatError) {
        separator = Self.separator(bytes, end)
        let names = Self.cells(bytes, start, end, separator).map { range in
            NumberText.text(bytes, range.lowerBound, range.upperBound)
        }
        guard names.count <= Self.mostColumns else {
            throw FormatError(
                .refused, "\(names.count) columns, at most \(Self.mostColumns) are read", at: start,
                remedy: "Check that this is a training log")
        }
        let step = LogField.stepNames.lazy.compactMap { names.firstIndex(of: $0) }.first
        epochColumn = step == nil ? names.firstIndex(of: LogField.epochName) : nil
        for (column, name) in names.enumerated() {
            if column == step {
                fields.append(.step)
            } else if LogField.timeNames.contains(name) {
                fields.append(.time)
            } else if name.isEmpty || LogField.stepNames.contains(name) {
                fields.append(.ignored)
            } else {
                fields.append(.metric(try values.metric(named: name)))
            }
        }
        hasHeading = true
    }

    private mutating func takeRow(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into values: inout RunValues
    ) throws(FormatError) {
        var step: Int64?
        var time = RunValues.noTime
        found.removeAll(keepingCapacity: true)
        var column = 0
        var place = start
        while place < end || column == 0 {
            let cell = Self.cell(bytes, &place, end, separator)
            guard column < fields.count else {
                if cell.isEmpty { break }
                throw FormatError(
                    .corrupt, "a row has more cells than the heading's \(fields.count)", at: start,
                    remedy: "Mend the row, or write the log again")
            }
            if let value = NumberText.number(bytes, cell.lowerBound, cell.upperBound) {
                switch fields[column] {
                case .metric(let metric):
                    found.append((metric, value))
                    if column == epochColumn { step = LogField.step(value) }
                case .time: time = LogField.milliseconds(value) ?? time
                case .step:
                    guard let number = LogField.step(value) else {
                        throw FormatError(
                            .corrupt, "step \(value) is no whole number", at: cell.lowerBound,
                            remedy: "Mend the row, or write the log again")
                    }
                    step = number
                case .ignored: break
                }
            } else if fields[column] == .time {
                time = MomentText.milliseconds(NumberText.text(bytes, cell.lowerBound, cell.upperBound)) ?? time
            }
            column += 1
        }
        for (metric, value) in found {
            values.append(series: metric, step: step ?? rowCount, time: time, value: value)
        }
        rowCount += 1
    }
}

extension TableLog {
    private static let lineFeed = UInt8(ascii: "\n")

    private static func separator(_ bytes: Span<UInt8>, _ end: Int) -> UInt8 {
        let candidates = [UInt8(ascii: ","), 0x09, UInt8(ascii: ";")]
        return candidates.first { candidate in (0..<end).contains { bytes[$0] == candidate } } ?? candidates[0]
    }

    private static func cells(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ separator: UInt8) -> [Range<Int>] {
        var place = start
        var cells: [Range<Int>] = []
        while place < end, cells.count <= mostColumns { cells.append(cell(bytes, &place, end, separator)) }
        return cells
    }

    /// The next cell without white space and quotes around it; `place` goes behind its separator.
    private static func cell(
        _ bytes: Span<UInt8>, _ place: inout Int, _ end: Int, _ separator: UInt8
    ) -> Range<Int> {
        var start = place
        var isQuoted = false
        while place < end, isQuoted || bytes[place] != separator {
            if bytes[place] == UInt8(ascii: "\"") { isQuoted.toggle() }
            place += 1
        }
        var stop = place
        place = min(place + 1, end)
        func isAround(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0D || byte == UInt8(ascii: "\"") }
        while start < stop, isAround(bytes[start]) { start += 1 }
        while stop > start, isAround(bytes[stop - 1]) { stop -= 1 }
        return start..<stop
    }
}
