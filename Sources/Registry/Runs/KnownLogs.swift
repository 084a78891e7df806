import Bytes
import Catalog

/// What the catalog knows of some logs, asked for all of them at once.
struct KnownLogs {
    private var runs: [String: KnownRun]
    /// The origins of runs that were read from files with the same bytes, by the logs' own origins.
    private var copied: [String: String] = [:]
    /// Logs that are not known, with the same bytes as an earlier one of these: its path, by the copies' origins.
    private(set) var twins: [String: String] = [:]

    /// No more logs are looked up together.
    static let mostLogs = 1_000

    /// - Parameter findingCopies: whether a log that is not known may be a copy of one that is, such as in a copy of a
    ///   checkpoint's folder.
    init(_ logs: some Sequence<FoundLog>, in catalog: CatalogDatabase, findingCopies: Bool) async throws {
        runs = try catalog.runs(from: logs.lazy.map(\.origin))
        guard findingCopies else { return }
        var digests: [String: Digest] = [:]
        let unknown = logs.filter { runs[$0.origin] == nil }
        let found = try await WorkQueue.map(groupsOf: 32, unknown) { try Self.digest(of: $0) }
        var paths: [Digest: String] = [:]
        for (log, digest) in zip(unknown, found) {
            digests[log.origin] = digest
            guard let digest else { continue }
            if let path = paths[digest] { twins[log.origin] = path } else { paths[digest] = log.path }
        }
        let origins = try catalog.origins(ofRunsReadFrom: digests.values)
        copied = digests.compactMapValues { origins[$0] }
        runs.merge(try catalog.runs(from: Set(copied.values))) { known, _ in known }
    }

    /// The origin of the run that a log belongs to.
    func origin(of log: FoundLog) -> String { copied[log.origin] ?? log.origin }

    /// The run that was made from a log, or from the one that it is a copy of.
    func run(of log: FoundLog) -> KnownRun? { runs[origin(of: log)] }

    /// Of the log's latest file; nil for one without bytes, which is like any other, and for what is no file.
    private static func digest(of log: FoundLog) throws -> Digest? {
        switch log.content {
        case .streams(let paths), .trainerStates(let paths):
            guard let path = paths.last, FileIdentity(path: path)?.byteCount ?? 0 > 0 else { return nil }
            return try StreamReading.fileDigest(path)
        case .mlflowFolder, .database: return nil
        }
    }
}
