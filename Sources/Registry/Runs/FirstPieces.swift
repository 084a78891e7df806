import Bytes
import Catalog

/// What the first look into each of some new logs gives, read by several threads: a thousand runs are a thousand small
/// files.
struct FirstPieces: Sendable {
    private var readings: [String: Beginning] = [:]

    /// A reading that has given its first piece.
    struct Beginning: Sendable {
        var reading: StreamReading
        let first: (piece: RunPiece, isLast: Bool)
    }

    /// No more logs are begun together, nor more bytes: others are read as they come.
    static let mostLogs = 128
    private static let mostBytes: Int64 = 2 << 20
    private static let longestLog = 128 << 10

    /// Logs that cannot be read are left out, so that whoever reads them in their turn says why.
    init(of logs: [FoundLog], _ known: KnownLogs) async throws {
        var byteCount: Int64 = 0
        let new = logs.compactMap { log -> (path: String, log: FoundLog)? in
            guard known.run(of: log) == nil, case .streams(let paths) = log.content, paths.count == 1,
                let size = FileIdentity(path: paths[0])?.byteCount, size <= Self.longestLog,
                byteCount + size <= Self.mostBytes
            else { return nil }
            byteCount += size
            return (paths[0], log)
        }
        let all = try await WorkQueue.map(groupsOf: 8, new) { try? Self.begin($0.path, $0.log) }
        for (one, beginning) in zip(new, all) { readings[one.path] = beginning }
    }

    private static func begin(_ path: String, _ log: FoundLog) throws -> Beginning {
        var reading = try StreamReading(path, of: log, after: nil)
        let first = try reading.next(isOver: true)
        return Beginning(reading: reading, first: first)
    }

    /// The beginning of a file's reading, which is given away; nil when it was not begun.
    mutating func take(_ path: String) -> Beginning? { readings.removeValue(forKey: path) }
}
