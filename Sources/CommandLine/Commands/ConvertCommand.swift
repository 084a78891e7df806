import ArgumentParser
import Registry

/// `ingot convert`: make a variant of an artifact.
struct ConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Make a variant of an artifact in another scheme, with its recipe and error recorded.",
        discussion: """
            Schemes: nf4 and fp4 as bitsandbytes stores them, nf4-dq and fp4-dq with double quantization. \
            The variant of NAME is called NAME:SCHEME. The same conversion again does no work.

            Examples:
              ingot convert smollm2-135m --to nf4
              ingot convert smollm2-135m --to nf4-dq --block 128
              ingot convert smollm2-135m --to nf4 --keep 'layers\\.0\\.' --as mine:4bit
            """)

    @Argument(help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.")
    var name: String

    @Option(
        help: ArgumentHelp("The scheme to convert to, in full (bnb-nf4-dq) or short (nf4-dq).", valueName: "scheme"))
    var to: String

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The name to give (default: the artifact's, with the scheme as tag).", valueName: "name"))
    var newName: String?

    @OptionGroup var conversion: ConversionOptions
    @OptionGroup var work: WorkOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() async throws {
        let registry = try store.registry(.readWrite)
        var request = conversion.request(name, to: to)
        request.newName = newName
        request.taken = work.taken
        request.threadCount = work.threads
        let prepared = request
        let report = try await store.longAct { try await registry.convert(prepared, progress: $0) }
        try document.print(
            report, summary: store.quiet ? [report.name] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
