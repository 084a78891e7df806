import ArgumentParser
import Registry

/// Options of the acts that make artifacts.
struct WorkOptions: ParsableArguments {
    @Flag(help: "When the name already means other bytes, add the next version and move the name to it.")
    var update = false

    @Option(
        help: ArgumentHelp(
            "Threads to use (default: one a core). The result does not depend on it.", valueName: "count"))
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more, got \(threads).") }
    }

    /// What to do when the name is taken.
    var taken: NameTaken { update ? .update : .refuse }
}
