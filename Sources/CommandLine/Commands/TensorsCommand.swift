import ArgumentParser
import Registry

/// `ingot tensors`: list an artifact's tensors.
struct TensorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tensors",
        abstract: "List an artifact's tensors: type, shape, bytes, statistics, and the error against the parent.",
        discussion: """
            The table shows a choice of columns; --output csv and json give all. With --sort, it shows the number \
            that was sorted by, and a bar for it: that of cosine stands for 1 - cosine. Errors come worst first, \
            sizes largest first, and tensors without an error last.

            Examples:
              ingot tensors smollm2-135m:nf4
              ingot tensors smollm2-135m:nf4 --sort rel_rmse --top 10
              ingot tensors smollm2-135m:nf4 --sort bytes --reverse
              ingot tensors smollm2-135m --like q_proj --output csv
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Option(help: ArgumentHelp("List only tensors whose name contains this text.", valueName: "text"))
    var like: String?

    @Option(
        help: ArgumentHelp(
            "Sort by \(TensorOrder.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "column"))
    var sort: TensorOrder?

    @Flag(help: "Turn the order of --sort around.")
    var reverse = false

    @Option(help: ArgumentHelp("List no more tensors than this.", valueName: "count"))
    var top: Int?

    @OptionGroup var rows: RowOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard top ?? 1 > 0 else { throw ValidationError("--top must be above 0, got \(top ?? 0).") }
        guard !reverse || sort != nil else { throw ValidationError("--reverse turns --sort around: give both.") }
    }

    func run() throws {
        var tensors = try store.registry(.readOnly).tensors(of: name, matching: like)
        let hasErrors = tensors.contains { $0.relRmse != nil }
        if let sort { tensors = sort.sorted(tensors, reversed: reverse) }
        if let top { tensors = Array(tensors.prefix(top)) }
        var shown = Self.shown
        if let sort {
            let terminal = rows.style == .table ? BarStyle.standardOutput(.process) : nil
            shown = TensorRanking(order: sort, hasErrors: hasErrors, bars: terminal).columns(of: tensors)
        }
        try rows.print(tensors, columns: Self.columns, shown: shown)
        if tensors.isEmpty, let like, rows.style.isForPeople, !store.quiet {
            Notices.note("no tensor's name contains '\(like)'")
        }
    }

    static let shown: [Column<TensorRow>] = [
        Column("name") { .text($0.name) },
        Column("dtype") { .text($0.dtype) },
        Column("shape") { .integers($0.shape) },
        Column("size") { .figure(Figures.bytes($0.bytes)) },
        Column("min") { .optional($0.minimum) },
        Column("max") { .optional($0.maximum) },
        Column("mean") { .optional($0.mean) },
        Column("std. dev.") { .optional($0.standardDeviation) },
        Column("NaN, Inf") { $0.nanCount + $0.infinityCount == 0 ? .null : .integer($0.nanCount + $0.infinityCount) },
        Column("rel. RMSE") { .optional($0.relRmse) },
        Column("bits") { .optional($0.bits) },
        Column("group") { .optional($0.groupSize) },
        Column("bits/weight") { .optional($0.bitsPerWeight) },
    ]

    static let columns: [Column<TensorRow>] = [
        Column("name") { .text($0.name) },
        Column("dtype") { .text($0.dtype) },
        Column("shape") { .integers($0.shape) },
        Column("parameters") { .integer($0.parameters) },
        Column("bytes") { .integer($0.bytes) },
        Column("digest") { .text($0.digest) },
        Column("minimum") { .optional($0.minimum) },
        Column("maximum") { .optional($0.maximum) },
        Column("absolute_maximum") { .optional($0.absoluteMaximum) },
        Column("mean") { .optional($0.mean) },
        Column("standard_deviation") { .optional($0.standardDeviation) },
        Column("zero_fraction") { .optional($0.zeroFraction) },
        Column("nan_count") { .integer($0.nanCount) },
        Column("infinity_count") { .integer($0.infinityCount) },
        Column("rel_rmse") { .optional($0.relRmse) },
        Column("cosine") { .optional($0.cosine) },
        Column("snr_db") { .optional($0.snrDb) },
        Column("maximum_error") { .optional($0.maximumError) },
        Column("bits_per_weight") { .optional($0.bitsPerWeight) },
        Column("scheme") { .optional($0.scheme) },
        Column("bits") { .optional($0.bits) },
        Column("group_size") { .optional($0.groupSize) },
        Column("stored_name") { .text($0.storedName) },
        Column("weighted_rel_rmse") { .optional($0.weightedRelRmse) },
        Column("share_zero") { .optional($0.shareZero) },
        Column("share_clipped") { .optional($0.shareClipped) },
    ]
}
