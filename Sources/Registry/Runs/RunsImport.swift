import Bytes
import Catalog
import Foundation
import Measurements

extension ModelRegistry {
    /// Takes training logs into the catalog. The same log again changes nothing; a log that grew adds what is new.
    ///
    /// - Throws: `FormatError` for a log that is damaged or was written anew; what was recorded before it stays, and
    ///   the same request goes on from there.
    public func importRuns(_ request: RunsImportRequest) async throws -> RunsImportReport {
        let start = ContinuousClock.now
        let artifact = try request.artifact.map { try self.artifact(named: $0).digest }
        var finder = LogFinder()
        for path in request.paths { try await finder.find(path) }
        let notes = finder.notes
        var logs = finder.logs()
        if let name = request.name {
            guard logs.count == 1 else {
                throw RegistryError(
                    "--as names one run, and \(logs.count) were found", remedy: "Give one log, or leave --as out")
            }
            logs[0] = try named(name, logs[0])
        }
        var recorder = RunRecorder(catalog: catalog, artifact: artifact)
        recorder.notes = notes
        var databases: [String: RunDatabase] = [:]
        for start in stride(from: 0, to: logs.count, by: KnownLogs.mostLogs) {
            let some = logs[start..<min(start + KnownLogs.mostLogs, logs.count)]
            let known = try await KnownLogs(some, in: catalog, findingCopies: request.name == nil)
            for start in stride(from: 0, to: some.count, by: FirstPieces.mostLogs) {
                let window = some.dropFirst(start).prefix(FirstPieces.mostLogs).map { log in
                    var log = log
                    log.experiment = request.experiment ?? log.experiment
                    log.origin = known.origin(of: log)
                    return log
                }
                var begun = try await FirstPieces(of: window, known)
                for log in window {
                    try Task.checkCancellation()
                    if let twin = known.twins[log.origin] {
                        recorder.notes.append("\(log.path) has the same bytes as \(twin), and was read once")
                        continue
                    }
                    if case .database(let path, _) = log.content, databases[path] == nil {
                        databases = [:]
                        databases[path] = try RunDatabase(path: path)
                    }
                    try read(log, known, &begun, databases: databases, into: &recorder)
                }
            }
        }
        try recorder.flush()
        try recorder.forgetEmptyRuns()
        return RunsImportReport(
            runs: recorder.runs, addedValues: recorder.addedCount, notes: recorder.notes,
            seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    private func read(
        _ log: FoundLog, _ knownLogs: KnownLogs, _ begun: inout FirstPieces, databases: [String: RunDatabase],
        into recorder: inout RunRecorder
    ) throws {
        let known = knownLogs.run(of: log)
        let sources = known?.sources ?? [:]
        recorder.begin(log, known: known?.name, lastStep: sources.values.compactMap(\.lastStep).max())
        switch log.content {
        case .streams(let paths):
            for path in paths { try readStream(path, of: log, sources, begun.take(path), into: &recorder) }
        case .trainerStates(let paths):
            let outcome = try WholeReading.trainerStates(paths, of: log, after: sources)
            recorder.notes += outcome.notes
            for piece in outcome.pieces { try recorder.add(piece) }
        case .mlflowFolder(let folder, let run):
            let outcome = try WholeReading.mlflowFolder(folder, run, of: log)
            recorder.notes += outcome.notes
            for piece in outcome.pieces { try recorder.add(piece) }
        case .database(let path, let run):
            guard let database = databases[path] else { return }
            for piece in try WholeReading.database(path, run, of: log, in: database).pieces { try recorder.add(piece) }
        }
    }

    private func readStream(
        _ path: String, of log: FoundLog, _ known: [String: RunDraft.Source], _ begun: FirstPieces.Beginning?,
        into recorder: inout RunRecorder
    ) throws {
        guard try !StreamReading.isKnown(path, among: known) else { return }
        var reading = try begun?.reading ?? StreamReading(path, of: log, after: known[path])
        var first = begun?.first
        while true {
            let (piece, isLast) = try first ?? reading.next(isOver: true)
            first = nil
            // Only the last piece can be without values: then nothing is known of the log, and it is no run yet.
            if piece.isBeginning, piece.values.count == 0, known.isEmpty { return recorder.leaveOut(piece) }
            try recorder.add(piece)
            if isLast { return }
        }
    }

    /// The log under a name that a person gave: the run that has the name when it is this log's, else a new one.
    func named(_ name: String, _ log: FoundLog) throws -> FoundLog {
        guard (1...200).contains(name.count), !name.unicodeScalars.contains(where: { $0.value < 32 }) else {
            throw RegistryError("a run's name has 1 to 200 characters on one line", remedy: "Give another name")
        }
        var log = log
        log.name = name
        let own = "\(log.origin)#\(name.lowercased())"
        if let taken = try catalog.origin(ofRunNamed: name) {
            guard taken == log.origin || taken == own else {
                throw RegistryError(
                    "the run '\(name)' was read from another log", remedy: "Choose another name, or remove it first")
            }
            log.origin = taken
        } else if try catalog.runs(from: [log.origin])[log.origin] != nil {
            log.origin = own
        }
        return log
    }
}

/// Collects pieces of runs, and records many in one transaction.
struct RunRecorder {
    let catalog: CatalogDatabase
    let artifact: Digest?
    var notes: [String] = []
    private(set) var runs: [RunsImportReport.Run] = []
    private(set) var addedCount = 0
    private var pieces: [RunPiece] = []
    /// Which of `runs` each piece belongs to.
    private var owners: [Int] = []
    private var valueCount = 0
    /// Places of `runs` of which there was something to record.
    private var recorded: Set<Int> = []

    private static let mostPieces = 20_000

    init(catalog: CatalogDatabase, artifact: Digest?) {
        self.catalog = catalog
        self.artifact = artifact
    }

    /// The pieces that follow belong to the run of `log`.
    mutating func begin(_ log: FoundLog, known: String?, lastStep: Int64?) {
        runs.append(
            .init(
                run: known ?? log.name, outcome: known == nil ? "imported" : "unchanged", kind: log.kind.rawValue,
                path: log.path, addedValues: 0, lastStep: lastStep.map { Int($0) }))
    }

    mutating func add(_ piece: RunPiece) throws {
        var piece = piece
        piece.artifact = artifact
        notes += piece.values.notes
        pieces.append(piece)
        owners.append(runs.count - 1)
        recorded.insert(runs.count - 1)
        valueCount += piece.values.count
        if valueCount >= RunLogFeed.mostValues || pieces.count >= Self.mostPieces { try flush() }
    }

    /// A log that has no value yet is no run: only what is to be said of it is kept.
    mutating func leaveOut(_ piece: RunPiece) { notes += piece.values.notes }

    /// Takes away the runs of which nothing was recorded.
    /// - Throws: `RegistryError` when no other is left.
    mutating func forgetEmptyRuns() throws {
        let left = runs.enumerated().filter { recorded.contains($0.offset) || $0.element.outcome == "unchanged" }
        guard !left.isEmpty || runs.isEmpty else {
            let path = runs[0].path
            let reasons = notes.prefix(3).map { $0.hasPrefix(path + ": ") ? String($0.dropFirst(path.count + 2)) : $0 }
            throw RegistryError(
                reasons.isEmpty ? "no value was read of \(path)" : "\(path): \(reasons.joined(separator: "; "))",
                remedy: "Import it again when its records have metrics as numbers, such as 2.5")
        }
        runs = left.map(\.element)
    }

    mutating func flush() throws {
        guard !pieces.isEmpty else { return }
        for (owner, outcome) in zip(owners, try catalog.record(pieces)) {
            runs[owner].run = outcome.name
            runs[owner].addedValues += outcome.addedCount
            runs[owner].lastStep = outcome.lastStep.map { Int($0) }
            if runs[owner].outcome == "unchanged", outcome.addedCount > 0 { runs[owner].outcome = "grown" }
            addedCount += outcome.addedCount
        }
        (pieces, owners, valueCount) = ([], [], 0)
    }
}
