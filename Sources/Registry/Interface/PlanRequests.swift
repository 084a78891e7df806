/// What a plan is made for: a model, how many devices, and how much memory each has.
public struct PlanTarget: Sendable {
    /// An artifact's name, or the path of a config.json or of a folder that holds one.
    public var model: String
    /// Tokens of each sequence; nil takes what the model is made for, 4096 at most.
    public var context: Int?
    /// Sequences at once: of a micro-batch in training.
    public var batch: Int
    /// Replicas of the model.
    public var data = 1
    /// Devices among which each matrix is split.
    public var tensor = 1
    /// Devices among which the layers are split.
    public var pipeline = 1
    /// All devices, to be checked against the product of the three; nil leaves that out.
    public var world: Int?
    /// Bytes of each device; nil for no verdict.
    public var memoryBytes: Int?
    /// Bytes that the framework takes on each device before any tensor.
    public var reserveBytes = 0
    /// Operations per second that a device can do at best; nil when that is not known.
    public var peakOperations: Double?

    /// - Parameters:
    ///   - model: an artifact's name, or the path of a config.json or of a folder that holds one.
    ///   - batch: sequences at once.
    public init(model: String, batch: Int = 1) {
        self.model = model
        self.batch = batch
    }
}

/// A plan of inference to make.
public struct InferencePlanRequest: Sendable {
    /// The model and the devices.
    public var target: PlanTarget
    /// Forms of the weights: `f32`, `bf16`, `f16`, or any that `convert --to` takes; empty for the usual ones.
    public var forms: [String] = []
    /// How the cache is stored: `f32`, `bf16`, `f16`, `fp8`, `q8_0`, `q4_0`.
    public var cache = "bf16"
    /// Tokens of each sequence that one pass over a prompt takes.
    public var chunk = 2048
    /// Tokens of a page of the cache.
    public var page = 1
    /// Bytes per second that a device reads at best; nil when that is not known.
    public var bandwidth: Double?
    /// The share of a device's memory that the engine may take, of weights, cache and all else that it holds.
    public var memoryUtilization = 1.0

    /// - Parameter target: the model and the devices.
    public init(_ target: PlanTarget) { self.target = target }
}

/// A plan of training to make.
public struct TrainingPlanRequest: Sendable {
    /// The model and the devices.
    public var target: PlanTarget
    /// Names of recipes; empty for the usual ones.
    public var recipes: [String] = []
    /// Stages of ZeRO, 0 to 3; empty for all that make a difference.
    public var stages: [Int] = []
    /// `none`, `optimizer` or `all`; nil for each that is known.
    public var offload: String?
    /// Micro-batches of an optimizer step.
    public var microBatches = 1
    /// Chunks of the model on each pipeline rank.
    public var chunks = 1
    /// `none`, `selective`, `projections` or `full`.
    public var recomputation = "none"
    /// `flash` or `eager`.
    public var attention = "flash"
    /// Whether norms and what lies between an MLP's matrices are computed step by step, or in one kernel each: `separate`
    /// or `fused`.
    public var kernels = "separate"
    /// Tokens of each sequence whose logits the loss has at once; nil for all.
    public var lossChunk: Int?
    /// Whether norms are spread over the devices of tensor parallelism too.
    public var isSequenceParallel = false
    /// Machines over which the devices are spread.
    public var machines = 1
    /// Whether matrices may be split over more devices than a machine has.
    public var crossesMachines = false
    /// Elements of DeepSpeed's buckets, through which replicas exchange gradients and weights; nil counts none, and
    /// with sharded weights two blocks, as FSDP gathers them.
    public var bucketElements: Int?
    /// Tokens that all devices together were measured to train on in a second, for what share of the peak that is.
    public var tokensPerSecond: Double?
    /// Tokens of the whole training, for its days; nil leaves them out.
    public var tokens: Double?
    /// The share of a device's peak that training reaches, for its days.
    public var utilization = 0.4

    /// - Parameter target: the model and the devices.
    public init(_ target: PlanTarget) { self.target = target }
}

/// A plan of variants to make.
public struct VariantsPlanRequest: Sendable {
    /// The model and the devices; its context is the only one unless `contexts` has some.
    public var target: PlanTarget
    /// Contexts to plan for. Of one alone, forms that do not fit are planned for the most tokens that do, too.
    public var contexts: [Int] = []
    /// Cuts to weigh, as `ingot prune` names them: `mlp=0.25+layers=20-27`, or `none`; empty for the usual ones and
    /// those that are in the store.
    public var cuts: [String] = []
    /// What numbers of channels that stay are multiples of; nil for what suits the model, and for 1 in `cuts`.
    public var multiple: Int?
    /// The relative error of the weights that is allowed; nil for any.
    public var maxError: Double?
    /// Schemes to consider, as `convert --to` takes them; empty for all with their usual groups.
    public var schemes: [String] = []
    /// How the cache is stored.
    public var cache = "bf16"

    /// - Parameter target: the model and the devices.
    public init(_ target: PlanTarget) { self.target = target }
}
