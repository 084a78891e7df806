package import Bytes

/// A log in columns: CSV as Lightning, Keras and spreadsheets write it, with a heading.
///
/// The separator is the first of comma, tab and semicolon that the heading has. The step's column is the best of
/// `LogField.stepNames`, else `epoch`, else the rows are counted from 0. Cells that are empty or say that a value is
/// missing are passed over, and so are columns of texts; a text in a column of numbers is told, and so is a number in a
/// notation of people (`2,5`). A row with a text for its step is left out: the heading again, of a program that began
/// anew, without a word. A last line without a line feed may be half a number: it waits for the rest.
package struct TableLog: RunLogStream {
    private struct Column {
        let name: String
        let field: LogField
        var hasNumbers = false
        /// The first cell that was no number.
        var firstText: (line: Int, text: String)?
        /// Whether it was told of a number in a notation of people.
        var isToldLocal = false
    }

    private var columns: [Column] = []
    private var separator = UInt8(ascii: ",")
    private var rowCount: Int64 = 0
    private var lineCount = 0
    private var epochColumn: Int?
    private var hasHeading: Bool { !columns.isEmpty }
    package private(set) var tellsSteps = false
    // The row that is being read.
    private var found: [(metric: Int32, value: Double)] = []
    private var step: Int64?
    private var time = RunValues.noTime
    private var elapsed = RunValues.noTime
    private var isLeftOut = false
    private var seconds = ElapsedSeconds()
    private var isToldStep = false

    private static let mostColumns = 10_000
    private static let lineFeed = UInt8(ascii: "\n")

    package init() {}

    /// Whether `start`, a file's first bytes, begins with a heading and a row of numbers; or with text in UTF-16, of
    /// which `take` says that it is.
    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        if TextStart.fault(start) != nil { return true }
        let text = TextStart.markByteCount(start)
        guard let end = (text..<start.count).first(where: { start[$0] == lineFeed }),
            (text..<start.count).allSatisfy({ start[$0] >= 0x20 || [0x09, 0x0A, 0x0D].contains(start[$0]) })
        else { return false }
        let separator = separator(start, end)
        let heading = TableCell.all(start, text, end, separator, most: mostColumns)
        guard heading.count > 1, heading.count <= mostColumns, heading.allSatisfy({ $0.number(start) == nil }) else {
            return false
        }
        let next = (end + 1..<max(end + 1, start.count)).first { start[$0] == lineFeed } ?? start.count
        let row = TableCell.all(start, end + 1, next, separator, most: mostColumns)
        func used(_ cells: [TableCell]) -> Int { (cells.lastIndex { !$0.bytes.isEmpty } ?? -1) + 1 }
        // Some programs end each row, or the heading alone, with a separator.
        return next == end + 1
            || used(row) <= heading.count && used(heading) <= row.count
                && row.contains { $0.number(start) != nil || CellText.isLocalNumber($0.text(start)) }
    }

    package mutating func take(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Int {
        if !hasHeading, let fault = TextStart.fault(bytes) { throw fault }
        var start = 0
        var place = 0
        while place < bytes.count {
            if bytes[place] == Self.lineFeed {
                lineCount += 1
                if hasHeading {
                    try takeRow(bytes, start, place, into: &values)
                } else {
                    try takeHeading(bytes, start + TextStart.markByteCount(bytes, at: start), place, &values)
                }
                start = place + 1
            }
            place += 1
        }
        return start
    }

    package mutating func takeLast(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Bool {
        let isBlank = (0..<bytes.count).allSatisfy { bytes[$0] == 0x20 || bytes[$0] == 0x0D }
        if !isBlank {
            values.note(
                "line \(lineCount + 1) has no line feed at its end: it may be cut off, inside a number too, and was "
                    + "left; if the log is finished, add one (echo >> FILE) and import it again")
        } else if rowCount == 0 {
            values.note("there is no row below the heading yet; import it again when there is")
        }
        return false
    }

    package var uselessness: String? {
        guard rowCount > 0 else { return nil }
        let names = columns.prefix(20).map { "'\($0.name.shortened)'" }.joined(separator: ", ")
        return "no value was read: no column has numbers, beside the step and times (\(names))"
    }

    private mutating func takeHeading(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ values: inout RunValues
    ) throws(FormatError) {
        separator = Self.separator(bytes, end)
        let names = TableCell.all(bytes, start, end, separator, most: Self.mostColumns).map { $0.text(bytes) }
        guard names.count <= Self.mostColumns else {
            throw FormatError(
                .refused, "\(names.count) columns, at most \(Self.mostColumns) are read", at: start,
                remedy: "Check that this is a training log")
        }
        let step = LogField.stepNames.lazy.compactMap { names.firstIndex(of: $0) }.first
        epochColumn = step == nil ? names.firstIndex(of: LogField.epochName) : nil
        tellsSteps = step != nil || epochColumn != nil
        for (column, name) in names.enumerated() {
            let field: LogField
            if column == step {
                field = .step
            } else if LogField.timeNames.contains(name) {
                field = .time
            } else if name.isEmpty || LogField.stepNames.contains(name) {
                field = .ignored
            } else {
                let metric = try values.metric(named: name)
                field = LogField.elapsedNames.contains(name) ? .elapsed(metric) : .metric(metric)
            }
            columns.append(Column(name: name, field: field))
        }
        if columns.isEmpty { columns = [Column(name: "", field: .ignored)] }
    }

    private mutating func takeRow(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into values: inout RunValues
    ) throws(FormatError) {
        (step, time, elapsed, isLeftOut) = (nil, RunValues.noTime, RunValues.noTime, false)
        found.removeAll(keepingCapacity: true)
        var column = 0
        var place = start
        while place < end || column == 0 {
            let cell = TableCell(bytes, &place, end, separator)
            guard column < columns.count else {
                if cell.bytes.isEmpty { break }
                throw FormatError(
                    .corrupt, "line \(lineCount): the row has more cells than the heading's \(columns.count)",
                    at: start, remedy: "Mend the row, or write the log again")
            }
            if let value = cell.number(bytes) {
                try use(value, column, at: cell.bytes.lowerBound, &values)
            } else if !cell.bytes.isEmpty {
                takeText(cell, column, bytes, &values)
            }
            column += 1
        }
        rowCount += 1
        guard !isLeftOut else { return }
        if time == RunValues.noTime { time = elapsed }
        for (metric, value) in found {
            values.append(series: metric, step: step ?? rowCount - 1, time: time, value: value)
        }
    }

    private mutating func use(
        _ value: Double, _ column: Int, at place: Int, _ values: inout RunValues
    ) throws(FormatError) {
        switch columns[column].field {
        case .metric(let metric):
            found.append((metric, value))
            if column == epochColumn { step = LogField.step(value) }
        case .elapsed(let metric):
            found.append((metric, value))
            elapsed = seconds.take(value)
        case .time: time = LogField.milliseconds(value) ?? time
        case .step:
            guard let number = LogField.step(value) else {
                throw fault("step \(value) is no whole number", column, at: place, remedy: "Mend the row")
            }
            step = number
        case .ignored: return
        }
        if !columns[column].hasNumbers {
            columns[column].hasNumbers = true
            tellMixed(column, &values)
        }
    }

    /// A cell that is no number: a moment, or one of a column of texts; else it is told.
    private mutating func takeText(
        _ cell: TableCell, _ column: Int, _ bytes: Span<UInt8>, _ values: inout RunValues
    ) {
        switch columns[column].field {
        case .ignored: return
        case .time:
            time = MomentText.milliseconds(cell.text(bytes)) ?? time
            return
        case .step: return leaveOut(cell.text(bytes), column, &values)
        case .metric, .elapsed: if columns[column].firstText != nil, columns[column].isToldLocal { return }
        }
        let text = cell.text(bytes)
        // The heading once more: its row is left out by its step.
        if CellText.isMissing(text) || text == columns[column].name { return }
        if CellText.isLocalNumber(text) {
            guard !columns[column].isToldLocal else { return }
            columns[column].isToldLocal = true
            return values.note(
                "line \(lineCount), column '\(columns[column].name.shortened)': '\(text)' is no number as programs "
                    + "write it, with a point and nothing between thousands (1234.5); cells like it were passed over")
        }
        guard columns[column].firstText == nil else { return }
        columns[column].firstText = (lineCount, text.shortened)
        tellMixed(column, &values)
    }

    /// A row whose step is no number: the heading once more, or something that is told.
    private mutating func leaveOut(_ text: String, _ column: Int, _ values: inout RunValues) {
        if CellText.isMissing(text) { return }
        isLeftOut = true
        guard text != columns[column].name, !isToldStep else { return }
        isToldStep = true
        values.note(
            "line \(lineCount), column '\(columns[column].name.shortened)': step '\(text.shortened)' is no whole "
                + "number; rows like it were left out")
    }

    /// Says so once when a column has both numbers and texts.
    private func tellMixed(_ column: Int, _ values: inout RunValues) {
        guard columns[column].hasNumbers, let first = columns[column].firstText else { return }
        values.note(
            "line \(first.line), column '\(columns[column].name.shortened)': '\(first.text)' is no number; cells "
                + "like it were passed over")
    }

    private func fault(_ problem: String, _ column: Int, at place: Int, remedy: String) -> FormatError {
        let name = columns[column].name.shortened
        return FormatError(
            .corrupt, "line \(lineCount), column '\(name)': \(problem)", at: place, remedy: remedy)
    }

    private static func separator(_ bytes: Span<UInt8>, _ end: Int) -> UInt8 {
        let candidates = [UInt8(ascii: ","), 0x09, UInt8(ascii: ";")]
        return candidates.first { candidate in (0..<end).contains { bytes[$0] == candidate } } ?? candidates[0]
    }
}
