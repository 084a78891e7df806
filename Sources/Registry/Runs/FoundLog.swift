import Bytes
import Catalog
import Foundation
import Measurements

/// A training run that was found on disk, before its values are read.
struct FoundLog: Equatable {
    /// Where the values are.
    enum Content: Equatable {
        /// Logs that only grow, read one after the other.
        case streams([String])
        /// States of one Trainer, the latest last.
        case trainerStates([String])
        /// A run's folder of MLflow's file store.
        case mlflowFolder(String, MLflowRunFile)
        /// One run of a database.
        case database(String, ForeignRun)
    }

    var origin: String
    var name: String
    var kind: RunLogKind
    var experiment: String?
    var content: Content

    /// What a person would call the log.
    var path: String {
        switch content {
        case .streams(let paths), .trainerStates(let paths): paths.first ?? ""
        case .mlflowFolder(let path, _), .database(let path, _): path
        }
    }

    static func stream(_ path: String, _ kind: RunLogKind) -> Self {
        let name = RunLogName.ofFile(path)
        return Self(origin: "file:\(path)", name: name, kind: kind, content: .streams([path]))
    }

    /// - Parameter folder: the folder of the event files `paths`.
    static func events(_ folder: String, _ paths: [String]) -> Self {
        Self(
            origin: "events:\(folder)", name: RunLogName.ofFolder(folder), kind: .tensorBoard, content: .streams(paths))
    }

    /// - Parameter folder: the Trainer's output folder.
    static func trainer(_ folder: String, _ paths: [String]) -> Self {
        Self(
            origin: "trainer:\(folder)", name: RunLogName.ofFolder(folder), kind: .trainerState,
            content: .trainerStates(paths))
    }
}

/// Names of runs, from where their logs lie.
enum RunLogName {
    /// Names that every second log has: its folder says more.
    private static let common: Set = [
        "training_log", "train_log", "log", "logs", "metrics", "history", "training", "train", "trainer_state",
        "trainer_log", "loss", "losses", "output", "progress", "train_metrics", "training_history",
    ]
    private static let commonFolders: Set = ["logs", "log", "runs", "tb", "tensorboard", "events", "train", "eval"]

    static func ofFile(_ path: String) -> String {
        let (folder, name) = parts(of: path)
        let dot = name.utf8.lastIndex(of: UInt8(ascii: "."))
        let stem = dot.map { name[..<$0] } ?? name
        guard !stem.isEmpty else { return String(name) }
        return common.contains(stem.lowercased()) ? ofFolder(String(folder)) : String(stem)
    }

    /// What stands behind the last period of a file's name, in lower case.
    static func suffix(of name: String) -> String {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return "" }
        return name[name.utf8.index(after: dot)...].lowercased()
    }

    private static func parts(of path: String) -> (folder: Substring, name: Substring) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path[...]) }
        return (path[..<slash], path[path.utf8.index(after: slash)...])
    }

    /// The folder's name, with the one above it where it says little: `lightning_logs/version_3`.
    static func ofFolder(_ path: String) -> String {
        let url = URL(fileURLWithPath: path)
        let name = url.lastPathComponent
        let isCommon = commonFolders.contains(name.lowercased()) || name.hasPrefix("version_")
        let above = url.deletingLastPathComponent().lastPathComponent
        guard name != "/", !name.isEmpty else { return "run" }
        return isCommon && above != "/" && !above.isEmpty ? "\(above)/\(name)" : name
    }
}
