/// What `convert` did.
public struct ConvertReport: Codable, Sendable {
    /// `converted`, or `unchanged` when the same recipe had been applied to the same bytes before.
    public var outcome: String
    public var name: String
    public var digest: String
    public var parent: String
    public var parentDigest: String
    /// The full scheme id.
    public var scheme: String
    public var recipeDigest: String
    public var quantizedTensorCount: Int
    /// Those of them whose numbers are the parent's, all of them: codes that went over from another layout.
    public var exactTensorCount: Int
    /// Tensors that stay as they were, and why.
    public var kept: [Kept]
    /// Tensors that could not get what was meant for them, whose rows its blocks do not divide.
    public var replacements: [Replacement]
    /// Of a cast, the tensors that have another dtype.
    public var casts: [Cast] = []
    public var parameterCount: Int
    public var bitsPerWeight: Double
    /// √(Σ err² / Σ w²) over the changed tensors; nil when none changed.
    public var relativeRmse: Double?
    /// The tensor with the largest relative RMSE.
    public var worstTensor: WorstTensor?
    public var logicalBytes: Int
    public var parentLogicalBytes: Int
    /// Bytes that this act added to the store.
    public var newBytes: Int
    public var notes: [String]
    public var seconds: Double

    /// A tensor that stays as it was.
    public struct Kept: Codable, Sendable {
        public var tensor: String
        public var reason: String
    }

    /// A tensor with another dtype, and what rounding did to its numbers; zeros when the cast was done before.
    public struct Cast: Codable, Sendable {
        public var tensor: String
        /// The dtype or scheme that it had.
        public var from: String
        public var to: String
        /// Why it is wider than was asked for.
        public var reason: String?
        /// Finite numbers that the new dtype cannot hold.
        public var overflow: Int
        /// Numbers that became zero.
        public var underflow: Int
        /// Numbers that became subnormal.
        public var subnormal: Int
        public var nan: Int
        public var infinity: Int
    }

    /// A tensor that could not get what was meant for it.
    public struct Replacement: Codable, Sendable {
        public var tensor: String
        /// What was meant for it.
        public var wanted: String
        /// What it became.
        public var stored: String
    }

    /// The tensor with the largest relative RMSE.
    public struct WorstTensor: Codable, Sendable {
        public var tensor: String
        public var relativeRmse: Double
    }
}
