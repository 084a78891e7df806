import ArgumentParser
import Registry

/// `ingot export`: write an artifact's files.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write an artifact's files: byte for byte, or in another format or dtype.",
        discussion: """
            DESTINATION is a folder to make; for an artifact of one file it may be the file to make. \
            Every byte that is read from the store is compared with its digest, also of files that are linked. \
            All files appear when the last one is complete; until then they lie in a folder DESTINATION.ingot-PID-N, \
            or .ingot-PID-N inside a DESTINATION that exists already.

            --link serves files that the store holds as one blob: configuration, tokenizer and other small files. \
            Weights are stored in pieces, which variants share, and are copied. Which files are copied is printed.

            --format and --dtype write other files, which the store does not keep: names, tokenizer and configuration \
            become those of the format, and what a format's convention leaves out is printed and noted in the catalog \
            (export_summary, export_tensor_summary). GGUF keeps norms and biases as F32 whatever --dtype says. A scheme \
            that the format cannot hold is refused unless --dtype or --dequantize asks for numbers.

            Examples:
              ingot export smollm2-135m ./smollm2.gguf --format gguf --dtype f16
              ingot export llama-q4 ./folder --format safetensors --dequantize f32
              ingot export smollm2-135m ./shards --format safetensors --max-shard 2GB
              ingot export smollm2-135m:nf4 ./out
              ingot export smollm2-135m ./linked --link
              ingot export smollm2-135m --to-hf-cache --repository me/smollm2-135m
              ingot export smollm2-135m:nf4 ./dense --dequantize bf16
            """)

    /// Dense dtypes that quantized tensors can be written back as.
    enum DenseType: String, ExpressibleByArgument, CaseIterable {
        case f32, bf16, f16
    }

    /// `ExportFormat` as an argument.
    struct FormatArgument: ExpressibleByArgument {
        let format: ExportFormat
        init?(argument: String) {
            guard let format = ExportFormat(rawValue: argument) else { return nil }
            self.format = format
        }
        static var allValueStrings: [String] { ExportFormat.allCases.map(\.rawValue) }
    }

    /// `OverflowPolicy` as an argument.
    struct OverflowArgument: ExpressibleByArgument {
        let policy: OverflowPolicy
        init(_ policy: OverflowPolicy) { self.policy = policy }
        init?(argument: String) {
            guard let policy = OverflowPolicy(rawValue: argument) else { return nil }
            self.init(policy)
        }
        var defaultValueDescription: String { policy.rawValue }
        static var allValueStrings: [String] { OverflowPolicy.allCases.map(\.rawValue) }
    }

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Argument(
        help: "The folder (or file) to make; with --to-hf-cache the cache's folder (default: the usual one).",
        completion: .directory)
    var destination: String?

    @Flag(
        name: .customLong("to-hf-cache"),
        help: "Put the model into the cache of Hugging Face's libraries, where from_pretrained finds it offline.")
    var toHubCache = false

    @Option(
        help: ArgumentHelp(
            "With --to-hf-cache, the repository to be found as (default: where it was published, or its own name).",
            valueName: "owner/name"))
    var repository: String?

    @Flag(help: "Hard-link files that the store holds as one blob, copy weights. Linked files must not be edited.")
    var link = false

    @Option(help: "The format to write (default: the artifact's own files).")
    var format: FormatArgument?

    @Option(
        help: ArgumentHelp(
            "Write all floating-point and quantized tensors as f32, f16 or bf16, for GGUF also q8_0.",
            valueName: "dtype"))
    var dtype: String?

    @Option(help: ArgumentHelp("Write quantized tensors back as dense numbers of this type.", valueName: "dtype"))
    var dequantize: DenseType?

    @Option(
        help: ArgumentHelp("Cut weights into files of at most this size, such as 5GB; not for npz.", valueName: "size"))
    var maxShard: ByteSize?

    @Option(help: "What becomes of numbers that are too large for the new dtype: fail, saturate or widen the tensor.")
    var overflow = OverflowArgument(.fail)

    @Option(
        help: ArgumentHelp(
            "How llama.cpp is to cut text, such as llama-bpe, where the tokenizer's own way is not recognized.",
            valueName: "id"))
    var preTokenizer: String?

    @Flag(help: "Replace files of the same name in a folder that is not empty; leave others.")
    var force = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard toHubCache || destination != nil else { throw ValidationError("Name a folder to export to.") }
        guard destination != "" else { throw ValidationError("The destination must not be empty.") }
        guard toHubCache || repository == nil else { throw ValidationError("--repository goes with --to-hf-cache.") }
        guard !toHubCache || !link else {
            throw ValidationError("--link would let other programs write into the store; leave it out.")
        }
        guard !link || !request.isAnotherLayout else {
            throw ValidationError(
                "--link goes with the artifact's own files: with --format, --dtype or --dequantize they are written anew."
            )
        }
        guard dtype == nil || dequantize == nil else {
            throw ValidationError(
                "--dtype is for all tensors and --dequantize for quantized ones only: give one of them.")
        }
        guard request.isAnotherLayout || (maxShard == nil && overflow.policy == .fail && preTokenizer == nil) else {
            throw ValidationError("--max-shard, --overflow and --pre-tokenizer need --format or --dtype.")
        }
    }

    private var request: ExportRequest {
        var request = ExportRequest(name: name, destination: destination ?? OtherStore.hub())
        request.method = link ? .link : .copy
        request.dequantized = dequantize?.rawValue.uppercased()
        request.format = format?.format
        request.dtype = dtype
        request.maxShardBytes = maxShard?.byteCount
        request.overflow = overflow.policy
        request.preTokenizer = preTokenizer
        request.existing = force ? .replace : .refuse
        return request
    }

    func run() async throws {
        let registry = try store.registry(.readOnly)
        let request = request
        let repository = repository, toHubCache = toHubCache
        let report = try await store.longAct { progress in
            toHubCache
                ? try await registry.exportToHubCache(request, repository: repository, progress: progress)
                : try await registry.export(request, progress: progress)
        }
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
