/// Artifacts side by side, as `compare` lays them.
public struct CompareReport: Codable, Sendable {
    /// What errors are added up by.
    public enum Grouping: String, Codable, CaseIterable, Sendable {
        case role, layer, tensor
    }

    /// The parent that the errors are against; of several, one of the compared artifacts, or else the most frequent.
    /// Nil where no artifact has errors.
    public var base: String?
    public var baseDigest: String?
    /// In the order that was asked for.
    public var artifacts: [Artifact]
    /// What the errors in `groups` are added up by.
    public var by: Grouping
    /// Of roles in the order of a model, of layers by number, of tensors in the first artifact's order.
    public var groups: [Group]
    /// The results that were asked for, each a column; `results` of an artifact has one for each.
    public var metrics: [Metric]
    /// Which artifacts no other beats; nil when it was not asked for.
    public var pareto: ParetoReport?
    /// Remarks that the user should read.
    public var notes: [String]

    /// One artifact.
    public struct Artifact: Codable, Sendable {
        public var name: String
        public var digest: String
        public var kind: String
        public var scheme: String
        public var format: String
        public var parameters: Int
        /// The sum of the files' bytes.
        public var bytes: Int
        /// Bytes on disk, shared blobs counted whole.
        public var storedBytes: Int
        public var bitsPerWeight: Double?
        /// The parent that its errors are against; nil without errors.
        public var parent: String?
        public var parentDigest: String?
        /// Whether its errors are against another parent than `base`, so that they do not compare.
        public var hasOtherBase: Bool
        /// Tensors that differ from the parent's.
        public var changedTensors: Int
        public var relRmse: Double?
        /// The same with each square times its column's importance; nil where no importance was given.
        public var weightedRelRmse: Double?
        public var snrDb: Double?
        public var maximumError: Double?
        /// The share of the changed tensors' elements that became zero and were not.
        public var shareZero: Double?
        /// The share of the changed tensors' elements beyond the range of their block's codes.
        public var shareClipped: Double?
        /// The tensor with the largest relative RMSE.
        public var worstTensor: String?
        public var worstRelRmse: Double?
        /// The newest result of each of `metrics`; nil where it has none.
        public var results: [Result?]
    }

    /// A metric of a task.
    public struct Metric: Codable, Sendable {
        public var task: String?
        public var metric: String
        public var higherIsBetter: Bool?
    }

    /// A measurement.
    public struct Result: Codable, Sendable {
        /// Nil when it is no finite number.
        public var value: Double?
        public var stderr: Double?
        public var samples: Int?
        public var unit: String?
        public var measuredAt: String
    }

    /// Tensors that play the same part, stand in the same layer, or are the same.
    public struct Group: Codable, Sendable {
        /// A role such as `attention_q`, `layer 3` or `outside the layers`, or a tensor's name.
        public var name: String
        /// One for each artifact, in their order.
        public var cells: [Cell]
    }

    /// What one artifact has in a group.
    public struct Cell: Codable, Sendable {
        public var tensors: Int
        public var parameters: Int
        public var bytes: Int
        public var bitsPerWeight: Double?
        /// Tensors that differ from the parent's.
        public var changedTensors: Int
        /// Over the changed tensors; nil when none is.
        public var relRmse: Double?
        public var weightedRelRmse: Double?
        public var maximumError: Double?
    }
}
