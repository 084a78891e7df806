import ArgumentParser
import Registry

/// `ingot backup`: write the catalog to a file, or take it from one.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write the catalog to one file, or restore it from one.",
        discussion: """
            The backup holds everything but the blobs' bytes; --with-blobs copies these too, into a folder that grows \
            with each backup and that 'ingot repair --from' reads. Others may use the store meanwhile.

            Examples:
              ingot backup ingot-2026-05.backup
              ingot backup ingot-2026-05.backup --with-blobs /backup/ingot
              ingot backup --restore ingot-2026-05.backup --home /new/home
            """)

    @Argument(help: "The backup's file.", completion: .file())
    var file: String

    @Flag(help: "Make the catalog what the backup holds, after the backup's digest was compared.")
    var restore = false

    @Flag(help: "With --restore: also where there is a catalog, which is put aside.")
    var force = false

    @Option(
        help: ArgumentHelp("Copy the blobs that this folder lacks into it.", valueName: "folder"),
        completion: .directory)
    var withBlobs: String?

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard !file.isEmpty else { throw ValidationError("The backup's file must not be empty.") }
        guard restore || !force else { throw ValidationError("--force goes with --restore.") }
        guard !restore || withBlobs == nil else {
            throw ValidationError(
                "--with-blobs goes with writing a backup; after --restore, 'ingot repair --from' reads it.")
        }
    }

    func run() async throws {
        let report: BackupReport
        if restore {
            report = try ModelRegistry.restore(
                file, to: Environment.process.homeFolder(option: store.home), existing: force ? .replace : .refuse)
        } else {
            let registry = try store.registry(.readOnly)
            let (path, folder) = (file, withBlobs)
            report = try await store.longAct { try registry.backUp(to: path, blobFolder: folder, progress: $0) }
        }
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
