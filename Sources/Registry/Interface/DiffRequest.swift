/// Which artifacts to compare tensor by tensor, and how far.
public struct DiffRequest: Sendable {
    /// The artifact that is compared with.
    public var first: String
    /// The artifact that is compared.
    public var second: String
    /// Whether only digests are compared, so that no weight is read.
    public var digestsOnly = false
    /// Whether tensors that do not differ are listed too.
    public var listsAll = false
    /// Threads to use; nil for one a core. The numbers do not depend on it.
    public var threadCount: Int?

    /// - Parameters:
    ///   - first: the artifact that is compared with.
    ///   - second: the artifact that is compared.
    public init(first: String, second: String) {
        self.first = first
        self.second = second
    }
}
