import ArgumentParser
import Bytes
import Foundation

/// Measures what runs cost: importing many, storing values, listing, and the room they take; and MLflow beside it.
struct RunsBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Measure the import of runs, lists of them, and their bytes; and MLflow with SQLite beside it.")

    @Option(help: "A folder to make, with logs and stores; it is removed at the end.") var work: String
    @Option(help: "How many runs are imported from files.") var imported = 1_000
    @Option(help: "How many metrics each run has.") var metrics = 20
    @Option(help: "How many runs are listed.") var listed = 100_000
    @Option(help: "How many values each metric of a long log has.") var steps = 1_000
    @Option(help: "A Python that has mlflow.") var peers: String?
    @Option(help: "The folder of the scripts that drive the peers.") var drivers = "scripts/peers"
    @Option(help: "How often to measure.") var runs = 5

    func validate() throws {
        guard runs > 0, imported > 0, metrics > 0, listed > 0, steps > 0 else {
            throw ValidationError("Counts must be above 0.")
        }
        guard !FileManager.default.fileExists(atPath: work) else {
            throw ValidationError("'\(work)' exists already; name another folder.")
        }
    }

    func run() async throws {
        try Folder.make(work)
        defer {
            // What cannot be removed is left to whoever named the folder.
            try? Folder.removeTree(work)
        }
        let bench = RunsBench(work: work, metricCount: metrics)
        let importing = try await bench.importing(runCount: imported, times: runs)
        let storing = try await bench.storing(stepCount: steps, times: runs)
        let lists = try bench.listing(runCount: listed, times: runs)
        let peer = try peers.map { try mlflow($0) }
        let sample = work + "/sample"
        try Data(repeating: 7, count: 256 << 20).write(to: URL(fileURLWithPath: sample))
        let limits = try Limits.measure(path: sample, scratch: sample + ".copy", runs: runs)
        print("\(metrics) metrics a run, \(runs) runs: min, median, max")
        printTable(
            [["", "", "", ""]]
                + [["import of \(imported) files, wall s"] + Spread(importing.map(\.wall)).cells]
                + [["  CPU s"] + Spread(importing.map(\.processor)).cells]
                + [["thousand values stored per CPU-second"] + Spread(storing.rates.map { $0 / 1000 }).cells]
                + [["bytes a value"] + Spread([storing.bytesPerValue]).cells]
                + lists.map { [$0.title + " of \(listed) runs, ms"] + Spread($0.milliseconds).cells }
                + (peer ?? []))
        print("")
        printTable([["limits, GB per CPU-second", "min", "median", "max"]] + limits.rows)
    }

    /// MLflow's own times, as its driver prints them: a table's rows.
    private func mlflow(_ python: String) throws -> [[String]] {
        let table = work + "/mlflow.table"
        _ = try ChildProcess.run(
            [
                python, "\(drivers)/mlflow_runs.py", work + "/peer.db", String(imported), String(metrics), String(runs),
                table,
            ],
            environment: ["GIT_PYTHON_REFRESH": "quiet"])
        let text = try String(contentsOf: URL(fileURLWithPath: table), encoding: .utf8)
        return text.split(separator: "\n").map { line in
            let cells = line.split(separator: "\t")
            return ["MLflow: " + (cells.first ?? "")] + Spread(cells.dropFirst().compactMap { Double($0) }).cells
        }
    }
}
