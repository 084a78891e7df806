import ArgumentParser
import Registry

/// `ingot runs ls`: list training runs.
struct RunsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List training runs.",
        discussion: """
            Without an order, the latest imported run comes first; with --metric, the best last value.

            Examples:
              ingot runs ls
              ingot runs ls --metric eval_loss --where 'lr<=0.001' --limit 15
              ingot runs ls --experiment sweep --sort started
            """,
        aliases: ["list"])

    @Argument(help: "List only runs whose name contains this text.") var text: String?
    @Option(help: "Only runs of this experiment.") var experiment: String?
    @Option(help: "Show this metric, and only runs that have it.") var metric: String?
    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "A condition on a parameter, or on a metric's last value (may be repeated).", valueName: "condition"))
    var conditions: [String] = []
    @Option(
        help: "What to order by: imported, name, started, steps or metric.",
        transform: { text in
            guard let order = RunsFilter.Order(rawValue: text) else {
                throw ValidationError("--sort takes imported, name, started, steps or metric, not '\(text)'.")
            }
            return order
        }) var sort: RunsFilter.Order?
    @Flag(help: "Turn the order round.") var reverse = false
    @Option(help: "List this many at most.") var limit: Int?

    @OptionGroup var rows: RowOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more, got \(limit).") }
    }

    func run() throws {
        var filter = RunsFilter()
        filter.text = text
        filter.experiment = experiment
        filter.metric = metric
        filter.conditions = conditions
        filter.order = sort
        filter.isReversed = reverse
        filter.limit = limit
        let registry = try store.registry(.readOnly)
        let runs = try registry.runs(filter)
        try rows.print(runs, columns: Self.columns, shown: shown)
        if runs.isEmpty, rows.style.isForPeople, !store.quiet { Notices.note(try registry.remedyForNoRuns(filter)) }
    }

    private var shown: [Column<RunRow>] {
        let first: [Column<RunRow>] = [
            Column("run") { .text($0.run) },
            Column("kind") { .text($0.kind) },
            Column("experiment") { .optional($0.experiment) },
        ]
        let asked: [Column<RunRow>] =
            metric.map { name in
                [
                    Column(name) { $0.metric?.lastCell ?? .null },
                    Column("best") { .optional($0.metric?.best) },
                    Column("at step") { .optional($0.metric?.bestStep.map { Figures.grouped($0) }) },
                ]
            } ?? []
        let last: [Column<RunRow>] = [
            Column("steps") { $0.lastStep.map { .figure(Figures.grouped($0)) } ?? .null },
            Column("metrics") { .integer($0.metrics) },
            Column("values") { .figure(Figures.grouped($0.values)) },
            Column("took") { $0.seconds.map { .figure(Figures.duration($0)) } ?? .null },
            Column("started") { .text($0.startedAt.map(Figures.minute) ?? "") },
        ]
        return first + asked + last
    }

    private static let columns: [Column<RunRow>] = [
        Column("run") { .text($0.run) },
        Column("kind") { .text($0.kind) },
        Column("experiment") { .optional($0.experiment) },
        Column("state") { .optional($0.state) },
        Column("started_at") { .optional($0.startedAt) },
        Column("seconds") { .optional($0.seconds) },
        Column("metrics") { .integer($0.metrics) },
        Column("values") { .integer($0.values) },
        Column("last_step") { .optional($0.lastStep) },
        Column("imported_at") { .text($0.importedAt) },
        Column("source_path") { .optional($0.sourcePath) },
        Column("metric") { .optional($0.metric?.metric) },
        Column("metric_last") { .optional($0.metric?.last) },
        Column("metric_last_text") { .optional($0.metric?.lastText) },
        Column("metric_best") { .optional($0.metric?.best) },
        Column("metric_best_step") { .optional($0.metric?.bestStep) },
    ]
}

extension RunMetricRow {
    /// The last value for a person, NaN and infinities in words.
    var lastCell: Cell { last.map(Cell.real) ?? .figure(lastText ?? "") }
}
