// What the plans report. `schemas/output/plan-*.schema.json` describe them; docs/planning.md explains the formulas.

/// One figure of a plan, with what is known about it.
public struct PlanFigure: Codable, Sendable {
    /// What it is: `weights`, `cache`, `FLOPs per token` …
    public var name: String
    /// Of memory; nil for other figures, and for what is not known.
    public var bytes: Int?
    /// Of everything else; nil for memory, and for what is not known.
    public var value: Double?
    /// What is counted: `bytes`, `s`, `FLOP/token` …
    public var unit: String
    /// `exact`, `measured`, `published` or `estimate`; nil for what is not known.
    public var evidence: String?
    /// How it was computed, or why it is not known.
    public var formula: String
}

/// The model that a plan is for.
public struct PlanModel: Codable, Sendable {
    /// The artifact's name, or the path that was given.
    public var name: String
    /// `model_type` of config.json.
    public var family: String?
    /// Whether the formulas know the architecture.
    public var hasFormulas: Bool
    /// Parameters, shared tensors counted once.
    public var parameters: Int
    /// How they were counted.
    public var parametersFormula: String
    /// Parameters that one token makes use of; nil when the architecture is not known.
    public var activeParameters: Int?
    /// Weights that one token is multiplied by; nil when the architecture is not known.
    public var matrixParameters: Int?
    /// Bytes of the weights as the store has them; nil for a model that is not in it.
    public var storedBytes: Int?
}

/// One way to run or train a model, with what a device needs for it.
public struct PlanRow: Codable, Sendable {
    /// The form of the weights, or the training recipe.
    public var name: String
    /// The same in words.
    public var description: String
    /// How replicas share the states; nil for inference.
    public var sharding: String?
    /// What moves to the host's memory; nil for inference.
    public var offload: String?
    /// Memory of one device, its parts first, then their total; with offload the host's at the end.
    public var figures: [PlanFigure]
    /// `fits`, `tight` or `does not fit`; nil without a limit.
    public var verdict: String?
    /// Sequences of the context that fit; nil without a limit, or a cache.
    public var sequences: Int?
    /// A lower bound of the time of a pass over the batch's prompts, in seconds; nil without a bandwidth.
    public var prefillSeconds: Double?
    /// A lower bound of the time of one decoding step, in seconds; nil without a bandwidth.
    public var decodeSeconds: Double?
    /// `within reach` or `out of reach`: whether the two bounds leave MLPerf's limits of a Llama-2-70B server possible;
    /// nil without a bandwidth.
    public var mlperfLimits: String?
}

/// What running a model takes.
public struct InferencePlanReport: Codable, Sendable {
    public var model: PlanModel
    public var context: Int
    public var batch: Int
    /// How the cache is stored.
    public var cache: String
    public var tensor: Int
    public var pipeline: Int
    /// Bytes of each device; nil when no limit was given.
    public var memoryBytes: Int?
    /// The share of it that the engine may take.
    public var memoryUtilization: Double
    public var rows: [PlanRow]
    /// What holds for all rows.
    public var figures: [PlanFigure]
    /// Remarks that the user should read.
    public var notes: [String]
}

/// What training a model takes.
public struct TrainingPlanReport: Codable, Sendable {
    public var model: PlanModel
    public var context: Int
    /// Sequences of a micro-batch on each device.
    public var batch: Int
    public var microBatches: Int
    public var data: Int
    public var tensor: Int
    public var pipeline: Int
    public var chunks: Int
    public var recomputation: String
    public var attention: String
    public var kernels: String
    /// Tokens of each sequence whose logits the loss has at once; nil for all.
    public var lossChunk: Int?
    /// Bytes of each device; nil when no limit was given.
    public var memoryBytes: Int?
    public var rows: [PlanRow]
    /// What holds for all rows.
    public var figures: [PlanFigure]
    /// Remarks that the user should read.
    public var notes: [String]
}

/// Which variants of a model would fit, and which of them are worth making.
public struct VariantsPlanReport: Codable, Sendable {
    public var model: PlanModel
    public var contexts: [Int]
    public var batch: Int
    public var cache: String
    public var tensor: Int
    /// Bytes of each device.
    public var memoryBytes: Int
    /// The relative error that is allowed; nil for any.
    public var maxError: Double?
    /// The front first, then what would fit and has to be measured, then what another beats, and what does not fit or
    /// loses too much.
    public var candidates: [Candidate]
    /// What would fit, where nothing within the limits does.
    public var advice: [String]
    /// What the advice is computed from.
    public var figures: [PlanFigure]
    /// Remarks that the user should read.
    public var notes: [String]

    /// One form of the model at one context.
    public struct Candidate: Codable, Sendable {
        /// The scheme's or mixture's id; `as stored` for the model itself.
        public var scheme: String
        /// What is cut before; nil for the whole model.
        public var pruning: Pruning?
        public var context: Int
        /// 8 × bytes of the weights ÷ parameters; nil for one that cannot be made.
        public var bitsPerWeight: Double?
        /// Memory of one device, its parts first, then their total; empty for one that cannot be made.
        public var figures: [PlanFigure]
        /// The error of the weights against the model's; nil when it is not known, as after every cut.
        public var relRmse: Double?
        /// `exact`, `measured` or `estimate`.
        public var relRmseEvidence: String?
        /// Where the error comes from, or why it is not known.
        public var relRmseSource: String?
        /// The error that the scheme makes of the weights that it is given: the same without a cut, else of those that
        /// stay.
        public var schemeRelRmse: Double?
        /// `exact`, `measured` or `estimate`.
        public var schemeRelRmseEvidence: String?
        /// Where that error comes from.
        public var schemeRelRmseSource: String?
        /// `front`, `quality unknown`, `dominated`, `too large`, `too much error`, `error unknown` or `cannot be made`.
        public var outcome: String
        /// `fits`, `tight` or `does not fit`; nil for one that cannot be made.
        public var verdict: String?
        /// Why the outcome is what it is.
        public var reason: String
        /// The fewest devices of this memory among which its matrices can be split so that it fits; nil when none of the
        /// splits that the model allows is enough.
        public var devices: Int?
        /// A variant in the store that was made so.
        public var variant: String?
        /// What was measured of that variant.
        public var results: [Result]
    }

    /// A cut before the scheme.
    public struct Pruning: Codable, Sendable {
        /// As `ingot prune` takes it.
        public var options: String
        /// Of its recipe, by which a result in the store is found.
        public var recipeDigest: String
        /// Parameters that stay.
        public var parameters: Int
    }

    /// A measurement of a variant.
    public struct Result: Codable, Sendable {
        public var task: String?
        public var metric: String
        public var value: Double?
    }
}
