import Bytes
import Catalog
import Foundation
import Measurements

/// Reads logs that are written anew each time: a Trainer's states, MLflow's folders, databases.
enum WholeReading {
    /// Pieces of one run, with remarks.
    struct Outcome {
        var pieces: [RunPiece] = []
        var notes: [String] = []
    }

    /// - Parameter known: the states that were read before, by path; a copy elsewhere is known by its bytes.
    static func trainerStates(
        _ paths: [String], of log: FoundLog, after known: [String: RunDraft.Source]
    ) throws -> Outcome {
        var outcome = Outcome()
        for path in paths {
            let file = try OpenFile(path)
            guard file.byteCount <= TrainerStateFile.greatestByteCount else {
                throw tooLong(file, TrainerStateFile.greatestByteCount)
            }
            let bytes = try file.bytes(0..<file.byteCount)
            let digest = Digest(of: bytes)
            guard !known.values.contains(where: { $0.digest == digest }) else { continue }
            var values = RunValues()
            do {
                let state = try TrainerStateFile(parsing: bytes, into: &values)
                if state.isCutOff { outcome.notes.append("\(path) is cut off; what comes before the cut was read") }
                let lastStep = values.points.lazy.flatMap(\.self).map(\.step).max()
                var draft = log.draft([.init(path: path, digest: digest, lastStep: state.globalStep ?? lastStep)])
                draft.parameters = state.parameters.map { .init($0.name, $0.value) }
                outcome.pieces.append(RunPiece(draft, values, .whole))
            } catch { throw error.within(file: path) }
        }
        return outcome
    }

    /// A run's folder: `metrics/NAME` and `params/NAME`, names with `/` in folders, and `tags/NAME`.
    static func mlflowFolder(_ folder: String, _ run: MLflowRunFile, of log: FoundLog) throws -> Outcome {
        var outcome = Outcome()
        var values = RunValues()
        for name in try names(in: folder + "/metrics") {
            let file = try OpenFile(folder + "/metrics/" + name)
            var feed = RunLogFeed(MLflowMetricFile(name: name))
            while try feed.takeNew(of: file, upTo: file.byteCount, into: &values) {
                guard values.count < RunValues.mostValues else { throw tooLong(file, RunValues.mostValues) }
            }
            if try feed.finish(file, upTo: file.byteCount, into: &values) > 0 {
                outcome.notes.append("\(file.path) ends in a line that is cut off; it was left")
            }
        }
        var draft = log.draft([.init(path: folder + "/meta.yaml")])
        draft.startedAt = run.startedAt
        draft.endedAt = run.endedAt
        draft.state = run.status.flatMap { RunDraft.State(mlflow: $0) }
        for (part, prefix) in [("params", ""), ("tags", "tags.")] {
            for name in try names(in: "\(folder)/\(part)") where !name.hasPrefix("mlflow.") {
                let file = try OpenFile("\(folder)/\(part)/\(name)")
                guard file.byteCount <= longestParameter else { continue }
                let value = String(decoding: try file.bytes(0..<file.byteCount), as: UTF8.self)
                draft.parameters.append(.init(prefix + name, value))
            }
        }
        outcome.pieces.append(RunPiece(draft, values, .whole))
        return outcome
    }

    /// A run of a database.
    static func database(_ path: String, _ run: ForeignRun, of log: FoundLog, in open: RunDatabase) throws -> Outcome {
        var values = RunValues()
        try open.read(run, into: &values)
        var draft = log.draft([.init(path: path)])
        draft.startedAt = run.startedAt
        draft.endedAt = run.endedAt
        draft.state = run.state
        draft.parameters = try open.parameters(of: run)
        return Outcome(pieces: [RunPiece(draft, values, .whole)])
    }

    private static let longestParameter = 100_000
    private static let deepest = 8

    /// The files in a folder and below, as paths from it; none when there is no such folder.
    private static func names(in folder: String, depth: Int = 0) throws -> [String] {
        guard depth < deepest, Folder.isFolder(folder) else { return [] }
        return try Folder.entries(of: folder).flatMap { name -> [String] in
            let path = folder + "/" + name
            return switch Folder.entry(at: path) {
            case .file: [name]
            case .folder: try names(in: path, depth: depth + 1).map { "\(name)/\($0)" }
            case .link, .other: []
            }
        }
    }

    private static func tooLong(_ file: OpenFile, _ most: Int) -> FormatError {
        FormatError(
            .refused, "the log has \(file.byteCount) bytes, more than is read in one go (\(most))", file: file.path,
            remedy: "Check that this is a training log")
    }
}
