package import Bytes

/// A training log that is read from its start to its end, in pieces, and may grow while it is read.
package protocol RunLogStream: Sendable {
    /// Whether a record told its step; else the records were counted.
    var tellsSteps: Bool { get }

    /// Reads as many whole records as `bytes` begins with, and returns how many bytes they take.
    /// - Throws: `FormatError`, its offset counted from the first of `bytes`.
    mutating func take(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Int

    /// Reads what stands behind the last whole record, which may be nothing, when the log is over; says whether that
    /// was a record. What a person can do about one that is cut off becomes a note.
    mutating func takeLast(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Bool

    /// Why a log that is over and gave no value is of no use; nil when it may be so.
    var uselessness: String? { get }
}

extension RunLogStream {
    package var uselessness: String? { nil }
}
