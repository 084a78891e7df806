/// Which numbers of a model become zero.
public struct SparsifyRequest: Sendable {
    /// The artifact to sparsify.
    public var name: String
    /// The share of each matrix's numbers that becomes zero, between 0 and 1; nil with a pattern.
    public var sparsity: Double?
    /// How many of how many neighbors along the inputs stay: `2:4`; nil with a share.
    public var pattern: String?
    /// Among which numbers the share is taken; nil for the usual: of Wanda each row, else each tensor.
    public var scope: Scope?
    /// What tells how much a number counts.
    public var scores = Scores.magnitude
    /// For Wanda: an importance matrix of llama.cpp, or activation statistics.
    public var statisticsPath: String?
    /// Regular expressions; a tensor whose name one of them finds stays as it is.
    public var keep: [String] = []
    /// Rules that let tensors stay: `layers:0-1=keep`.
    public var rules: [String] = []
    /// The name to give; nil derives it from the source's name and the share.
    public var newName: String?
    /// What to do when the name already means other bytes.
    public var taken = NameTaken.refuse
    /// The memory that the act may take, in bytes; nil for no limit.
    public var maxMemoryBytes: Int?
    /// Threads to use; nil for one a core.
    public var threadCount: Int?

    /// Among which numbers a share is taken.
    public enum Scope: String, Sendable, CaseIterable {
        /// Each output of each matrix.
        case row
        /// Each matrix.
        case tensor
        /// All matrices together.
        case global
    }

    /// What tells how much a number counts.
    public enum Scores: String, Sendable, CaseIterable {
        case magnitude
        /// Its magnitude times the norm of its input.
        case wanda
    }

    /// - Parameter name: the artifact to sparsify.
    public init(name: String) { self.name = name }
}

/// What `sparsify` did.
public struct SparsifyReport: Codable, Sendable {
    /// `sparsified`, or `unchanged` when the same recipe had been applied to the same bytes before.
    public var outcome: String
    public var name: String
    public var digest: String
    public var parent: String
    public var parentDigest: String
    public var recipeDigest: String
    /// The share of zeros in all matrices that got some.
    public var sparsity: Double
    /// √(Σ err² / Σ w²) over these matrices.
    public var relativeRmse: Double?
    /// The matrices that got zeros.
    public var tensors: [Tensor]
    /// Tensors that stay as they were, and why; empty when nothing was done.
    public var kept: [ConvertReport.Kept]
    public var parameterCount: Int
    public var logicalBytes: Int
    public var newBytes: Int
    public var notes: [String]
    public var seconds: Double

    /// A matrix that got zeros.
    public struct Tensor: Codable, Sendable {
        public var name: String
        /// The share of zeros.
        public var sparsity: Double
        public var relativeRmse: Double?
    }
}
