import ArgumentParser
import Bytes
import Registry

/// Options that every command with a store has.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The store's folder (default: $INGOT_HOME, else $XDG_DATA_HOME/ingot, else ~/.local/share/ingot).",
            valueName: "folder"))
    var home: String?

    @Flag(name: .shortAndLong, help: "Print no progress, notes or summary; only what was asked for, and errors.")
    var quiet = false

    @Option(
        help: ArgumentHelp(
            "How long to wait for another process that writes to the store, in seconds (default: 600).",
            valueName: "seconds"))
    var wait: Double?

    func validate() throws {
        if let wait, !(wait >= 0 && wait <= 1e9) {
            throw ValidationError("--wait must be 0 or more seconds, got \(wait).")
        }
        guard home != "" else { throw ValidationError("--home must name a folder, got an empty text.") }
    }

    /// The store.
    func registry(_ access: ModelRegistry.Access) throws -> ModelRegistry {
        var waiting = Waiting()
        if let wait { waiting.patience = .seconds(wait) }
        if !quiet { waiting.tell = { Notices.note($0) } }
        let environment = Environment.process
        return try ModelRegistry(
            home: environment.homeFolder(option: home), access: access, kernelLevel: environment.instructionSet,
            waiting: waiting)
    }

    /// The store for an act that notes what it finds, where the store can be written. There must be one.
    func registryForNotes() throws -> ModelRegistry {
        let reading = try registry(.readOnly)
        return Folder.isWritable(reading.home) ? try registry(.readWrite) : reading
    }

    /// Runs a long act: with a progress bar when a person watches, stopped in good order by Ctrl-C.
    func longAct<Report: Sendable>(
        _ act: @escaping @Sendable (ProgressHandler?) async throws -> Report
    ) async throws -> Report {
        let bar = quiet ? nil : ProgressBar.onTerminal()
        defer { bar?.finish() }
        let progress: ProgressHandler? = bar.map { bar in { @Sendable update in bar.show(update) } }
        return try await Interruption.cancelling { try await act(progress) }
    }
}
