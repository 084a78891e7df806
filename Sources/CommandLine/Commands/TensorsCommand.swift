import ArgumentParser
import Registry

/// `ingot tensors`: list an artifact's tensors.
struct TensorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tensors",
        abstract: "List an artifact's tensors: type, shape, bytes, statistics, and the error against the parent.",
        discussion: """
            The table shows a choice of columns; --output csv and json give all.

            Examples:
              ingot tensors smollm2-135m:nf4
              ingot tensors smollm2-135m --like q_proj --output csv
            """)

    @Argument(help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.")
    var name: String

    @Option(help: ArgumentHelp("List only tensors whose name contains this text.", valueName: "text"))
    var like: String?

    @OptionGroup var rows: RowOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let tensors = try store.registry(.readOnly).tensors(of: name, matching: like)
        try rows.print(tensors, columns: Self.columns, shown: Self.shown)
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
    ]
}
