import ArgumentParser
import Registry

/// `ingot distill`: what prepares a distillation.
struct DistillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distill",
        abstract: "Make a student of a model, ready to be trained.",
        discussion: """
            Ingot trains nothing: 'distill init' makes the student that a trainer begins with, and \
            'register --kind distilled --parent teacher=NAME --params temperature=2,alpha=0.5' takes in what the \
            trainer made of it.

            Examples:
              ingot distill init smollm2-135m --every 2 --as student
              ingot register ./trained --kind distilled --parent teacher=smollm2-135m --params temperature=2,alpha=0.5
            """,
        subcommands: [DistillInitCommand.self])
}

/// `ingot distill init`: a student's first weights.
struct DistillInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a student of a teacher: some of its layers, narrower where asked, with a distill.json.",
        discussion: """
            The student is a folder of safetensors with the teacher's tokenizer and a config.json of its own sizes; its \
            layers are numbered anew. distill.json tells a trainer the teacher's digest, temperature, alpha and layer \
            map, and from which rows and columns each tensor was made (schemas/distill.schema.json).

            --width 0.5 keeps half of the hidden and MLP channels and of the heads: those with the largest weights, as \
            'ingot prune' ranks them. Presets take layers 0, 2, 4, 7, 9 and 11 of twelve, as the published students do; \
            distilbert also gives the tensors DistilBERT's names. Other layers may be named beside a preset.

            Examples:
              ingot distill init bert --preset distilbert --as my-distilbert
              ingot distill init gpt2 --preset distilgpt2
              ingot distill init smollm2-135m --every 2 --as student
              ingot distill init smollm2-135m --layers 0-3,26-29 --width 0.5 --temperature 4 --alpha 0.9
            """)

    @Argument(
        help: "The teacher: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var teacher: String

    @Option(help: ArgumentHelp("The teacher's layers that stay: 0,2,5 or 0-3,8.", valueName: "list"))
    var layers: String?

    @Option(help: ArgumentHelp("Take the first layer and each so many further on.", valueName: "count"))
    var every: Int?

    @Option(
        help: ArgumentHelp(
            "The share of hidden and MLP channels and of heads that stays, such as 0.5.", valueName: "share"))
    var width: Double?

    @Option(help: ArgumentHelp("A published student: distilbert or distilgpt2.", valueName: "name"))
    var preset: Preset?

    @Option(help: ArgumentHelp("For the trainer: what logits are divided by (default: 2).", valueName: "number"))
    var temperature: Double?

    @Option(
        help: ArgumentHelp(
            "For the trainer: the share of the loss that is by the teacher's logits (default: 0.5).",
            valueName: "share"))
    var alpha: Double?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The name to give (default: the teacher's, with what is taken as tag).", valueName: "name"))
    var newName: String?

    @Flag(name: .customLong("dry-run"), help: "Say what would be written, and write nothing.")
    var isDryRun = false

    @Option(
        name: .customLong("max-memory"),
        help: ArgumentHelp("Refuse when the work may take more memory than this, such as 500MB.", valueName: "size"))
    var maxMemory: ByteSize?

    @OptionGroup var work: WorkOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    enum Preset: String, ExpressibleByArgument, CaseIterable { case distilbert, distilgpt2 }

    func validate() throws {
        guard layers == nil || every == nil else {
            throw ValidationError("--layers lists the layers, and --every counts them: give one of them.")
        }
        guard layers != nil || every != nil || width != nil || preset != nil else {
            throw ValidationError("Say what the student takes, with --layers, --every, --width or --preset.")
        }
    }

    func run() async throws {
        let request = request
        let registry = try store.registry(isDryRun ? .readOnly : .readWrite)
        let isDryRun = isDryRun
        let report = try await store.longAct {
            isDryRun
                ? try await registry.planStudent(request, progress: $0)
                : try await registry.makeStudent(request, progress: $0)
        }
        try document.print(
            report, summary: store.quiet ? [report.name] : report.summary, notes: report.notes, quietly: store.quiet)
    }

    private var request: StudentRequest {
        var request = StudentRequest(teacher: teacher)
        request.layers = layers
        request.every = every
        request.width = width
        request.preset = preset.flatMap { StudentRequest.Preset(rawValue: $0.rawValue) }
        request.temperature = temperature
        request.alpha = alpha
        request.newName = newName
        request.taken = work.taken
        request.threadCount = work.threads
        request.maxMemoryBytes = maxMemory?.byteCount
        return request
    }
}
