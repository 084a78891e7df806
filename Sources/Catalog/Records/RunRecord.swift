package import Bytes
package import GRDB
package import Measurements

/// A row of table `run`, with the first of its logs.
package struct RunRecord: Equatable, Sendable {
    package let id: Int64
    package let name: String
    package let origin: String
    package let kind: RunLogKind
    package let experiment: String?
    package let state: RunDraft.State?
    /// Milliseconds since 1970.
    package let startedAt: Int64?
    /// Milliseconds since 1970; nil when `startedAt` is.
    package let endedAt: Int64?
    /// How many milliseconds it went on, as far as its logs tell.
    package let duration: Int64?
    package let metricCount: Int
    package let valueCount: Int
    package let lastStep: Int64?
    package let importedAt: Timestamp
    package let sourcePath: String?
    /// The metric that a list was asked for.
    package let metric: MetricRecord?
}

extension RunRecord: FetchableRecord {
    package init(row: Row) throws {
        id = Int64(try row.integer("id"))
        name = try row.text("name")
        origin = try row.text("origin")
        kind = try row.choice("kind")
        experiment = try row.optional("experiment")
        state = try row.optional("state", as: String.self).map { text in
            try row.parse("state", of: text) { RunDraft.State(rawValue: $0) }
        }
        startedAt = try row.optional("started_ms")
        let ended = try row.optional("ended_ms", as: Int64.self)
        endedAt = startedAt.flatMap { _ in ended }
        if let startedAt {
            duration = ended.map { $0 &- startedAt }
        } else {
            // Without a start, the end is counted from it (RunWriter); an end since 1970 tells no duration.
            duration = ended.flatMap { $0 < RunWriter.earliestMoment ? $0 : nil }
        }
        metricCount = try row.integer("series_count")
        valueCount = try row.integer("value_count")
        lastStep = try row.optional("last_step")
        importedAt = try row.timestamp("imported_at")
        sourcePath = try row.optional("source_path")
        metric = row.hasColumn("metric") ? try MetricRecord(row: row) : nil
    }
}

/// A metric of one run: a row of table `series`.
package struct MetricRecord: Equatable, Sendable {
    package let name: String
    /// The value that was logged last; may be NaN or infinite.
    package let last: Double
    /// Of the finite values.
    package let minimum: Double?
    package let maximum: Double?
    /// Nil where the metric's name does not tell what is better.
    package let best: Double?
    package let bestStep: Int64?
    package let firstStep: Int64
    package let lastStep: Int64
    package let valueCount: Int
    package let nonfiniteCount: Int
    package let isHigherBetter: Bool?
}

extension MetricRecord: FetchableRecord {
    /// The columns that `init(row:)` reads, of tables `series` s and `metric` m.
    static let columns = """
        m.name AS metric, m.higher_is_better AS higher_is_better, s.last_value AS metric_last, s.minimum AS minimum,
        s.maximum AS maximum, s.best_value AS best_value, s.best_step AS best_step, s.first_step AS metric_first_step,
        s.last_step AS metric_last_step, s.value_count AS metric_value_count, s.nonfinite_count AS nonfinite_count
        """

    package init(row: Row) throws {
        name = try row.text("metric")
        last = try row.optional("metric_last") ?? .nan
        minimum = try row.optional("minimum")
        maximum = try row.optional("maximum")
        best = try row.optional("best_value")
        bestStep = try row.optional("best_step")
        firstStep = try row.decode(Int64.self, forColumn: "metric_first_step")
        lastStep = try row.decode(Int64.self, forColumn: "metric_last_step")
        valueCount = try row.integer("metric_value_count")
        nonfiniteCount = try row.integer("nonfinite_count")
        isHigherBetter = try row.optional("higher_is_better")
    }
}

/// A checkpoint that a run wrote: a row of view `run_checkpoint`.
package struct RunCheckpoint: Equatable, Sendable {
    package let run: String
    package let runID: Int64
    /// The shortest text that finds the artifact, or the beginning of its digest.
    package let artifact: String
    package let digest: Digest
    package let step: Int64?
    /// Whether a person said so; else the log is one of the artifact's files.
    package let isLinked: Bool
}

extension RunCheckpoint: FetchableRecord {
    package init(row: Row) throws {
        run = try row.text("run")
        runID = Int64(try row.integer("run_id"))
        artifact = try row.text("artifact")
        digest = try row.digest("digest")
        step = try row.optional("step")
        isLinked = try row.text("known_by") == "linked"
    }
}
