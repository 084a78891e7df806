import ArgumentParser

/// Measures what the machine can do at best.
struct LimitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits", abstract: "Measure a plain copy of a file, SHA-256 and memcpy.")

    @Argument(help: "A large file; its copy is written beside it and removed.") var file: String
    @Option(help: "How often to measure.") var runs = 5

    func validate() throws {
        guard runs > 0 else { throw ValidationError("--runs must be above 0, got \(runs).") }
    }

    func run() throws {
        let limits = try Limits.measure(path: file, scratch: file + ".copy", runs: runs)
        printTable([["GB per CPU-second", "min", "median", "max"]] + limits.rows)
    }
}
