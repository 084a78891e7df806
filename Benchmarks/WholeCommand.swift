import ArgumentParser
import Foundation

/// Measures the `ingot` program from outside: register, convert, export, beside the limits of the same run.
struct WholeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whole",
        abstract: "Measure 'ingot' register, convert and export, also to GGUF, as whole processes.")

    @Option(help: "The program, such as .build/release/ingot.") var ingot: String
    @Option(help: "A folder of BF16 safetensors, as 'generate' writes it.") var model: String
    @Option(help: "A store to make; it must not exist, and is removed at the end.") var home: String
    @Option(help: "The threads of 'convert'.") var threads = 1
    @Option(help: "The scheme to convert to.") var scheme = "nf4-dq"
    @Option(help: "How often to measure, each time with a new store.") var runs = 3

    func validate() throws {
        guard threads > 0 else { throw ValidationError("--threads must be above 0, got \(threads).") }
        guard runs > 0 else { throw ValidationError("--runs must be above 0, got \(runs).") }
    }

    private var exported: String { home + "-export" }

    func run() throws {
        let files = try weightFiles()
        guard let largest = files.max(by: { $0.byteCount < $1.byteCount }) else {
            throw ValidationError("'\(model)' holds no .safetensors file; make one with 'generate'.")
        }
        for path in [home, exported, exported + ".gguf"] where FileManager.default.fileExists(atPath: path) {
            throw ValidationError("'\(path)' exists already; name another --home.")
        }
        let gigabytes = Double(files.reduce(0) { $0 + $1.byteCount }) / 1e9
        let acts = [
            ("register", ["register", model, "--as", "bench"]),
            ("convert", ["convert", "bench", "--to", scheme, "--threads", String(threads)]),
            ("export", ["export", "bench:\(scheme)", exported]),
            ("to GGUF F16", ["export", "bench", exported + ".gguf", "--format", "gguf", "--dtype", "f16"]),
        ]
        var measured: [String: [ChildProcess]] = [:]
        for _ in 0..<runs {
            defer { remove() }
            for (name, arguments) in acts {
                let child = try ChildProcess.run([ingot] + arguments, environment: ["INGOT_HOME": home])
                measured[name, default: []].append(child)
            }
        }
        // Afterwards: on Linux a child's peak begins with that of the process which started it.
        let limits = try Limits.measure(path: largest.path, scratch: home + ".copy", runs: runs)
        print("\(Spread.text(gigabytes, digits: 2)) GB of BF16, \(threads) threads, \(runs) runs: min, median, max")
        printTable(
            [["GB of BF16 per CPU-second", "", "", "", "wall s", "", "", "peak MB", "", ""]]
                + acts.map { name, _ in row(name, measured[name] ?? [], gigabytes) })
        print("")
        printTable([["limits, GB per CPU-second", "min", "median", "max"]] + limits.rows)
    }

    private func row(_ name: String, _ runs: [ChildProcess], _ gigabytes: Double) -> [String] {
        [name] + Spread(runs.map { gigabytes / $0.elapsed.processor }).cells
            + Spread(runs.map(\.elapsed.wall)).cells + Spread(runs.map { Double($0.peakByteCount) / 1e6 }).cells
    }

    /// What this command made, and only that: neither folder existed before.
    private func remove() {
        for path in [home, exported, exported + ".gguf"] where FileManager.default.fileExists(atPath: path) {
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                print("could not remove \(path): \(error)")
            }
        }
    }

    private func weightFiles() throws -> [(path: String, byteCount: Int)] {
        try FileManager.default.contentsOfDirectory(atPath: model).filter { $0.hasSuffix(".safetensors") }.sorted()
            .map { name in
                let path = model + "/" + name
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                return (path, (attributes[.size] as? Int) ?? 0)
            }
    }
}
