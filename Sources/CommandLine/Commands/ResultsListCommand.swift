import ArgumentParser
import Registry

/// `ingot results list`: list measurements.
struct ResultsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the results of one artifact, or of all.",
        discussion: """
            Examples:
              ingot results list
              ingot results list smollm2-135m:nf4 --output markdown
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String?

    @OptionGroup var rows: RowOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let results = try store.registry(.readOnly).results(of: name)
        try rows.print(results, columns: Self.columns, shown: Self.shown)
        if results.isEmpty, rows.style.isForPeople, !store.quiet {
            Notices.note("no results yet; 'ingot results add \(name ?? "NAME") METRIC=VALUE' records one")
        }
    }

    static let shown: [Column<ResultRow>] = [
        Column("artifact") { .text($0.artifact ?? "@" + Figures.digest($0.digest)) },
        Column("task") { .optional($0.task) },
        Column("metric") { .text($0.metric) },
        Column("value") { $0.value.map(Cell.real) ?? .figure($0.valueText ?? "") },
        Column("stderr") { .optional($0.stderr) },
        Column("unit") { .optional($0.unit) },
        Column("n") { .optional($0.sampleCount) },
        Column("dataset") { .optional($0.dataset) },
        Column("tool") { .optional($0.tool) },
        Column("machine") { .optional($0.gpu ?? $0.cpu ?? $0.host) },
        Column("measured") { .text(Figures.minute($0.measuredAt)) },
    ]

    static let columns: [Column<ResultRow>] = [
        Column("artifact") { .optional($0.artifact) },
        Column("digest") { .text($0.digest) },
        Column("task") { .optional($0.task) },
        Column("metric") { .text($0.metric) },
        Column("value") { .optional($0.value) },
        Column("value_text") { .optional($0.valueText) },
        Column("unit") { .optional($0.unit) },
        Column("higher_is_better") { $0.higherIsBetter.map(Cell.bool) ?? .null },
        Column("stderr") { .optional($0.stderr) },
        Column("sample_count") { .optional($0.sampleCount) },
        Column("dataset") { .optional($0.dataset) },
        Column("tool") { .optional($0.tool) },
        Column("tool_version") { .optional($0.toolVersion) },
        Column("host") { .optional($0.host) },
        Column("measured_at") { .text($0.measuredAt) },
        Column("dataset_digest") { .optional($0.datasetDigest) },
        Column("prompt_digest") { .optional($0.promptDigest) },
        Column("source_digest") { .optional($0.sourceDigest) },
        Column("cpu") { .optional($0.cpu) },
        Column("cores") { .optional($0.cores) },
        Column("memory_bytes") { .optional($0.memoryBytes) },
        Column("gpu") { .optional($0.gpu) },
        Column("os") { .optional($0.os) },
        Column("extra") { .optional($0.extra) },
    ]
}
