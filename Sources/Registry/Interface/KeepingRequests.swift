/// What to verify, and how much of it.
public struct VerifyRequest: Sendable {
    /// The artifact whose blobs are read; nil for all blobs.
    public var name: String?
    public var selection = Selection.all
    /// Threads to use; nil for one a core.
    public var threadCount: Int?

    /// Which blobs are read.
    public enum Selection: Sendable, Equatable {
        /// All of them.
        case all
        /// Blobs drawn until they make up this share (0 … 1) of the bytes. A blob is the likelier to be drawn the longer
        /// ago it was verified; one that never was counts as ten years. The same seed draws the same blobs again from
        /// the same catalog.
        case sample(Double, seed: Int)
        /// Those that were not found right within so many seconds.
        case notWithin(seconds: Int)
    }

    /// - Parameter name: the artifact; nil for all.
    public init(name: String? = nil) { self.name = name }
}

/// What to mend, and where right bytes may be found.
public struct RepairRequest: Sendable {
    /// The artifact whose blobs are mended; nil for all.
    public var name: String?
    /// Folders and files that may hold the same bytes: exported models, and homes of Ingot.
    public var sources: [String] = []
    /// Files with which the variants were made.
    public var files = DerivationFiles()
    /// Threads to use; nil for one a core.
    public var threadCount: Int?

    /// - Parameter name: the artifact; nil for all.
    public init(name: String? = nil) { self.name = name }
}

/// Files that recipes name by their digests only, so that deriving a variant again needs them.
public struct DerivationFiles: Sendable {
    /// An importance matrix of llama.cpp, or activation statistics.
    public var importancePath: String?
    /// The list of tokens by which a vocabulary was cut; needed where the variant's own record of them is lost.
    public var vocabularyPath: String?

    /// Names no file.
    public init() {}
}

/// What is given back.
public struct CollectRequest: Sendable {
    /// Which artifacts go, besides what nothing needs.
    public var retention = Retention.keepAll
    /// Whether anything is done.
    public var effect = Effect.remove

    /// Which artifacts stay.
    public enum Retention: Sendable, Equatable {
        case keepAll
        /// Those that a file of rules keeps (`docs/store-keeping.md`).
        case rules(path: String)
        /// All but those for whose every row of `artifact_summary` this SQL condition holds.
        case dropWhere(String)
    }

    /// Whether anything is done.
    public enum Effect: Sendable {
        /// What is not needed goes.
        case remove
        /// Nothing changes; the report says what would go.
        case report
    }

    /// Removes what nothing needs, and no artifact.
    public init() {}
}

/// Which variants' bytes go, or come back.
public struct EvictRequest: Sendable {
    /// The variants.
    public var names: [String]
    /// Whether a variant must have been derived again first.
    public var proof = Proof.required
    /// Files with which the variants were made.
    public var files = DerivationFiles()
    /// Threads to use; nil for one a core.
    public var threadCount: Int?

    /// Whether a variant must have been derived again first.
    public enum Proof: Sendable {
        /// A variant is derived again now, unless this version of Ingot has done so before, and must come out the same.
        case required
        /// The recipe is trusted.
        case none
    }

    /// - Parameter names: the variants.
    public init(names: [String]) { self.names = names }
}
