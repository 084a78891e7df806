import ArgumentParser
import Foundation

/// Measures `ingot convert` to one scheme after another as whole processes, and the programs that make the same
/// schemes beside it.
struct QuantizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize",
        abstract: "Measure 'ingot convert' to 4-bit schemes, and llama.cpp, MLX and bitsandbytes beside it.",
        discussion: """
            Peers get as many threads as Ingot, but for MLX, which takes what there is. 'Starting' is the part of their \
            processor time that loading their libraries takes.
            """)

    @Option(help: "The program, such as .build/release/ingot.") var ingot: String
    @Option(help: "A folder to make, with a model, a store and what is made; it is removed at the end.") var work:
        String
    @Option(help: "How many parameters the model has, such as 300M or 1.2B.") var parameters = "300M"
    @Option(help: "A Python that has the peers, as scripts/peers.sh prints it.") var peers: String?
    @Option(help: "The folder of the scripts that drive the peers.") var drivers = "scripts/peers"
    @Option(parsing: .upToNextOption, help: "Schemes to convert to, with '+best' behind for that encoder.")
    var schemes = QuantizeRow.usual
    @Option(parsing: .upToNextOption, help: "How many threads each takes.") var threads = [1, 2]
    @Option(help: "How often to measure.") var runs = 3

    func validate() throws {
        guard let count = GenerateCommand.count(parameters), (1_000_000...20_000_000_000).contains(count) else {
            throw ValidationError("--parameters takes 1M to 20B, got '\(parameters)'.")
        }
        guard runs > 0 else { throw ValidationError("--runs must be above 0, got \(runs).") }
        guard threads.allSatisfy({ $0 > 0 }) else { throw ValidationError("--threads must be above 0.") }
        guard !FileManager.default.fileExists(atPath: work) else {
            throw ValidationError("'\(work)' exists already; name another folder.")
        }
    }

    private var model: String { work + "/model" }
    private var environment: [String: String] { ["INGOT_HOME": work + "/home"] }

    func run() throws {
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        defer { remove(work) }
        // In a process of its own: on Linux a child's peak begins with that of the process which started it.
        let own = Bundle.main.executablePath ?? CommandLine.arguments[0]
        _ = try ChildProcess.run([own, "generate", "--parameters", parameters, "--out", model], environment: [:])
        _ = try ChildProcess.run([ingot, "register", model, "--as", "bench"], environment: environment)
        let bench = peers.map { PeerBench(python: $0, drivers: drivers, model: model, work: work) }
        try bench?.prepare(ingot: ingot, environment: environment)
        let rows = schemes.flatMap { scheme in threads.map { QuantizeRow(scheme, threads: $0) } }
        var ours: [QuantizeRow: [ChildProcess]] = [:], theirs: [QuantizeRow: [ChildProcess]] = [:]
        for _ in 0..<runs {
            for row in rows {
                ours[row, default: []].append(try convert(row))
                if let child = try bench?.run(row) { theirs[row, default: []].append(child) }
            }
        }
        let starting = try bench?.starting(runs: runs) ?? []
        let limits = try Limits.measure(path: model + "/model.safetensors", scratch: work + "/copy", runs: runs)
        let count = Double(LlamaShape(parameters: GenerateCommand.count(parameters) ?? 0).parameters) / 1e6
        print("\(Spread.text(count, digits: 0)) M parameters in BF16, \(runs) runs: min, median, max")
        var table = [["M parameters per CPU-second", "", "", "", "wall s", "peak MB", "÷ peer"]]
        for row in rows {
            let peer = theirs[row].map { Measured($0, millions: count) }
            let own = Measured(ours[row] ?? [], millions: count)
            table.append([row.title] + own.cells + [peer.map { Spread.text(own.rate / $0.rate, digits: 1) } ?? "-"])
            if let peer, let name = row.peer?.title { table.append(["  " + name] + peer.cells) }
        }
        printTable(table)
        if !starting.isEmpty {
            print("")
            printTable([["of it, CPU-seconds for starting", "min", "median", "max"]] + starting)
        }
        print("")
        printTable([["limits, GB per CPU-second", "min", "median", "max"]] + limits.rows)
    }

    /// Converts, and forgets the outcome.
    private func convert(_ row: QuantizeRow) throws -> ChildProcess {
        let child = try ChildProcess.run(
            [ingot, "convert", "bench", "--to", row.scheme, "--as", "bench:made", "--threads", String(row.threads)]
                + (row.isBest ? ["--encoder", "best"] : []),
            environment: environment)
        _ = try ChildProcess.run([ingot, "rm", "bench:made"], environment: environment)
        return child
    }

    /// Processes that did the same, in the numbers that are printed.
    private struct Measured {
        /// Millions of parameters a second of processor time, the median.
        let rate: Double
        /// Rates, seconds on the wall (median) and megabytes (the greatest).
        let cells: [String]

        init(_ children: [ChildProcess], millions: Double) {
            let rates = Spread(children.map { millions / $0.elapsed.processor })
            rate = rates.median
            cells =
                rates.cells + [
                    Spread.text(Spread(children.map(\.elapsed.wall)).median, digits: 2),
                    Spread.text(Double(children.map(\.peakByteCount).max() ?? 0) / 1e6, digits: 0),
                ]
        }
    }

    /// What this command made, and only that: the folder did not exist before.
    private func remove(_ path: String) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("could not remove \(path): \(error)")
        }
    }
}
