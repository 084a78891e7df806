import Bytes
import Measurements

extension Exercise {
    /// A log that grows at its end, of any kind: read in one piece and byte by byte, it is the same.
    static let runLog = Exercise("run-log") { file in
        let bytes = try file.bytes(0..<file.byteCount)
        guard let kind = RunLogKind.recognized(bytes.span), let stream = kind.stream else {
            throw FormatError(.unsupported, "no log that grows", remedy: "Give another file")
        }
        return (stream: stream, values: try Self.read(bytes, stream, pieceByteCount: .max))
    } check: { log, file in
        let pieces = try Self.read(try file.bytes(0..<file.byteCount), log.stream, pieceByteCount: 7)
        try expect(pieces.metrics == log.values.metrics, "pieces have other metrics")
        try expect(pieces.count == log.values.count, "pieces have \(pieces.count) values of \(log.values.count)")
    }

    /// A Trainer's state.
    static let trainerState = Exercise("trainer-state") { file in
        var values = RunValues()
        let bytes = try file.bytes(0..<file.byteCount)
        _ = try TrainerStateFile(parsing: bytes, into: &values)
        return values
    } check: { values, _ in
        try expect(values.count == values.points.reduce(0) { $0 + $1.count }, "the count is wrong")
    }

    /// A row of Trackio's table.
    static let trackioRow = Exercise("trackio-row") { file in
        let bytes = try file.bytes(0..<file.byteCount)
        var values = RunValues()
        try TrackioRecord.take(bytes, step: 0, time: RunValues.noTime, into: &values)
        return try TrackioRecord.parameters(bytes).count
    } check: { _, _ in
    }

    private static func read(
        _ bytes: [UInt8], _ stream: any RunLogStream, pieceByteCount: Int
    ) throws -> RunValues {
        var stream = stream
        var values = RunValues()
        var held: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: min(pieceByteCount, max(1, bytes.count))) {
            held += bytes[start..<(start + min(pieceByteCount, bytes.count - start))]
            held.removeFirst(try stream.take(held.span, into: &values))
        }
        _ = try stream.takeLast(held.span, into: &values)
        return values
    }
}
