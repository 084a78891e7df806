import ArgumentParser
import Foundation

/// Measures casts and merges as whole processes, beside the limits of the same run.
struct RewriteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrite",
        abstract: "Measure 'ingot convert' to other dtypes and 'ingot merge' of two models, as whole processes.",
        discussion: """
            The two models have the same shapes and other numbers. Rates are of what an act reads: a merge reads both \
            models, TIES several times, which count once.
            """)

    @Option(help: "The program, such as .build/release/ingot.") var ingot: String
    @Option(help: "A folder to make, with two models, a store and what is made; it is removed at the end.") var work:
        String
    @Option(help: "How many parameters each model has, such as 300M or 1.2B.") var parameters = "300M"
    @Option(parsing: .upToNextOption, help: "How many threads each act takes.") var threads = [1, 2]
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

    /// Something that is measured.
    private struct Act: Hashable {
        let title: String
        let arguments: [String]
        /// Models that it reads.
        let modelCount: Int
    }

    private static let acts = [
        Act(title: "cast to f16", arguments: ["convert", "one", "--to", "f16"], modelCount: 1),
        Act(title: "cast to f32", arguments: ["convert", "one", "--to", "f32"], modelCount: 1),
        Act(title: "cast to f8_e4m3", arguments: ["convert", "one", "--to", "f8_e4m3"], modelCount: 1),
        Act(title: "prune mlp", arguments: ["prune", "one", "--mlp", "0.3", "--multiple-of", "32"], modelCount: 1),
        Act(title: "prune hidden", arguments: ["prune", "one", "--hidden", "0.25"], modelCount: 1),
        Act(title: "merge linear", arguments: ["merge", "linear.yaml"], modelCount: 2),
        Act(title: "merge slerp", arguments: ["merge", "slerp.yaml"], modelCount: 2),
        Act(title: "merge ties", arguments: ["merge", "ties.yaml"], modelCount: 2),
    ]

    private static let recipes = [
        "linear": "models: [{model: one, parameters: {weight: 0.7}}, {model: two, parameters: {weight: 0.3}}]",
        "slerp": "base_model: one\nmodels: [{model: one}, {model: two}]\nparameters: {t: 0.4}",
        "ties": "base_model: one\nmodels: [{model: two, parameters: {weight: 1, density: 0.5}}]",
    ]

    private var environment: [String: String] { ["INGOT_HOME": work + "/home"] }

    func run() throws {
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        defer { remove(work) }
        // In a process of its own: on Linux a child's peak begins with that of the process which started it.
        let own = Bundle.main.executablePath ?? CommandLine.arguments[0]
        for (seed, name) in ["one", "two"].enumerated() {
            _ = try ChildProcess.run(
                [own, "generate", "--parameters", parameters, "--out", "\(work)/\(name)", "--seed", String(seed + 1)],
                environment: [:])
            _ = try ChildProcess.run([ingot, "register", "\(work)/\(name)", "--as", name], environment: environment)
        }
        for (name, text) in Self.recipes {
            try "merge_method: \(name)\n\(text)\n".write(
                toFile: "\(work)/\(name).yaml", atomically: true, encoding: .utf8)
        }
        var measured: [Act: [Int: [ChildProcess]]] = [:]
        for _ in 0..<runs {
            for act in Self.acts {
                for count in threads { measured[act, default: [:]][count, default: []].append(try run(act, count)) }
            }
        }
        let limits = try Limits.measure(path: work + "/one/model.safetensors", scratch: work + "/copy", runs: runs)
        let gigabytes = Double(LlamaShape(parameters: GenerateCommand.count(parameters) ?? 0).parameters) * 2e-9
        print("models of \(Spread.text(gigabytes, digits: 2)) GB of BF16, \(runs) runs: min, median, max")
        var table = [["GB read per CPU-second", "", "", "", "wall s", "peak MB"]]
        for act in Self.acts {
            for count in threads { table.append(Self.row(act, count, measured[act]?[count] ?? [], gigabytes)) }
        }
        printTable(table)
        print("")
        printTable([["limits, GB per CPU-second", "min", "median", "max"]] + limits.rows)
    }

    /// Makes something, and forgets it.
    private func run(_ act: Act, _ threads: Int) throws -> ChildProcess {
        let arguments = act.arguments.map { $0.hasSuffix(".yaml") ? "\(work)/\($0)" : $0 }
        let child = try ChildProcess.run(
            [ingot] + arguments + ["--as", "bench:made", "--threads", String(threads)], environment: environment)
        _ = try ChildProcess.run([ingot, "rm", "bench:made"], environment: environment)
        return child
    }

    private static func row(_ act: Act, _ threads: Int, _ children: [ChildProcess], _ gigabytes: Double) -> [String] {
        let rates = Spread(children.map { gigabytes * Double(act.modelCount) / $0.elapsed.processor })
        return ["\(act.title), \(threads == 1 ? "1 thread" : "\(threads) threads")"] + rates.cells + [
            Spread.text(Spread(children.map(\.elapsed.wall)).median, digits: 2),
            Spread.text(Double(children.map(\.peakByteCount).max() ?? 0) / 1e6, digits: 0),
        ]
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
