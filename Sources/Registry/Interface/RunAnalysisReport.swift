/// What `runs analyze` says of a training run.
public struct RunAnalysisReport: Codable, Sendable {
    public var run: String
    /// `converging`, `plateau`, `diverging`, `spike`, `overfit` or `too short`.
    public var verdict: String
    /// What the verdict rests on, in words; the first is the reason.
    public var evidence: [String]
    /// The metric that was judged.
    public var metric: Metric
    /// The same on validation data; nil when the run logged none.
    public var validation: Metric?
    /// Where the last records of the metric go; nil when they are too few.
    public var window: Window?
    /// The same of the validation metric.
    public var validationWindow: Window?
    /// What validation did since it was best; nil without validation, or with fewer than 4 records of it.
    public var sinceBest: SinceBest?
    /// Stretches in which the metric was far above its best level, or no number.
    public var excursions: [Excursion]
    /// The learning rate's name, where one was logged.
    public var learningRate: String?
    /// Steps at which the learning rate was raised after it had fallen.
    public var restartSteps: [Int64]
    public var notes: [String]

    /// One metric of the run.
    public struct Metric: Codable, Sendable {
        public var name: String
        public var higherIsBetter: Bool
        /// Records with a finite value; of a step that was logged twice, the last counts.
        public var records: Int
        /// Records that are NaN or infinite.
        public var nonfinite: Int
        public var firstStep: Int64?
        public var lastStep: Int64?
        public var last: Double?
        public var best: Double?
        public var bestStep: Int64?
        /// The standard deviation of one record about a smooth curve; nil with fewer than 6 records.
        public var noise: Double?
    }

    /// The last records, and what they changed by: by a robust line through them, or by the medians of their first and
    /// last quarter, whichever is surer.
    public struct Window: Codable, Sendable {
        public var firstStep: Int64
        public var lastStep: Int64
        public var records: Int
        /// The line's rise a step, in the metric's own sense.
        public var slope: Double
        /// Which of the two estimates `change` is: `line` or `quarters`. The verdict rests on it.
        public var estimate: String
        /// What the metric rises by over the window.
        public var change: Double
        /// `change` in units of the noise of one record; nil where there is no noise, or none is known.
        public var changeInNoise: Double?
        /// `change` in units of its standard error, at most 999.
        public var changeInErrors: Double
    }

    /// What validation did since it was best.
    public struct SinceBest: Codable, Sendable {
        public var bestStep: Int64
        /// Records of validation after it.
        public var records: Int
        /// How much worse validation is at the end, by the median of its last records (at most 3); 0 or more is worse,
        /// whatever the metric's sense.
        public var worsening: Double
        public var worseningInNoise: Double?
        /// How much better training got meanwhile, by medians of five records; nil without training records.
        public var trainingGain: Double?
        /// Validation minus training where validation was best, and at the end: training's median of the five records
        /// around, and at the end validation's of its last.
        public var gapAtBest: Double?
        public var gapAtEnd: Double?
    }

    /// A stretch in which the metric was far above its best level, or no number.
    public struct Excursion: Codable, Sendable {
        public var firstStep: Int64
        public var records: Int
        /// The worst value; nil when all that was out of bounds was NaN or infinite.
        public var peak: Double?
        /// How far that is from the best level before; nil without a peak.
        public var height: Double?
        public var hasNonfinite: Bool
        /// The first step at which it was over; nil when it is not.
        public var recoveredStep: Int64?
        /// The step of the last record when it alone is back, which is too few to tell.
        public var returningStep: Int64?
        /// Whether it began where the learning rate was raised, and counts as no fault.
        public var followsRestart: Bool
    }
}
