import ArgumentParser
import Registry

/// `ingot home`: what the store holds, and how much it may.
struct HomeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "home",
        abstract: "Show what the store holds, and limit how much it may.",
        discussion: """
            Acts that would pass the limit are refused before they write, as far as that can be known, else in their \
            midst; the home is then as it was.

            A catalog of an earlier version is brought up to date by the first command that writes, or by --upgrade. \
            Earlier versions cannot use it then.

            Examples:
              ingot home
              ingot home --max-size 500GB
              ingot home --max-size none
            """)

    @Option(
        help: ArgumentHelp(
            "The most bytes that the store may hold, such as 500GB; 'none' for no limit.", valueName: "size"))
    var maxSize: SizeLimit?

    @Flag(help: "Bring the catalog of an earlier version of ingot up to date.")
    var upgrade = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        if let maxSize { try store.registry(.readWrite).setMaxBytes(maxSize.byteCount) }
        if upgrade { try ModelRegistry.upgrade(home: Environment.process.homeFolder(option: store.home)) }
        let report = try store.registry(.readOnly).homeReport()
        try document.print(report, summary: store.quiet ? [] : report.summary, quietly: store.quiet)
    }
}

/// A number of bytes, or none.
struct SizeLimit: ExpressibleByArgument {
    /// Nil for no limit.
    let byteCount: Int?

    init?(argument: String) {
        if argument == "none" {
            byteCount = nil
        } else if let size = ByteSize(argument: argument) {
            byteCount = size.byteCount
        } else {
            return nil
        }
    }
}
