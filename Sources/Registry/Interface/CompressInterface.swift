/// What `compress` is asked to do.
public struct CompressRequest: Sendable {
    /// How much is tried.
    public enum Effort: String, Sendable, CaseIterable {
        /// What is fast to read, where it saves three percent of a tensor at least.
        case auto
        /// Everything that makes a tensor smaller; differences from the artifact's base too, when that is in the store.
        case max
    }

    /// The artifact.
    public var name: String
    /// The artifact that differences are taken from; nil looks for the one that it was made from, with `max`.
    public var base: String?
    public var effort = Effort.auto
    /// How many threads to use; nil takes one a core. The result does not depend on it.
    public var threadCount: Int?

    /// - Parameter name: the artifact.
    public init(name: String) { self.name = name }
}

/// What `compress` did, or undid.
public struct CompressReport: Codable, Sendable {
    /// `compressed` or `restored`; `unchanged` when there was nothing to do.
    public var outcome: String
    public var name: String
    public var digest: String
    /// The sum of the files' bytes.
    public var logicalBytes: Int
    /// Bytes of the artifact in the store before; what it shares with others counts whole.
    public var bytesBefore: Int
    public var bytesAfter: Int
    /// Byte strings that are stored in another way now.
    public var changedBlobs: Int
    /// All of its byte strings that are compressed now.
    public var codedBlobs: Int
    /// Those of them that are differences from others.
    public var differences: Int
    /// The artifact that differences were taken from.
    public var base: String?
    public var notes: [String]
    public var seconds: Double
}
