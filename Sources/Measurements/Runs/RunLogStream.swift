package import Bytes

/// A training log that is read from its start to its end, in pieces, and may grow while it is read.
package protocol RunLogStream: Sendable {
    /// Whether a record told its step; else the records were counted.
    var tellsSteps: Bool { get }

    /// Reads as many whole records as `bytes` begins with, and returns how many bytes they take.
    /// - Throws: `FormatError`, its offset counted from the first of `bytes`.
    mutating func take(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Int

    /// Reads what stands behind the last whole record, when the log is over; says whether that was a record.
    mutating func takeLast(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Bool
}
