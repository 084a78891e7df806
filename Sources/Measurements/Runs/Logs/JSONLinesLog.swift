package import Bytes

/// A log of one JSON object a line, as training scripts write them.
///
/// Every member that is a number is a metric, those of objects inside under `outer/inner`. The step is the first member
/// with one of the names of `LogField.stepNames`; else a whole `epoch`; else the place among the records, from 0. NaN
/// and infinities may be bare words or strings. Texts, Booleans, nulls and arrays are passed over.
package struct JSONLinesLog: RunLogStream {
    /// What a member at this place of a record was called last time, and what it is: records repeat their members.
    private struct Member {
        let key: [UInt8]
        let field: LogField
    }

    private var members: [Member] = []
    private var fields: [String: LogField] = [:]
    private var recordCount: Int64 = 0
    private var lineCount = 0
    package private(set) var tellsSteps = false
    // The record that is being read.
    private var step: Int64?
    private var epoch: Int64?
    private var time = RunValues.noTime
    private var elapsed = RunValues.noTime
    private var seconds = ElapsedSeconds()
    private var found: [(metric: Int32, value: Double)] = []
    private var ordinal = 0

    private static let deepest = 16

    package init() {}

    /// Whether `start`, a file's first bytes, begins with a line that is one JSON object, or a piece of one.
    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        let text = TextStart.markByteCount(start)
        guard let first = (text..<start.count).first(where: { !isSpace(start[$0]) && start[$0] != lineFeed }) else {
            return false
        }
        guard start[first] == UInt8(ascii: "{") else { return false }
        guard let end = (first..<start.count).first(where: { start[$0] == lineFeed }) else { return true }
        var values = RunValues()
        var log = Self()
        do {
            try log.takeRecord(start, first, end, into: &values)
            return true
        } catch { return false }
    }

    /// A log that has read the whole lines of `start`, a file's first bytes; nil when the first is no object.
    /// - Throws: `FormatError` at a later line that is damaged.
    static func begun(_ start: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Self? {
        let text = TextStart.markByteCount(start)
        guard let first = (text..<start.count).first(where: { !isSpace(start[$0]) && start[$0] != lineFeed }),
            start[first] == UInt8(ascii: "{")
        else { return nil }
        var log = Self()
        do {
            _ = try log.take(start, into: &values)
        } catch  where log.recordCount == 0 { return nil }
        return log
    }

    package mutating func take(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Int {
        var start = 0
        var place = 0
        while place < bytes.count {
            if bytes[place] == Self.lineFeed {
                try takeRecord(bytes, start, place, into: &values)
                start = place + 1
            }
            place += 1
        }
        return start
    }

    package mutating func takeLast(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Bool {
        var attempt = self
        do {
            try attempt.takeRecord(bytes, 0, bytes.count, into: &values)
        } catch  where error.code == .truncated {
            values.note(
                "line \(lineCount + 1) is cut off inside its object and was left; an import reads it when it is whole")
            return false
        }
        self = attempt
        return true
    }

    package var uselessness: String? {
        recordCount == 0 ? nil : "no value was read: no member is a number, beside the step and times"
    }

    private mutating func takeRecord(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into values: inout RunValues
    ) throws(FormatError) {
        var place = start + (lineCount == 0 ? TextStart.markByteCount(bytes, at: start) : 0)
        lineCount += 1
        Self.skipSpace(bytes, &place, end)
        guard place < end else { return }
        (step, epoch, time, elapsed, ordinal) = (nil, nil, RunValues.noTime, RunValues.noTime, 0)
        found.removeAll(keepingCapacity: true)
        try takeObject(bytes, &place, end, prefix: "", depth: 0, &values)
        Self.skipSpace(bytes, &place, end)
        guard place == end else { throw Self.fault("the line goes on after its object", at: place) }
        if step != nil || epoch != nil { tellsSteps = true }
        let step = step ?? epoch ?? recordCount
        if time == RunValues.noTime { time = elapsed }
        for (metric, value) in found { values.append(series: metric, step: step, time: time, value: value) }
        recordCount += 1
    }

    private mutating func takeObject(
        _ bytes: Span<UInt8>, _ place: inout Int, _ end: Int, prefix: String, depth: Int, _ values: inout RunValues
    ) throws(FormatError) {
        guard depth <= Self.deepest else { throw Self.fault("more than \(Self.deepest) levels", at: place) }
        try Self.take(UInt8(ascii: "{"), bytes, &place, end)
        Self.skipSpace(bytes, &place, end)
        if place < end, bytes[place] == UInt8(ascii: "}") {
            place += 1
            return
        }
        while true {
            Self.skipSpace(bytes, &place, end)
            let key = try Self.string(bytes, &place, end)
            try Self.take(UInt8(ascii: ":"), bytes, &place, end)
            Self.skipSpace(bytes, &place, end)
            guard place < end else { throw Self.cutOff(at: place) }
            if bytes[place] == UInt8(ascii: "{") {
                let name = prefix + NumberText.text(bytes, key.lowerBound, key.upperBound) + "/"
                try takeObject(bytes, &place, end, prefix: name, depth: depth + 1, &values)
            } else {
                try takeMember(key, bytes, &place, end, prefix: prefix, &values)
            }
            Self.skipSpace(bytes, &place, end)
            guard place < end else { throw Self.cutOff(at: place) }
            if bytes[place] == UInt8(ascii: "}") {
                place += 1
                return
            }
            try Self.take(UInt8(ascii: ","), bytes, &place, end)
        }
    }

    private mutating func takeMember(
        _ key: Range<Int>, _ bytes: Span<UInt8>, _ place: inout Int, _ end: Int, prefix: String,
        _ values: inout RunValues
    ) throws(FormatError) {
        switch bytes[place] {
        case UInt8(ascii: "\""):
            let text = try Self.string(bytes, &place, end)
            try takeText(text, key, bytes, prefix: prefix, &values)
        case UInt8(ascii: "["): try Self.skipArray(bytes, &place, end)
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): try Self.skipWord(bytes, &place, end)
        default:
            let start = place
            while place < end, !Self.endsNumber(bytes[place]) { place += 1 }
            // A number at the very end may go on where the line was cut.
            guard place < end else { throw Self.cutOff(at: place) }
            guard let value = NumberText.number(bytes, start, place) else {
                throw Self.fault("expected a value", at: start)
            }
            try use(value, as: field(key, bytes, prefix: prefix, &values), at: start)
        }
    }

    private mutating func use(_ value: Double, as field: LogField, at place: Int) throws(FormatError) {
        switch field {
        case .metric(let metric):
            found.append((metric, value))
            if metric == epochMetric { epoch = LogField.step(value) }
        case .elapsed(let metric):
            found.append((metric, value))
            elapsed = seconds.take(value)
        case .time: time = LogField.milliseconds(value) ?? time
        case .step:
            guard step == nil else { return }
            guard let number = LogField.step(value) else {
                throw Self.fault("step \(value) is no whole number", at: place)
            }
            step = number
        case .ignored: break
        }
    }

    /// A text is a moment, or NaN or an infinity, or nothing that counts.
    private mutating func takeText(
        _ text: Range<Int>, _ key: Range<Int>, _ bytes: Span<UInt8>, prefix: String, _ values: inout RunValues
    ) throws(FormatError) {
        guard text.count <= 40, !text.isEmpty else { return }
        if let value = NumberText.number(bytes, text.lowerBound, text.upperBound) {
            guard !value.isFinite else { return }
            return try use(value, as: field(key, bytes, prefix: prefix, &values), at: text.lowerBound)
        }
        let name = NumberText.text(bytes, key.lowerBound, key.upperBound)
        guard prefix.isEmpty, LogField.timeNames.contains(name) else { return }
        time = MomentText.milliseconds(NumberText.text(bytes, text.lowerBound, text.upperBound)) ?? time
    }

    private var epochMetric: Int32 = -1

    /// What the member called `key` is.
    private mutating func field(
        _ key: Range<Int>, _ bytes: Span<UInt8>, prefix: String, _ values: inout RunValues
    ) throws(FormatError) -> LogField {
        defer { ordinal += 1 }
        if prefix.isEmpty, ordinal < members.count, Self.equal(members[ordinal].key, bytes, key) {
            return members[ordinal].field
        }
        let text = NumberText.text(bytes, key.lowerBound, key.upperBound)
        let name = prefix + (text.contains("\\") ? try Self.unescaped(text, at: key.lowerBound) : text)
        let field: LogField
        if let known = fields[name] {
            field = known
        } else {
            field = try kind(of: name, &values)
            fields[name] = field
        }
        if prefix.isEmpty {
            let member = Member(key: key.map { bytes[$0] }, field: field)
            if ordinal < members.count {
                members[ordinal] = member
            } else if ordinal == members.count {
                members.append(member)
            }
        }
        return field
    }

    private mutating func kind(of name: String, _ values: inout RunValues) throws(FormatError) -> LogField {
        if LogField.stepNames.contains(name) { return .step }
        if LogField.timeNames.contains(name) { return .time }
        if name.isEmpty { return .ignored }
        let metric = try values.metric(named: name)
        if name == LogField.epochName { epochMetric = metric }
        if LogField.elapsedNames.contains(name) { return .elapsed(metric) }
        return .metric(metric)
    }
}

extension JSONLinesLog {
    private static let lineFeed = UInt8(ascii: "\n")

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0D || byte == 0x09 }

    private static func skipSpace(_ bytes: Span<UInt8>, _ place: inout Int, _ end: Int) {
        while place < end, isSpace(bytes[place]) { place += 1 }
    }

    private static func endsNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || isSpace(byte)
    }

    private static func take(
        _ byte: UInt8, _ bytes: Span<UInt8>, _ place: inout Int, _ end: Int
    ) throws(FormatError) {
        skipSpace(bytes, &place, end)
        guard place < end else { throw cutOff(at: place) }
        guard bytes[place] == byte else { throw fault("expected '\(Character(UnicodeScalar(byte)))'", at: place) }
        place += 1
    }

    /// Where the bytes between the quotes lie.
    private static func string(
        _ bytes: Span<UInt8>, _ place: inout Int, _ end: Int
    ) throws(FormatError) -> Range<Int> {
        try take(UInt8(ascii: "\""), bytes, &place, end)
        let start = place
        while place < end, bytes[place] != UInt8(ascii: "\"") {
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard place < end else { throw cutOff(at: end) }
        defer { place += 1 }
        return start..<place
    }

    private static func unescaped(_ text: String, at place: Int) throws(FormatError) -> String {
        var scanner = JSONScanner(Array("\"\(text)\"".utf8))
        do { return try scanner.takeString() } catch { throw error.moved(by: place) }
    }

    private static func skipArray(_ bytes: Span<UInt8>, _ place: inout Int, _ end: Int) throws(FormatError) {
        var depth = 0
        while place < end {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                _ = try string(bytes, &place, end)
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            place += 1
            if depth == 0 { return }
        }
        throw cutOff(at: end)
    }

    private static func skipWord(_ bytes: Span<UInt8>, _ place: inout Int, _ end: Int) throws(FormatError) {
        let start = place
        while place < end, !endsNumber(bytes[place]) { place += 1 }
        guard place < end else { throw cutOff(at: place) }
        let word = NumberText.text(bytes, start, min(place, start + 8))
        guard ["true", "false", "null"].contains(word) else { throw fault("expected a value", at: start) }
    }

    private static func equal(_ key: [UInt8], _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard key.count == range.count else { return false }
        for index in 0..<key.count where key[index] != bytes[range.lowerBound + index] { return false }
        return true
    }

    private static func fault(_ problem: String, at place: Int) -> FormatError {
        FormatError(
            .corrupt, "the line is no JSON object: \(problem)", at: place,
            remedy: "Remove the damaged line, or write the log again")
    }

    private static func cutOff(at place: Int) -> FormatError {
        FormatError(
            .truncated, "the line ends inside its JSON object", at: place,
            remedy: "Remove the damaged line, or write the log again")
    }
}
