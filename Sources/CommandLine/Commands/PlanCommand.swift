import ArgumentParser
import Registry

/// `ingot plan`: what running or training a model takes, before anything is run.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Tell what running or training a model takes, and which variants would fit.",
        discussion: """
            A model is an artifact of the store, or a config.json: no weights are needed then. Every figure bears a \
            mark: [X] exact, [M] a measured formula, [P] published, [E] an estimate. docs/planning.md has the formulas.

            Examples:
              ingot plan infer smollm2-135m --context 8192 --batch 4
              ingot plan train ./Llama-2-7b/config.json --data 8 --context 4096 --recompute full
              ingot plan variants smollm2-135m --memory 24GB --max-error 0.1
            """,
        subcommands: [PlanInferCommand.self, PlanTrainCommand.self, PlanVariantsCommand.self])
}

/// `ingot plan infer`: memory of inference.
struct PlanInferCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "infer",
        abstract: "Tell the memory of weights, cache and working space on each device.",
        discussion: """
            Examples:
              ingot plan infer smollm2-135m --context 8192 --batch 4 --memory 24GB
              ingot plan infer config.json --weights q4_k_m --weights nf4-dq --cache q8_0
              ingot plan infer config.json --tensor 2 --bandwidth 3.35TB/s --peak-flops 989TFLOP/s
              ingot plan infer config.json --memory 80GB --memory-utilization 0.9 --page 16
            """)

    @OptionGroup var plan: PlanOptions
    @OptionGroup var devices: PlanDeviceOptions

    @Option(
        help: ArgumentHelp(
            "The weights' form: f32, bf16, f16 or a scheme as 'convert --to' takes it; may be given again.",
            valueName: "form"))
    var weights: [String] = []

    @Option(
        help: ArgumentHelp("The cache's form: f32, bf16, f16, fp8, q8_0 or q4_0 (default: bf16).", valueName: "form"))
    var cache = "bf16"

    @Option(
        help: ArgumentHelp("Tokens of a prompt that one pass takes (default: 2048).", valueName: "tokens"))
    var chunk = 2048

    @Option(help: ArgumentHelp("Tokens of a page of the cache (default: 1).", valueName: "tokens"))
    var page = 1

    @Option(
        name: .customLong("memory-utilization"),
        help: ArgumentHelp(
            "The share of --memory that the engine may take, such as 0.9 of vLLM's gpu-memory-utilization (default: 1).",
            valueName: "share"))
    var memoryUtilization: Double?

    @Option(
        help: ArgumentHelp(
            "What a device reads at best, such as 3.35TB/s: bounds of the times to a token, against MLPerf's limits.",
            valueName: "rate"))
    var bandwidth: Rate?

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard let memoryUtilization else { return }
        guard plan.memory != nil else {
            throw ValidationError("--memory-utilization needs --memory: it is a share of it.")
        }
        guard memoryUtilization.isFinite, memoryUtilization > 0, memoryUtilization <= 1 else {
            throw ValidationError("--memory-utilization must be above 0 and at most 1, got \(memoryUtilization).")
        }
    }

    func run() throws {
        var target = plan.target()
        devices.complete(&target)
        var request = InferencePlanRequest(target)
        request.forms = weights
        request.cache = cache
        request.chunk = chunk
        request.page = page
        request.bandwidth = bandwidth?.value
        request.memoryUtilization = memoryUtilization ?? 1
        let report = try ModelRegistry.planInference(request, in: store.registryIfThere())
        let summary = try report.summary(.standardOutput(.process))
        try document.print(report, summary: summary, notes: report.notes, quietly: store.quiet)
    }
}
