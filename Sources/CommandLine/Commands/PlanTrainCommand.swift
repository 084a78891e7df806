import ArgumentParser
import Registry

/// `ingot plan train`: memory of training.
struct PlanTrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Tell the memory of weights, gradients, optimizer and activations on each device.",
        discussion: """
            Recipes: fp32, amp (autocast over F32 weights), bf16 (all of it), mixed (16 bits with F32 master weights, \
            as ZeRO counts), fp32-sgd, megatron-bf16, megatron-fp16, fp32-adam8bit, amp-adam8bit, bf16-adam8bit.

            Examples:
              ingot plan train config.json --context 4096 --batch 1
              ingot plan train config.json --recipe mixed --data 8 --zero 3 --recompute full --memory 80GB
              ingot plan train config.json --kernels fused --loss-chunk 1024
              ingot plan train config.json --tensor 4 --pipeline 4 --accumulate 8
            """)

    @OptionGroup var plan: PlanOptions
    @OptionGroup var devices: PlanDeviceOptions

    @Option(help: ArgumentHelp("A training recipe; may be given again.", valueName: "recipe"))
    var recipe: [String] = []

    @Option(help: ArgumentHelp("Replicas of the model (default: 1).", valueName: "count"))
    var data = 1

    @Option(help: ArgumentHelp("All devices, to be checked against the product.", valueName: "count"))
    var world: Int?

    @Option(help: ArgumentHelp("A stage of ZeRO, 0 to 3; may be given again (default: all).", valueName: "stage"))
    var zero: [Int] = []

    @Option(
        help: ArgumentHelp(
            "What moves to the host: none, optimizer or all (default: each that is known).", valueName: "what"))
    var offload: String?

    @Option(help: ArgumentHelp("Micro-batches of an optimizer step (default: 1).", valueName: "count"))
    var accumulate = 1

    @Option(help: ArgumentHelp("Chunks of the model on each pipeline rank (default: 1).", valueName: "count"))
    var chunks = 1

    @Option(
        help: ArgumentHelp(
            "What is computed again: none, selective, projections or full (default: none).", valueName: "what"))
    var recompute = "none"

    @Option(help: ArgumentHelp("flash or eager (default: flash).", valueName: "kind"))
    var attention = "flash"

    @Option(
        help: ArgumentHelp(
            "separate as transformers runs them, or fused for RMSNorm and SwiGLU in a kernel each (default: separate).",
            valueName: "kind"))
    var kernels = "separate"

    @Option(
        name: .customLong("loss-chunk"),
        help: ArgumentHelp(
            "Tokens of each sequence whose logits a chunked or fused loss has at once (default: all).",
            valueName: "tokens"))
    var lossChunk: Int?

    @Flag(name: .customLong("sequence-parallel"), help: "Spread norms over the tensor-parallel devices too.")
    var isSequenceParallel = false

    @Option(help: ArgumentHelp("Machines with the devices, for host memory (default: 1).", valueName: "count"))
    var machines = 1

    @Flag(
        name: .customLong("tensor-across-machines"),
        help: "Allow matrices to be split over more devices than a machine has.")
    var crossesMachines = false

    @Option(
        help: ArgumentHelp(
            "Elements of DeepSpeed's buckets, such as its own 500M (default: no buckets, as FSDP).", valueName: "count")
    )
    var buckets: Rate?

    @Option(
        name: .customLong("tokens-per-second"),
        help: ArgumentHelp(
            "What all devices were measured to train on, for the share of their peak.", valueName: "rate"))
    var tokensPerSecond: Rate?

    @Option(help: ArgumentHelp("Tokens of the whole training, such as 2T, for its days.", valueName: "count"))
    var tokens: Rate?

    @Option(
        help: ArgumentHelp(
            "The share of the peak that training reaches, for its days (default: 0.4).", valueName: "share"))
    var mfu = 0.4

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard tokens == nil || devices.peakOperations != nil else {
            throw ValidationError("--tokens needs --peak-flops: days follow from what a device computes.")
        }
        guard tokensPerSecond == nil || devices.peakOperations != nil else {
            throw ValidationError("--tokens-per-second needs --peak-flops: it is set against what a device computes.")
        }
        guard (buckets?.value ?? 1) <= 1e15 else { throw ValidationError("--buckets is more than any bucket has.") }
        guard mfu.isFinite, mfu > 0, mfu <= 1 else {
            throw ValidationError("--mfu must be above 0 and at most 1, got \(mfu).")
        }
    }

    func run() throws {
        let report = try ModelRegistry.planTraining(request, in: store.registryIfThere())
        let summary = try report.summary(.standardOutput(.process))
        try document.print(report, summary: summary, notes: report.notes, quietly: store.quiet)
    }

    private var request: TrainingPlanRequest {
        var target = plan.target()
        devices.complete(&target)
        target.data = data
        target.world = world
        var request = TrainingPlanRequest(target)
        request.recipes = recipe
        request.stages = zero
        request.offload = offload
        request.microBatches = accumulate
        request.chunks = chunks
        request.recomputation = recompute
        request.attention = attention
        request.kernels = kernels
        request.lossChunk = lossChunk
        request.isSequenceParallel = isSequenceParallel
        request.machines = machines
        request.crossesMachines = crossesMachines
        request.bucketElements = buckets.map { Int($0.value) }
        request.tokensPerSecond = tokensPerSecond?.value
        request.tokens = tokens?.value
        request.utilization = mfu
        return request
    }
}
