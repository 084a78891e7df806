import ArgumentParser

/// Options of the acts that may derive variants again.
struct DerivationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The importance matrix of llama.cpp with which a variant was made.", valueName: "file"),
        completion: .file())
    var imatrix: String?

    @Option(help: ArgumentHelp("Threads to use (default: one a core).", valueName: "count"))
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more, got \(threads).") }
    }
}
