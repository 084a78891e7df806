/// What to cut from a model, and how.
public struct PruneRequest: Sendable {
    /// The artifact to prune.
    public var name: String
    /// The share of each MLP's channels that goes, from 0 to below 1.
    public var mlp: Double?
    /// The share of the query heads that goes: from each group that shares keys and values as many.
    public var heads: Double?
    /// The share of the groups that goes, each with its key, its value and its query heads.
    public var keyValueGroups: Double?
    /// The share of the hidden channels that goes.
    public var hidden: Double?
    /// The share of the experts that goes.
    public var experts: Double?
    /// The layers that go: `3,7-9`.
    public var layers: String?
    /// The layers that stay: `0-5`.
    public var keptLayers: String?
    /// The tokens that stay: their number, or a file that lists them.
    public var vocabulary: String?
    /// What numbers of channels are rounded to multiples of.
    public var multiple = 1
    /// What tells how much an index counts: `l2` or `l1` of the weights.
    public var importance = Importance.l2
    /// An importance matrix of llama.cpp, which tells it instead.
    public var importancePath: String?
    /// Activation statistics, which tell it instead.
    public var statisticsPath: String?
    /// Whether output matrices are fitted again; nil does so when the statistics allow it.
    public var repairs: Bool?
    /// The name to give; nil derives it from the source's name and what is cut.
    public var newName: String?
    /// What to do when the name already means other bytes.
    public var taken = NameTaken.refuse
    /// The memory that the act may take, in bytes; nil for no limit.
    public var maxMemoryBytes: Int?
    /// Threads to use; nil for one a core.
    public var threadCount: Int?

    /// How the weights of a group are put together.
    public enum Importance: String, Sendable, CaseIterable {
        /// The root of the sum of squares.
        case l2
        /// The sum of magnitudes.
        case l1
    }

    /// - Parameter name: the artifact to prune.
    public init(name: String) { self.name = name }
}

/// What a cut makes of a model's sizes, or would make.
public struct PruneSizes: Codable, Sendable {
    /// The sizes that change.
    public var axes: [Axis]
    /// The layers that stay, by their old numbers.
    public var layers: [Int]
    public var layerCountBefore: Int
    public var parameters: Int
    public var parametersBefore: Int
    /// Of the artifact's files.
    public var bytes: Int
    public var bytesBefore: Int
    /// Of the learned numbers alone.
    public var weightBytes: Int
    public var weightBytesBefore: Int
    /// Operations for one token without attention, a multiplication with an addition counted as two; nil where the
    /// formulas do not know the architecture.
    public var flopsPerToken: Double?
    public var flopsPerTokenBefore: Double?
    /// How much of the scores stays, layer by layer.
    public var groups: [Group]
    /// The tensors whose sizes change.
    public var tensors: [Tensor]

    /// A size of the model.
    public struct Axis: Codable, Sendable {
        /// `mlp`, `heads`, `kv_heads`, `hidden`, `experts`, `vocabulary` …
        public var axis: String
        public var before: Int
        public var after: Int
    }

    /// What goes in one layer, or for hidden channels in all.
    public struct Group: Codable, Sendable {
        public var axis: String
        /// The layer's old number; nil for what all layers share.
        public var layer: Int?
        /// The expert's old number.
        public var expert: Int?
        public var before: Int
        public var after: Int
        /// The share of the scores' sum that stays.
        public var kept: Double
        /// The lowest score that stays.
        public var lowestKept: Double
        /// The highest score that goes.
        public var highestCut: Double
    }

    /// A tensor with another size.
    public struct Tensor: Codable, Sendable {
        /// The new name.
        public var name: String
        public var before: [Int]
        public var after: [Int]
    }
}

/// What pruning would write, without doing it.
public struct PruneForecast: Codable, Sendable {
    /// The name that the variant would have.
    public var name: String
    public var recipeDigest: String
    public var sizes: PruneSizes
    /// Bytes that the store would gain at most.
    public var newBytes: Int
    public var freeBytes: Int?
    /// An upper bound of the memory that the act takes, with the threads asked for.
    public var peakMemoryBytes: Int
    /// Remarks that the user should read.
    public var notes: [String]
}

/// What pruning did.
public struct PruneReport: Codable, Sendable {
    /// `pruned`, or `unchanged` when it had been done before.
    public var outcome: String
    public var name: String
    public var digest: String
    public var parent: String
    public var parentDigest: String
    public var recipeDigest: String
    /// Nil when it had been done before.
    public var sizes: PruneSizes?
    public var parameterCount: Int
    public var logicalBytes: Int
    /// Bytes that the act added to the store.
    public var newBytes: Int
    /// Remarks that the user should read.
    public var notes: [String]
    public var seconds: Double
}
