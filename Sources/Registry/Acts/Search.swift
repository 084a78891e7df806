import Catalog

/// What a search found.
public struct SearchReport: Sendable {
    /// An artifact under one of its names.
    public struct Match: Sendable {
        public var artifact: ArtifactRow
        /// What it was found in, when not in its name: `about`, `note`, `card` or `tensor`.
        public var column: String?
        /// The text around the word; empty when it was not looked up.
        public var excerpt: String?

        /// - Parameters:
        ///   - artifact: the artifact under one of its names.
        ///   - column: what it was found in; nil for its name, or when all are listed.
        ///   - excerpt: the text around the word.
        public init(artifact: ArtifactRow, column: String? = nil, excerpt: String? = nil) {
            self.artifact = artifact
            self.column = column
            self.excerpt = excerpt
        }
    }

    /// Those found by name first; the others best first.
    public var matches: [Match]
    /// How many artifacts each word of the search finds alone.
    public var counts: [(word: String, artifactCount: Int)]
    /// Names that come near, when nothing was found.
    public var nearNames: [String]
}

extension ModelRegistry {
    /// Finds artifacts by words: each in the name, anywhere in it, or at the start of a word of its facts, its notes, its
    /// model card or its tensors' names.
    /// - Parameters:
    ///   - words: white space separates them; all must be found.
    ///   - isSized: whether bytes on disk are told, for which every blob of every artifact is looked at.
    public func search(_ words: String, sized isSized: Bool = true) throws -> SearchReport {
        let answer = try catalog.search(words, sized: isSized)
        return SearchReport(
            matches: answer.rows.map { row in
                .init(
                    artifact: ArtifactRow(row.summary), column: row.reason?.column.name, excerpt: row.reason?.excerpt)
            }, counts: answer.counts, nearNames: answer.nearNames)
    }

    /// Names that begin with `prefix`, ignoring case, as they are typed: for completion. After a model and `:` its tags,
    /// after `@` its versions.
    /// - Parameter limit: no more than these.
    public func names(beginningWith prefix: String, limit: Int = 100) throws -> [String] {
        try catalog.names(beginningWith: prefix, limit: limit)
    }

    /// Names of runs that begin with `prefix`, ignoring case.
    public func runNames(beginningWith prefix: String, limit: Int = 100) throws -> [String] {
        try catalog.runNames(beginningWith: prefix, limit: limit)
    }
}
