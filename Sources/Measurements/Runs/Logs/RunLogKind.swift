package import Bytes

/// The kinds of training logs that are read, recognized by their first bytes.
package enum RunLogKind: String, CaseIterable, Sendable {
    case trainerState = "trainer-state"
    case tensorBoard = "tensorboard"
    case trackio
    case mlflow
    case csv
    case jsonLines = "jsonl"

    /// How much of a file's start is looked at.
    package static let startByteCount = 64 << 10

    /// What a single file is; nil for what is no log, and for a database, whose tables tell (`isDatabase`).
    package static func recognized(_ start: Span<UInt8>) -> Self? {
        if EventLog.recognizes(start) { return .tensorBoard }
        // A state on one line is an object too; its members tell.
        if TrainerStateFile.recognizes(start), hasHistory(start) || !JSONLinesLog.recognizes(start) {
            return .trainerState
        }
        if JSONLinesLog.recognizes(start) { return .jsonLines }
        return TableLog.recognizes(start) ? .csv : nil
    }

    /// The kind of a log that grows, when `start`, a file's first bytes, holds values and tells their steps; nil for
    /// another table.
    /// - Throws: `FormatError` at a record behind the first that is damaged.
    package static func tellingSteps(_ start: Span<UInt8>) throws(FormatError) -> Self? {
        var values = RunValues()
        // Most logs in large folders have few records: these are read once to know them.
        if !TrainerStateFile.recognizes(start), let log = try JSONLinesLog.begun(start, into: &values) {
            return log.tellsSteps && values.count > 0 ? .jsonLines : nil
        }
        guard let kind = recognized(start), var stream = kind.stream else { return nil }
        _ = try stream.take(start, into: &values)
        return stream.tellsSteps && values.count > 0 ? kind : nil
    }

    /// Whether a file is an SQLite database. Source: sqlite.org/fileformat2.html, section 1.3.
    package static func isDatabase(_ start: Span<UInt8>) -> Bool {
        start.count >= 16 && NumberText.text(start, 0, 16) == "SQLite format 3\0"
    }

    /// A stream for a log that grows at its end; nil for the others.
    package var stream: (any RunLogStream)? {
        switch self {
        case .tensorBoard: EventLog()
        case .csv: TableLog()
        case .jsonLines: JSONLinesLog()
        case .trainerState, .trackio, .mlflow: nil
        }
    }

    private static func hasHistory(_ start: Span<UInt8>) -> Bool {
        NumberText.contains("\"log_history\"", in: start)
    }
}
