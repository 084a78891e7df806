/// What `runs import` is asked for.
public struct RunsImportRequest: Sendable {
    /// Logs, or folders with logs in them.
    public var paths: [String]
    /// What to call the run, when there is one.
    public var name: String?
    /// What the runs belong to; else what their logs say.
    public var experiment: String?
    /// The artifact that the runs wrote.
    public var artifact: String?

    /// Takes what `paths` hold, under the names that the logs tell.
    public init(paths: [String]) { self.paths = paths }
}

/// Which runs are listed, and in which order.
public struct RunsFilter: Sendable {
    /// What runs are ordered by.
    public enum Order: String, CaseIterable, Sendable { case imported, name, started, steps, metric }

    /// Contained in the name, ignoring case.
    public var text: String?
    public var experiment: String?
    /// The metric that is shown; runs without it are left out.
    public var metric: String?
    /// `NAME`, one of `=`, `!=`, `<`, `<=`, `>`, `>=`, and a value: `lr=0.001`, `metrics.loss<2`.
    public var conditions: [String] = []
    /// By default the metric's better end first, else the latest import.
    public var order: Order?
    public var isReversed = false
    public var limit: Int?

    /// Lists all runs, the latest import first.
    public init() {}
}
