/// Which files of results to take in, and for which artifact.
public struct ResultsImportRequest: Sendable {
    /// The files, as other tools wrote them.
    public var paths: [String]
    /// The artifact that was measured, whatever model a file names.
    public var name: String
    /// How to read them, such as `lm-eval`; nil recognizes each by its content.
    public var format: String?
    /// Which columns of a table mean what, such as `metric=Metric,value=Score`; empty for tools' own files.
    public var columnMap: [String] = []
    /// The data it was measured on, where the file does not tell.
    public var dataset: String?
    /// SHA-256 of that data, 64 hexadecimal digits, where the file does not tell.
    public var datasetDigest: String?
    /// SHA-256 of what the model was asked, where the file does not tell.
    public var promptDigest: String?
    /// Whether it was measured on this machine, which is then described where the file does not.
    public var isFromThisHost = false

    /// - Parameters:
    ///   - paths: the files.
    ///   - name: the artifact that was measured.
    public init(paths: [String], name: String) {
        self.paths = paths
        self.name = name
    }
}

/// Whether an artifact's results are as good as another's, within limits.
public struct ResultsCheckRequest: Sendable {
    /// How much worse a metric may be.
    public struct Limit: Equatable, Sendable {
        /// How `amount` counts.
        public enum Unit: Equatable, Sendable {
            /// In the metric's own unit. On a share from 0 to 1, an amount of 1 or more counts in points of a hundred.
            case own
            /// Percent of the other artifact's value.
            case percent
            /// Hundredths of a share from 0 to 1, or of 100 %.
            case points
        }

        public var metric: String
        /// A finite number, 0 or more.
        public var amount: Double
        public var unit: Unit

        /// - Parameters:
        ///   - metric: the metric's name.
        ///   - amount: how much worse it may be.
        ///   - unit: how that counts.
        public init(metric: String, amount: Double, unit: Unit) {
            self.metric = metric
            self.amount = amount
            self.unit = unit
        }
    }

    /// The artifact to check.
    public var name: String
    /// The artifact that it is held against.
    public var against: String
    public var limits: [Limit]
    /// Only these tasks; empty: all that either was measured on.
    public var tasks: [String] = []
    /// Metrics of which less is better, where the results do not tell.
    public var lowerIsBetter: Set<String> = []
    /// Metrics of which more is better, where the results do not tell.
    public var higherIsBetter: Set<String> = []
    /// Whether a drop beyond the limit fails also when it may be chance.
    public var isStrict = false

    /// - Parameters:
    ///   - name: the artifact to check.
    ///   - against: the artifact that it is held against.
    ///   - limits: how much worse each metric may be.
    public init(name: String, against: String, limits: [Limit]) {
        self.name = name
        self.against = against
        self.limits = limits
    }
}

/// What `results check` found.
public struct ResultsCheckReport: Codable, Sendable {
    public var name: String
    public var digest: String
    public var against: String
    public var againstDigest: String
    /// Whether every row passed.
    public var passed: Bool
    public var rows: [Row]
    public var notes: [String]

    /// One comparison, or why there is none.
    public struct Row: Codable, Sendable {
        public var task: String?
        public var metric: String
        public var tool: String?
        /// How both were measured: shots, filter and such, in words.
        public var setting: String?
        public var value: Double?
        public var againstValue: Double?
        /// How much worse the value is, in the metric's unit; below 0 when it is better.
        public var drop: Double?
        /// How much worse it may be.
        public var allowed: Double?
        /// Of the drop; nil when the results do not tell enough.
        public var stderr: Double?
        /// The 95 % interval of the drop.
        public var dropLow: Double?
        public var dropHigh: Double?
        public var z: Double?
        /// How likely a difference of this size is by chance, two-sided.
        public var p: Double?
        /// `no difference`, `better`, `worse`, `missing` or `not comparable`.
        public var finding: String
        public var passed: Bool
        /// Why it failed or could not be told, and what to do.
        public var reason: String?
    }
}
