import Bytes
import Catalog
import Foundation
import Measurements

/// Finds training logs: in a file by its first bytes, in a folder by a walk over it.
///
/// A walk takes event files (all of one folder are one run), `trainer_state.json` (all checkpoints of one output folder
/// are one run), runs of MLflow's file store, CSV and JSONL files that tell their steps, and databases of MLflow and
/// Trackio. Links are not followed.
struct LogFinder {
    private(set) var found: [FoundLog] = []
    private(set) var notes: [String] = []
    private var trainerStates: [String: [String]] = [:]
    /// Files of a walk that may be logs, to be looked into.
    private var tables: [String] = []
    private var entryCount = 0

    private static let mostEntries = 1_000_000
    private static let deepest = 24
    private static let tableExtensions: Set = ["csv", "tsv", "jsonl", "ndjson"]
    private static let databaseExtensions: Set = ["db", "sqlite", "sqlite3"]

    /// Finds what is at `path`.
    /// - Throws: `RegistryError` when nothing is there, or no log; what the system says.
    mutating func find(_ path: String) async throws {
        guard let resolved = Folder.resolved(path) else {
            throw RegistryError("there is nothing at \(path)", remedy: "Check the path")
        }
        let before = found.count + trainerStates.count
        if Folder.isFolder(resolved) {
            try walk(resolved, depth: 0)
            try await lookIntoTables()
            guard found.count + trainerStates.count > before else {
                throw RegistryError(
                    "there is no training log in \(path)" + (notes.first.map { " (\($0))" } ?? ""),
                    remedy:
                        "Give a trainer_state.json, TensorBoard event files, an MLflow or Trackio store, CSV or JSONL")
            }
        } else {
            try takeFile(resolved, named: path)
        }
    }

    /// What was found, by path; a Trainer's states are put together.
    consuming func logs() -> [FoundLog] {
        for (folder, paths) in trainerStates {
            let sorted = paths.sorted { (Self.checkpointStep($0), $0) < (Self.checkpointStep($1), $1) }
            found.append(.trainer(folder, sorted))
        }
        // A log may be given twice, as itself and in its folder.
        var seen: Set<String> = []
        return found.filter { seen.insert($0.origin).inserted }.sorted { ($0.path, $0.origin) < ($1.path, $1.origin) }
    }

    private mutating func takeFile(_ path: String, named given: String) throws {
        let file = try OpenFile(path)
        let start = try file.bytes(0..<min(file.byteCount, RunLogKind.startByteCount))
        if RunLogKind.isDatabase(start.span) { return try takeDatabase(path) }
        switch RunLogKind.recognized(start.span) {
        case .tensorBoard?: found.append(.events(Self.folder(of: path), [path]))
        case .trainerState?: takeTrainerState(path)
        case let kind?: found.append(.stream(path, kind))
        case nil:
            throw FormatError(
                .unsupported, "this is no training log that Ingot reads", file: given,
                remedy:
                    "Give a trainer_state.json, a TensorBoard event file, an MLflow or Trackio database, CSV or JSONL")
        }
    }

    private mutating func walk(_ folder: String, depth: Int) throws {
        let names = try Folder.entries(of: folder)
        entryCount += names.count
        guard depth < Self.deepest, entryCount <= Self.mostEntries else {
            throw RegistryError(
                "\(folder) has more than \(Self.mostEntries) entries, or \(Self.deepest) levels",
                remedy: "Name the folder of the logs themselves")
        }
        if names.contains("meta.yaml"), let run = try Self.mlflowRun(folder) { return takeMLflow(folder, run) }
        var events: [String] = []
        for name in names {
            let path = folder + "/" + name
            switch Folder.entry(at: path) {
            case .folder where name != ".trash": try walk(path, depth: depth + 1)
            case .file where name.contains("tfevents"): events.append(path)
            case .file where name == "trainer_state.json": takeTrainerState(path)
            case .file where Self.isTable(name): tables.append(path)
            case .file, .folder, .link, .other: continue
            }
        }
        if !events.isEmpty { found.append(.events(folder, events)) }
    }

    private static func isTable(_ name: String) -> Bool {
        let suffix = RunLogName.suffix(of: name)
        return tableExtensions.contains(suffix) || databaseExtensions.contains(suffix)
    }

    /// What a table in a folder is, which may be anything.
    private enum Table {
        /// It tells its steps.
        case log(RunLogKind)
        case database
        case other
        case damaged(FormatError)

        init(_ path: String) throws {
            let file = try OpenFile(path)
            let start = try file.bytes(0..<min(file.byteCount, RunLogKind.startByteCount))
            if RunLogKind.isDatabase(start.span) {
                self = .database
                return
            }
            do {
                self = try RunLogKind.tellingSteps(start.span).map { .log($0) } ?? .other
            } catch { self = .damaged(error.within(file: path)) }
        }
    }

    /// There may be thousands of small files, so several threads look.
    private mutating func lookIntoTables() async throws {
        let looks = try await WorkQueue.map(groupsOf: 32, tables) { path in try Table(path) }
        for (path, table) in zip(tables, looks) {
            switch table {
            case .log(let kind): found.append(.stream(path, kind))
            case .database:
                guard Self.databaseExtensions.contains(RunLogName.suffix(of: path)) else { continue }
                try takeDatabase(path, isGiven: false)
            case .other: continue
            case .damaged(let fault): notes.append("\(path) was left out: \(fault)")
            }
        }
        tables = []
    }

    private mutating func takeTrainerState(_ path: String) {
        let folder = Self.folder(of: path)
        let isCheckpoint = Self.checkpointStep(path) < .max
        trainerStates[isCheckpoint ? Self.folder(of: folder) : folder, default: []].append(path)
    }

    private mutating func takeMLflow(_ folder: String, _ run: MLflowRunFile) {
        guard !run.isDeleted else { return notes.append("\(folder) was left out: MLflow has it as deleted") }
        let above = Self.folder(of: folder) + "/meta.yaml"
        let experiment = (try? Self.smallFile(above)).flatMap { MLflowRunFile.experimentName(parsing: $0) }
        found.append(
            FoundLog(
                origin: "mlflow:\(run.runID)", name: run.name ?? run.runID, kind: .mlflow, experiment: experiment,
                content: .mlflowFolder(folder, run)))
    }

    private mutating func takeDatabase(_ path: String, isGiven: Bool = true) throws {
        guard let runs = try RunDatabase(path: path).map({ try $0.runs() }) else {
            guard isGiven else { return }
            throw FormatError(
                .unsupported, "this database has neither MLflow's nor Trackio's tables", file: path,
                remedy: "Give mlflow.db, or a project's database of Trackio")
        }
        found += runs.map { run in
            FoundLog(
                origin: run.origin, name: run.name, kind: run.kind, experiment: run.experiment,
                content: .database(path, run))
        }
    }

    private static func mlflowRun(_ folder: String) throws -> MLflowRunFile? {
        MLflowRunFile(parsing: try smallFile(folder + "/meta.yaml"))
    }

    private static func smallFile(_ path: String) throws -> [UInt8] {
        let file = try OpenFile(path)
        return try file.bytes(0..<min(file.byteCount, MLflowRunFile.greatestByteCount))
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// The step of `…/checkpoint-500/trainer_state.json`; the greatest number for a state outside of a checkpoint.
    private static func checkpointStep(_ path: String) -> Int {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().lastPathComponent
        return folder.hasPrefix("checkpoint-") ? Int(folder.dropFirst("checkpoint-".count)) ?? .max : .max
    }
}
