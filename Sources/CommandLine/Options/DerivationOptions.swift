import ArgumentParser
import Registry

/// Options of the acts that may derive variants again.
struct DerivationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The importance matrix of llama.cpp, or the statistics, with which a variant was made.", valueName: "file"),
        completion: .file())
    var imatrix: String?

    @Option(
        help: ArgumentHelp(
            "The list of tokens by which a variant's vocabulary was cut, where its pruning.json is lost.",
            valueName: "file"),
        completion: .file())
    var vocabulary: String?

    @Option(help: ArgumentHelp("Threads to use (default: one a core).", valueName: "count"))
    var threads: Int?

    /// What both options name.
    var files: DerivationFiles {
        var files = DerivationFiles()
        files.importancePath = imatrix
        files.vocabularyPath = vocabulary
        return files
    }

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more, got \(threads).") }
    }
}
