/// A training run, in a list.
public struct RunRow: Codable, Sendable {
    public var run: String
    /// What kept its log: `trainer-state`, `tensorboard`, `trackio`, `mlflow`, `csv` or `jsonl`.
    public var kind: String
    public var experiment: String?
    /// `running`, `finished`, `failed` or `killed`; nil when the log does not tell.
    public var state: String?
    /// UTC, to the second.
    public var startedAt: String?
    public var seconds: Double?
    /// The number of metrics.
    public var metrics: Int
    /// The number of values.
    public var values: Int
    public var lastStep: Int?
    public var importedAt: String
    /// The log, or the first of several.
    public var sourcePath: String?
    /// The metric that was asked for.
    public var metric: RunMetricRow?
}

/// A metric of one run.
public struct RunMetricRow: Codable, Sendable {
    public var metric: String
    /// The value that was logged last; nil when it is no finite number.
    public var last: Double?
    /// `nan`, `inf` or `-inf` where the last value is no finite number.
    public var lastText: String?
    /// Of the finite values.
    public var minimum: Double?
    public var maximum: Double?
    /// Nil where the metric's name does not tell what is better.
    public var best: Double?
    public var bestStep: Int?
    public var firstStep: Int
    public var lastStep: Int
    /// The number of values.
    public var values: Int
    /// How many of them are NaN or infinite.
    public var nonfinite: Int
    public var higherIsBetter: Bool?
}

/// A checkpoint that a run wrote.
public struct CheckpointRow: Codable, Sendable {
    public var run: String
    /// What finds the artifact.
    public var artifact: String
    public var digest: String
    public var step: Int?
    /// `linked` when a person said so, `log` when the run's log is one of the artifact's files.
    public var knownBy: String
}

/// Everything that the catalog tells of one run, but its values.
public struct RunDetail: Codable, Sendable {
    public var run: RunRow
    public var parameters: [Parameter]
    public var metrics: [RunMetricRow]
    public var checkpoints: [CheckpointRow]
    /// The files that it was read from.
    public var sources: [Source]

    /// A setting.
    public struct Parameter: Codable, Sendable {
        public var name: String
        public var value: String
    }

    /// A file that it was read from.
    public struct Source: Codable, Sendable {
        public var path: String
        /// SHA-256 of the file as it was then; nil for a database.
        public var digest: String?
        public var lastStep: Int?
    }
}

/// What `runs import` did.
public struct RunsImportReport: Codable, Sendable {
    public var runs: [Run]
    /// Values that are new in the catalog.
    public var addedValues: Int
    public var notes: [String]
    public var seconds: Double

    /// One run of the import.
    public struct Run: Codable, Sendable {
        public var run: String
        /// `imported`, `grown` or `unchanged`.
        public var outcome: String
        public var kind: String
        public var path: String
        public var addedValues: Int
        public var lastStep: Int?
    }
}

/// What `runs link` did.
public struct RunLinkReport: Codable, Sendable {
    /// `linked` or `unlinked`.
    public var outcome: String
    public var run: String
    public var artifact: String
    public var digest: String
    public var step: Int?
}

/// What `runs rm` did.
public struct RunsRemoveReport: Codable, Sendable {
    public var removed: [String]
    /// Values that went with them.
    public var values: Int
}
