import ArgumentParser
import Registry

/// `ingot convert`: make a variant of an artifact.
struct ConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Make a variant of an artifact in another scheme or dtype, with its recipe and error recorded.",
        discussion: """
            The result is what the scheme's programs load: one GGUF file for llama.cpp's schemes, a folder of \
            safetensors with configuration and tokenizer for the others. It is called NAME:SCHEME. The same conversion \
            again does no work; one that was killed goes on where it stopped.

            Schemes: nf4, nf4-dq, fp4, bnb-int8 (bitsandbytes); q4_0, q4_k_m, q6_k, iq4_nl … (llama.cpp); affine4, \
            mlx-mxfp4 … (MLX); gptq-4-g128, awq-4-g128; ct-int4-g128, ct-fp8-channel, ct-nvfp4 … (compressed-tensors, \
            for vLLM); fp8-block128. 'ingot recipe ls' lists them with their bits.

            Dtypes: bf16, f16, f32, f64, f8_e4m3, f8_e5m2 cast every number to the nearest one, ties to even, and turn \
            quantized tensors back into numbers; the result is a folder of safetensors.

            Examples:
              ingot convert smollm2-135m --to nf4
              ingot convert smollm2-135m --to bf16
              ingot convert smollm2-135m --to q4_k_m --dry-run
              ingot convert smollm2-135m --to q4_k_m --rule 'output=gguf-q8_0' --imatrix imatrix.gguf
              ingot convert smollm2-135m --to affine4 --encoder best --as mine:4bit
              ingot convert smollm2-135m --recipe my-recipe.yaml
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Option(
        help: ArgumentHelp(
            "The scheme to convert to, in full (bnb-nf4-dq) or short (nf4-dq), or a dtype (bf16).", valueName: "scheme")
    )
    var to: String?

    @Option(
        help: ArgumentHelp(
            "A recipe file, YAML or JSON, instead of --to; 'ingot recipe show' prints some to start from.",
            valueName: "file"))
    var recipe: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The name to give (default: the artifact's, with the scheme as tag).", valueName: "name"))
    var newName: String?

    @Option(
        name: .customLong("qat"),
        help: ArgumentHelp(
            "The whole numbers that the weights were trained for, 'int4 symmetric group 32', or 'none' to heed no "
                + "training (default: what 'register --qat' said, where the scheme holds it).", valueName: "grid"))
    var trainingGrid: String?

    @Flag(name: .customLong("dry-run"), help: "Say what would be written, to the byte, and write nothing.")
    var isDryRun = false

    @Option(
        name: .customLong("max-memory"),
        help: ArgumentHelp("Refuse when the work may take more memory than this, such as 500MB.", valueName: "size"))
    var maxMemory: ByteSize?

    @Option(
        name: .customLong("pre-tokenizer"),
        help: ArgumentHelp(
            "How llama.cpp is to cut text, where the tokenizer's own way is not recognized.", valueName: "name"))
    var preTokenizer: String?

    @OptionGroup var conversion: ConversionOptions
    @OptionGroup var work: WorkOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard (to == nil) != (recipe == nil) else {
            throw ValidationError("Say what to convert to with --to SCHEME, or with --recipe FILE.")
        }
        guard recipe == nil || (!conversion.decidesAboutBytes && trainingGrid == nil) else {
            throw ValidationError("The recipe says how to convert: write rules, encoder and the rest into it.")
        }
    }

    func run() async throws {
        var request = conversion.request(name, to: to ?? "")
        request.recipePath = recipe
        request.newName = newName
        request.taken = work.taken
        request.threadCount = work.threads
        request.maxMemoryBytes = maxMemory?.byteCount
        request.preTokenizer = preTokenizer
        request.trainingGrid = trainingGrid
        let prepared = request
        if isDryRun {
            let forecast = try store.registry(.readOnly).planConversion(prepared)
            return try document.print(
                forecast, summary: forecast.summary, notes: forecast.notes, quietly: store.quiet)
        }
        let registry = try store.registry(.readWrite)
        let report = try await store.longAct { try await registry.convert(prepared, progress: $0) }
        try document.print(
            report, summary: store.quiet ? [report.name] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
