import ArgumentParser
import Registry

/// `ingot export`: write an artifact's files.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write an artifact's files, byte for byte as they were registered or converted.",
        discussion: """
            DESTINATION is a folder to make; for an artifact of one file it may be the file to make. \
            Every byte that is read from the store is compared with its digest, also of files that are linked. \
            All files appear when the last one is complete; until then they lie in a folder DESTINATION.ingot-PID-N, \
            or .ingot-PID-N inside a DESTINATION that exists already.

            --link serves files that the store holds as one blob: configuration, tokenizer and other small files. \
            Weights are stored in pieces, which variants share, and are copied. Which files are copied is printed.

            Examples:
              ingot export smollm2-135m:nf4 ./out
              ingot export smollm2-135m ./linked --link
              ingot export smollm2-135m:nf4 ./dense --dequantize bf16
            """)

    /// Dense dtypes that quantized tensors can be written back as.
    enum DenseType: String, ExpressibleByArgument, CaseIterable {
        case f32, bf16, f16
    }

    @Argument(help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.")
    var name: String

    @Argument(help: "The folder (or file) to make.", completion: .directory)
    var destination: String

    @Flag(help: "Hard-link files that the store holds as one blob, copy weights. Linked files must not be edited.")
    var link = false

    @Option(help: ArgumentHelp("Write quantized tensors back as dense numbers of this type.", valueName: "dtype"))
    var dequantize: DenseType?

    @Flag(help: "Replace files of the same name in a folder that is not empty; leave others.")
    var force = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard !destination.isEmpty else { throw ValidationError("The destination must not be empty.") }
        guard !link || dequantize == nil else {
            throw ValidationError("--link and --dequantize contradict each other: dequantized files are written anew.")
        }
    }

    func run() async throws {
        let registry = try store.registry(.readOnly)
        var request = ExportRequest(name: name, destination: destination)
        request.method = link ? .link : .copy
        request.dequantized = dequantize?.rawValue.uppercased()
        request.existing = force ? .replace : .refuse
        let prepared = request
        let report = try await store.longAct { try await registry.export(prepared, progress: $0) }
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
