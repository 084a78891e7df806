import ArgumentParser
import Foundation

/// Measures `ingot verify`, beside the limits of the same run.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Measure 'ingot verify' of a model, per second of processor time.")

    @Option(help: "The program, such as .build/release/ingot.") var ingot: String
    @Option(help: "A folder of BF16 safetensors, as 'generate' writes it.") var model: String
    @Option(help: "A store to make; it must not exist, and is removed at the end.") var home: String
    @Option(help: "How often to measure.") var runs = 5
    @Option(help: "Other programs that read the same bytes, such as 'sha256sum'.") var peer: [String] = []

    func validate() throws {
        guard runs > 0 else { throw ValidationError("--runs must be above 0, got \(runs).") }
        guard !FileManager.default.fileExists(atPath: home) else {
            throw ValidationError("'\(home)' exists already; name another --home.")
        }
    }

    func run() throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let environment = ["INGOT_HOME": home]
        _ = try ChildProcess.run([ingot, "register", model, "--as", "bench"], environment: environment)
        let files = try FileManager.default.subpathsOfDirectory(atPath: home + "/blobs").map { home + "/blobs/" + $0 }
            .filter { !(($0 as NSString).lastPathComponent.count == 2) }
        let bytes = try files.reduce(0) {
            $0 + (try FileManager.default.attributesOfItem(atPath: $1)[.size] as? Int ?? 0)
        }
        let gigabytes = Double(bytes) / 1e9
        var rows: [[String]] = []
        for threads in [1, 2] {
            let times = try (0..<runs).map { _ in
                try ChildProcess.run([ingot, "verify", "--threads", "\(threads)"], environment: environment).elapsed
            }
            rows.append(row("ingot verify, \(threads) threads", times, gigabytes))
        }
        for program in peer {
            let words = program.split(separator: " ").map(String.init)
            let times = try (0..<runs).map { _ in
                try ChildProcess.run(["/usr/bin/env"] + words + files, environment: [:]).elapsed
            }
            rows.append(row(program, times, gigabytes))
        }
        print("\(Spread.text(gigabytes, digits: 2)) GB in \(files.count) blobs, \(runs) runs: min, median, max")
        printTable([["", "GB per CPU-second", "", "", "wall s", "", ""]] + rows)
    }

    private func row(_ name: String, _ times: [Elapsed], _ gigabytes: Double) -> [String] {
        [name] + Spread(times.map { gigabytes / $0.processor }).cells + Spread(times.map(\.wall)).cells
    }
}
