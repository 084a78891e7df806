// What `run` is asked for and what it reports.

/// Which recipe to apply to which artifact.
public struct PipelineRequest: Sendable {
    /// The recipe's file, YAML or JSON.
    public var recipePath: String
    /// The artifact.
    public var name: String
    /// The name of the last result, `[owner/]model[:tag]`; nil takes the artifact's model, with the recipe's name as tag.
    public var newName: String?
    /// What to do when a name already means other bytes.
    public var taken: NameTaken = .refuse
    /// Threads to use; nil for one a core.
    public var threadCount: Int?
    /// The importance matrix for steps whose recipe names one.
    public var importancePath: String?
    /// The activation statistics for steps whose recipe names some.
    public var statisticsPath: String?
    /// The list of tokens for steps whose recipe names one.
    public var vocabularyPath: String?
    /// The memory that a step may take, in bytes; nil for no limit.
    public var maxMemoryBytes: Int?

    /// - Parameters:
    ///   - recipePath: the recipe's file, YAML or JSON.
    ///   - name: the artifact.
    public init(recipePath: String, name: String) {
        self.recipePath = recipePath
        self.name = name
    }
}

/// What a recipe made, step by step.
public struct PipelineReport: Codable, Sendable {
    /// What the recipe is called.
    public var recipe: String
    /// `done`; `unchanged` when nothing had to be made; `stopped` when a step failed or was refused, and nothing came in
    /// its place; `planned` for a look ahead.
    public var outcome: String
    public var source: Source
    /// In the order of the work.
    public var steps: [Step]
    public var newBytes: Int
    public var seconds: Double

    /// What the recipe was applied to.
    public struct Source: Codable, Sendable {
        public var name: String
        public var digest: String
        public var scheme: String
        public var parameters: Int
        public var bytes: Int
    }

    /// What became of a step.
    public enum Status: String, Codable, Sendable {
        /// Its artifact was made.
        case made
        /// The same had been made of the same before.
        case unchanged
        /// A gate did not let its result pass; nothing of it is kept.
        case refused
        /// It could not be done; nothing of it is kept.
        case failed
        /// What it needs was not made.
        case skipped
        /// It would have come in the place of a step that passed.
        case notNeeded = "not_needed"
        /// It would be done.
        case planned
    }

    /// One step.
    public struct Step: Codable, Sendable {
        /// What the recipe calls it.
        public var step: String
        /// `quantize`, `prune` …
        public var transform: String
        /// The step whose result it was done to; `source` for the artifact.
        public var input: String
        public var status: Status
        /// Why it was not done, or not let pass.
        public var reason: String?
        /// The step that came in its place.
        public var replacedBy: String?
        public var name: String?
        public var digest: String?
        public var scheme: String?
        public var parameters: Int?
        /// Of its files.
        public var bytes: Int?
        /// The share of its input's bytes that it saved; below 0 when it takes more.
        public var saving: Double?
        /// Of the changed tensors, against its input.
        public var relRmse: Double?
        /// Bytes that the store gained.
        public var newBytes: Int
        public var notes: [String]
        public var seconds: Double
    }

    /// - Throws: `RegistryError` when a step failed or was refused, and nothing came in its place.
    public func requireComplete() throws {
        guard outcome == "stopped" else { return }
        let stops = steps.first { $0.status == .failed } ?? steps.last { $0.status == .refused }
        throw RegistryError(
            "the recipe \(recipe) stopped at '\(stops?.step ?? "")': \(stops?.reason ?? "a step could not be done")",
            remedy: "Mend that step and run the recipe again; what was made stays and is not made anew")
    }
}
