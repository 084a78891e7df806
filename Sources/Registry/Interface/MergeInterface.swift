/// What to merge, and how.
public struct MergeRequest: Sendable {
    /// What becomes one.
    public enum Subject: Sendable {
        /// A low-rank adapter, by its folder or artifact, into its base.
        case adapter(base: String, adapter: String)
        /// Models, as a recipe in mergekit's words says.
        case recipe(path: String)
    }

    public var subject: Subject
    /// The name to give; nil makes it of the base's for an adapter. A recipe needs one.
    public var newName: String?
    /// What to do when the name already means other bytes.
    public var taken: NameTaken = .refuse
    /// The dtype of what an adapter changes; nil for the base's own.
    public var dtype: String?
    /// The scheme in whose steps an adapter's updates are measured; nil for that of a quantized base.
    public var stepScheme: String?
    /// What the random choices of DARE begin with; nil for what the recipe says, or 0.
    public var seed: UInt64?
    /// The memory that the act may take, in bytes; nil for no limit.
    public var maxMemoryBytes: Int?
    /// Threads to use; nil for one a core.
    public var threadCount: Int?

    /// - Parameter subject: what becomes one.
    public init(_ subject: Subject) { self.subject = subject }
}

/// What `merge` did.
public struct MergeReport: Codable, Sendable {
    /// `merged`, or `unchanged` when the same had been merged before.
    public var outcome: String
    public var name: String
    public var digest: String
    /// `lora`, `dora`, or mergekit's name of the method.
    public var method: String
    /// What it was made from.
    public var parents: [Parent]
    public var scheme: String
    public var recipeDigest: String
    public var tensorCount: Int
    /// Tensors whose bytes are none of the first parent's.
    public var changedTensorCount: Int
    public var parameterCount: Int
    /// √(Σ err² / Σ w²) over the changed tensors, against the base or the first model; nil when none changed.
    public var relativeRmse: Double?
    /// The tensor with the largest relative RMSE.
    public var worstTensor: ConvertReport.WorstTensor?
    /// The scheme in whose steps updates are measured; nil without one.
    public var stepScheme: String?
    /// Of an adapter, what it changed; empty when it was merged before.
    public var updates: [Update]
    public var logicalBytes: Int
    /// Bytes that this act added to the store.
    public var newBytes: Int
    public var notes: [String]
    public var seconds: Double

    /// An artifact that went into the merge.
    public struct Parent: Codable, Sendable {
        public var name: String
        public var digest: String
        public var role: String
    }

    /// A matrix that an adapter changed.
    public struct Update: Codable, Sendable {
        public var tensor: String
        /// ‖ΔW‖
        public var norm: Double
        /// ‖ΔW‖ ÷ ‖W‖; nil when W is zero.
        public var relativeNorm: Double?
        /// The root mean square of ΔW in quantization steps; nil without a scheme.
        public var steps: Double?
    }
}
