import ArgumentParser
import Bytes
import Registry

/// `ingot register`: bring weights into the store.
struct RegisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register",
        abstract: "Bring weights into the store and the catalog.",
        discussion: """
            PATH is a weights file, or a folder that holds some; its configuration and tokenizer come along. \
            What was registered comes back byte for byte with 'export'. \
            Tensors that the store has already take no space.

            PATH may also lie in the cache of Hugging Face's libraries, in Ollama's store or in LM Studio's folder: a \
            repository, a snapshot, a manifest, or the whole store, of which every model is registered under the name \
            that it has there. hf:OWNER/NAME, ollama:NAME[:TAG] and lmstudio:OWNER/NAME look in the usual places. What \
            those tools remove later stays in Ingot's store.

            Examples:
              ingot register ./SmolLM2-135M --as smollm2-135m
              ingot register ./SmolLM2-135M --to nf4 --keep 'layers\\.0\\.'
              ingot register /models/llama --reference
              ingot register hf:HuggingFaceTB/SmolLM2-135M
              ingot register ~/.ollama/models --link
              ingot register ./my-student --kind distilled --parent teacher=smollm2-135m --params temperature=2,alpha=0.5
              ingot register ./my-qat-run --qat 'int4 symmetric group 32'
            """)

    @Argument(help: "Weights files, or folders that hold some.", completion: .file())
    var path: [String]

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "The name to give, [owner/]model[:tag] (default: the file's or folder's).", valueName: "name"))
    var name: String?

    @Flag(help: "Leave weights files where they are, and remember their place and digest.")
    var reference = false

    @Flag(
        help: ArgumentHelp(
            "Take weights files in without copying them: as clones where the file system can, else as hard links. "
                + "What writes into a linked file damages the store's."))
    var link = false

    @Flag(help: "Copy weights files, also where they could be cloned.")
    var copy = false

    @Option(
        help: ArgumentHelp(
            "What the artifact is: checkpoint, quantized, pruned, distilled, cast, merged or repacked "
                + "(default: what the files tell).", valueName: "kind"))
    var kind: String?

    @Option(
        name: .customLong("parent"),
        help: ArgumentHelp(
            "Where it came from: base, teacher, calibration or adapter, '=', and a registered name; may be given again.",
            valueName: "role=name"),
        transform: ParentOption.init(argument:))
    var parents: [ParentOption] = []

    @Option(
        name: .customLong("params"),
        help: ArgumentHelp(
            "How it was made from its parents, for the record: temperature=2,alpha=0.5.", valueName: "name=value,…"))
    var trainingParameters: String?

    @Option(
        name: .customLong("qat"),
        help: ArgumentHelp(
            "The whole numbers that its weights were trained for: 'int4 symmetric group 32', 'int8 symmetric channel'; "
                + "'convert' heeds it.", valueName: "grid"))
    var trainingGrid: String?

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "The training run that wrote it; one whose log is among the files is known without this.",
            valueName: "run"))
    var trainingRun: String?

    @Option(help: "The step at which --run wrote it.") var step: Int?

    @Option(help: ArgumentHelp("Convert it afterwards to this scheme, as 'ingot convert' does.", valueName: "scheme"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "Store it in less room, without loss: none, auto or max, as 'ingot compress' does.",
            valueName: "effort"))
    var compress = Compression.none

    /// What `--compress` takes.
    enum Compression: String, ExpressibleByArgument {
        case none, auto, max
    }

    @OptionGroup(title: "Files that leave a choice") var reading: ReadingOptionGroup
    @OptionGroup(title: "Conversion, with --to") var conversion: ConversionOptions
    @OptionGroup var work: WorkOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard !path.contains("") else { throw ValidationError("A path is empty: name a weights file or a folder.") }
        guard name == nil || path.count == 1 else {
            throw ValidationError("--as names one artifact, and \(path.count) paths were given.")
        }
        guard [reference, link, copy].filter(\.self).count < 2 else {
            throw ValidationError("--reference, --link and --copy exclude each other.")
        }
        guard trainingParameters == nil || !parents.isEmpty else {
            throw ValidationError("--params needs --parent ROLE=NAME: it says how parents were used.")
        }
        guard step == nil || trainingRun != nil else { throw ValidationError("--step needs --run RUN.") }
        guard to != nil || !conversion.isUsed else {
            throw ValidationError("--block, --keep and --nonfinite need --to SCHEME.")
        }
    }

    func run() async throws {
        if let to { try ModelRegistry.check(conversion.request("", to: to)) }
        let registry = try store.registry(.readWrite)
        var reports: [RegisterReport] = []
        do {
            for path in path {
                let place = try OtherStore.place(named: path) ?? path
                guard let kept = try ModelRegistry.models(inStore: place) else {
                    try await take(place, in: registry, &reports)
                    continue
                }
                try await takeAll(kept, in: registry, &reports)
            }
        } catch {
            // What was finished stays, and is reported.
            if !reports.isEmpty { try printDocument(of: reports) }
            throw told(error, after: reports)
        }
        try printDocument(of: reports)
    }

    private func take(_ path: String, in registry: ModelRegistry, _ reports: inout [RegisterReport]) async throws {
        var report = try await register(path, in: registry)
        if let effort = CompressRequest.Effort(rawValue: compress.rawValue) {
            reports.append(report)
            report.compression = try await self.compress(report.name, effort, in: registry)
            reports.removeLast()
        }
        if let to {
            reports.append(report)
            report.conversion = try await convert(report.name, to: to, in: registry)
            reports.removeLast()
        }
        reports.append(report)
        try printSummary(of: report)
    }

    /// All models of another tool's store. One that cannot be taken, such as a data set or an unfinished download, is
    /// told and passed over; when none can, that is an error.
    private func takeAll(
        _ paths: [String], in registry: ModelRegistry, _ reports: inout [RegisterReport]
    ) async throws {
        guard name == nil || paths.count == 1 else {
            throw ValidationError("--as names one artifact, and this store holds \(paths.count).")
        }
        var refusal: (any Error)?
        let count = reports.count
        for path in paths {
            do {
                try await take(path, in: registry, &reports)
            } catch let error as FormatError {
                refusal = error
                if !store.quiet { Notices.note("passed over: \(error)") }
            }
        }
        if reports.count == count, let refusal { throw refusal }
    }

    private func register(_ path: String, in registry: ModelRegistry) async throws -> RegisterReport {
        var request = RegisterRequest(path: path)
        request.reading = reading.options
        request.name = name
        request.storage = reference ? .reference : link ? .link : copy ? .copy : nil
        request.taken = work.taken
        request.kind = kind
        request.parents = parents.map { ParentReference(role: $0.role, name: $0.name) }
        request.threadCount = work.threads
        request.run = trainingRun
        request.trainingParameters = trainingParameters
        request.trainingGrid = trainingGrid
        request.step = step
        let prepared = request
        return try await store.longAct { try await registry.register(prepared, progress: $0) }
    }

    private func compress(
        _ name: String, _ effort: CompressRequest.Effort, in registry: ModelRegistry
    ) async throws -> CompressReport {
        var request = CompressRequest(name: name)
        request.effort = effort
        request.threadCount = work.threads
        let prepared = request
        return try await store.longAct { try await registry.compress(prepared, progress: $0) }
    }

    private func convert(_ name: String, to scheme: String, in registry: ModelRegistry) async throws -> ConvertReport {
        var request = conversion.request(name, to: scheme)
        request.taken = work.taken
        request.threadCount = work.threads
        let prepared = request
        return try await store.longAct { try await registry.convert(prepared, progress: $0) }
    }

    private func printSummary(of report: RegisterReport) throws {
        guard !document.json else { return }
        let names = [report.name] + [report.conversion?.name].compactMap(\.self)
        let notes = report.notes + (report.compression?.notes ?? []) + (report.conversion?.notes ?? [])
        try document.print(
            report, summary: store.quiet ? names : report.summary, notes: notes, quietly: store.quiet)
    }

    private func printDocument(of reports: [RegisterReport]) throws {
        if document.json { try document.print(reports, summary: [], quietly: store.quiet) }
    }

    /// The error, or an interruption that says what had been finished before it.
    private func told(_ error: any Error, after reports: [RegisterReport]) -> any Error {
        guard !reports.isEmpty else { return error }
        let names = reports.map(\.name).joined(separator: ", ")
        if var interrupted = error as? Interrupted {
            let finished = TerminalText.escaped(names)
            interrupted.message = "interrupted; \(finished) had been registered, nothing else was changed"
            return interrupted
        }
        if !store.quiet { Notices.note("\(names) had been registered before this failed") }
        return error
    }
}

/// A parent as the user types it: `role=name`.
struct ParentOption: Equatable, Sendable {
    var role: String
    var name: String

    private static let roles = ["base", "teacher", "calibration", "adapter"]

    /// - Throws: `ValidationError` when `argument` is not a known role, `=` and a name.
    init(argument: String) throws {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, Self.roles.contains(String(parts[0])), !parts[1].isEmpty else {
            throw ValidationError(
                "'\(argument)' is no parent: give base, teacher, calibration or adapter, '=', and a registered name.")
        }
        role = String(parts[0])
        name = String(parts[1])
    }
}
