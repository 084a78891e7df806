import Bytes
import Catalog
import Foundation
import Measurements

/// What `runs watch` is asked for.
public struct RunsWatchRequest: Sendable {
    /// A log that grows at its end, or a folder of event files.
    public var path: String
    /// What to call the run; else as its log or folder is called.
    public var name: String?
    public var experiment: String?
    /// How long to wait between two looks.
    public var interval: Duration = .seconds(2)
    /// Ends the watch when nothing came for so long; nil watches until the task is cancelled.
    public var untilIdle: Duration?

    /// Watches the log at `path` until the task is cancelled.
    public init(path: String) { self.path = path }
}

/// What a look at a log found.
public struct RunWatchState: Sendable {
    public var run: String
    /// The greatest step that was seen.
    public var step: Int?
    /// Values that this watch has recorded.
    public var addedValues: Int
    /// The latest value of each metric, in the order of their first appearance.
    public var latest: [(metric: String, value: Double)]
}

extension ModelRegistry {
    /// Follows a log while a program writes it, each look one transaction. It goes on where an import or an earlier
    /// watch left off, and ends in good order when its task is cancelled.
    /// - Parameter tell: gets the state after each look that found something.
    public func watchRun(
        _ request: RunsWatchRequest, tell: @Sendable (RunWatchState) -> Void = { _ in }
    ) async throws -> RunsImportReport {
        let start = ContinuousClock.now
        var watch = try RunWatch(request, catalog: catalog, log: try await firstLog(request))
        var lastGrowth = ContinuousClock.now
        while !Task.isCancelled {
            if try await watch.look(isOver: false) {
                lastGrowth = .now
                tell(watch.state)
            }
            if let idle = request.untilIdle, ContinuousClock.now - lastGrowth >= idle { break }
            do { try await Task.sleep(for: request.interval) } catch is CancellationError { break }
        }
        _ = try await watch.look(isOver: true)
        return watch.report(seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// The log, once its program has written something.
    private func firstLog(_ request: RunsWatchRequest) async throws -> FoundLog {
        while !Folder.isFolder(request.path), let identity = FileIdentity(path: request.path), identity.byteCount == 0 {
            try await Task.sleep(for: request.interval)
        }
        let logs = try await RunWatch.logs(at: request.path)
        guard logs.count == 1, var log = logs.first, case .streams = log.content else {
            throw RegistryError(
                logs.count > 1
                    ? "\(request.path) holds \(logs.count) runs"
                    : "a \(logs.first?.kind.rawValue ?? "log") is written anew",
                remedy: "Watch one CSV, JSON Lines or event file, or a folder of event files; import others again")
        }
        log.experiment = request.experiment ?? log.experiment
        return try request.name.map { try named($0, log) } ?? log
    }
}

/// A log that is being watched: one reading for each of its files.
private struct RunWatch {
    private let catalog: CatalogDatabase
    private let log: FoundLog
    private let path: String
    private var readings: [String: (reading: StreamReading, identity: FileIdentity)] = [:]
    private var known: [String: RunDraft.Source]
    /// Files of which something was recorded by this watch.
    private var recorded: Set<String> = []
    private var latest = RunValues()
    private var outcome: RunOutcome?
    private let wasKnown: Bool
    private let firstName: String
    private var addedCount = 0
    private var notes: [String] = []

    init(_ request: RunsWatchRequest, catalog: CatalogDatabase, log: FoundLog) throws {
        self.catalog = catalog
        self.log = log
        path = request.path
        let run = try catalog.runs(from: [log.origin])[log.origin]
        known = run?.sources ?? [:]
        wasKnown = run != nil
        firstName = run?.name ?? log.name
    }

    static func logs(at path: String) async throws -> [FoundLog] {
        var finder = LogFinder()
        try await finder.find(path)
        return finder.logs()
    }

    /// Records what is new. Returns whether there was something.
    mutating func look(isOver: Bool) async throws -> Bool {
        var isNew = false
        for path in try await paths() where try read(path, isOver: isOver) { isNew = true }
        return isNew
    }

    /// A program that goes on after a stop begins another event file beside the first.
    private func paths() async throws -> [String] {
        guard log.kind == .tensorBoard, Folder.isFolder(path) else {
            if case .streams(let paths) = log.content { return paths }
            return []
        }
        let found = try await Self.logs(at: path).first { $0.kind == .tensorBoard }
        if case .streams(let paths)? = found?.content { return paths }
        return []
    }

    private mutating func read(_ path: String, isOver: Bool) throws -> Bool {
        guard let identity = FileIdentity(path: path) else {
            throw RegistryError("\(path) went away", remedy: "Import what took its place under another name with --as")
        }
        if let before = readings[path]?.identity {
            guard before.inode == identity.inode, before.device == identity.device else {
                throw RegistryError(
                    "\(path) was replaced by another file", remedy: "Import it under another name with --as")
            }
            if before == identity, !isOver { return false }
        }
        var reading = try readings[path]?.reading ?? StreamReading(path, of: log, after: known[path])
        var isNew = false
        var isLast = false
        while !isLast {
            var (piece, last) = try reading.next(upTo: Int(identity.byteCount), isOver: isOver)
            isLast = last
            notes += piece.values.notes
            // An empty line moves on without a value; the next piece follows on it.
            guard case .following(let before) = piece.manner, piece.draft.sources.first?.position != before else {
                continue
            }
            if known[path] == nil, !recorded.contains(path) {
                // A log is no run before its first value.
                guard piece.values.count > 0 else { continue }
                piece.manner = .following(nil)
            }
            outcome = try catalog.record([piece]).first
            recorded.insert(path)
            addedCount += outcome?.addedCount ?? 0
            try keepLatest(piece.values)
            if piece.values.count > 0 { isNew = true }
        }
        readings[path] = (reading, identity)
        return isNew
    }

    private mutating func keepLatest(_ values: RunValues) throws {
        for (name, points) in zip(values.metrics, values.points) {
            guard let last = points.last else { continue }
            latest.replace(try latest.metric(named: name), with: last)
        }
    }

    var state: RunWatchState {
        RunWatchState(
            run: outcome?.name ?? firstName, step: outcome?.lastStep.map { Int($0) }, addedValues: addedCount,
            latest: zip(latest.metrics, latest.points).compactMap { name, points in
                points.last.map { (name, $0.value) }
            })
    }

    func report(seconds: Double) -> RunsImportReport {
        let word = wasKnown ? (addedCount > 0 ? "grown" : "unchanged") : "imported"
        return RunsImportReport(
            runs: [
                .init(
                    run: outcome?.name ?? firstName, outcome: word, kind: log.kind.rawValue, path: log.path,
                    addedValues: addedCount, lastStep: outcome?.lastStep.map { Int($0) })
            ],
            addedValues: addedCount, notes: notes, seconds: seconds)
    }
}
