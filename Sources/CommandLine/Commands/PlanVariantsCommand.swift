import ArgumentParser
import Registry

/// `ingot plan variants`: which forms of a model fit.
struct PlanVariantsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "variants",
        abstract: "Tell which variants of a model fit into a device, and which are worth making.",
        discussion: """
            The front holds the forms that lose least in their memory. Bytes are those that 'prune' and 'convert' would \
            write; errors were measured where the catalog has the variant, else they are estimates. What a cut does to \
            a model is not known from sizes: cuts that would fit are listed apart, to be measured.

            A form that does not fit is planned for the longest context that does, unless several contexts are given.

            Examples:
              ingot plan variants smollm2-135m --memory 24GB --max-error 0.1
              ingot plan variants config.json --memory 24GB --context 4096,32768 --scheme q4_k_m --scheme nf4-dq
              ingot plan variants config.json --memory 24GB --prune mlp=0.4+layers=60-69 --multiple-of 256
              ingot plan variants config.json --memory 24GB --prune none
            """)

    @OptionGroup var plan: PlanOptions

    @Option(
        help: ArgumentHelp(
            "Tokens of each sequence, several with commas (default: what the model is made for, 4096 at most).",
            valueName: "tokens"))
    var context: TokenCounts?

    @Option(
        name: .customLong("max-error"),
        help: ArgumentHelp("The relative error of the weights that is allowed (default: any).", valueName: "error"))
    var maxError: Double?

    @Option(
        help: ArgumentHelp(
            "A scheme to consider, as 'convert --to' takes it; may be given again (default: all).", valueName: "scheme")
    )
    var scheme: [String] = []

    @Option(
        help: ArgumentHelp(
            "A cut to weigh, by the names of prune's options: mlp=0.25+layers=20-27; or none. May be given again "
                + "(default: the usual ones).", valueName: "cut"))
    var prune: [String] = []

    @Option(
        name: .customLong("multiple-of"),
        help: ArgumentHelp(
            "What channels that stay are rounded to (default: 256, 32 or 1, as the model is large; of a cut that "
                + "--prune names, 1).", valueName: "count"))
    var multiple: Int?

    @Option(
        help: ArgumentHelp("The cache's form: f32, bf16, f16, fp8, q8_0 or q4_0 (default: bf16).", valueName: "form"))
    var cache = "bf16"

    @Flag(help: "List every candidate; without it, tables are short, and what another one beats is only counted.")
    var all = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard plan.memory != nil else { throw ValidationError("Give the device's memory with --memory, such as 24GB.") }
        guard prune.count == 1 || !prune.contains("none") else {
            throw ValidationError("--prune none leaves cuts out: give it alone.")
        }
    }

    func run() throws {
        var request = VariantsPlanRequest(plan.target())
        request.contexts = context?.counts ?? []
        request.maxError = maxError
        request.schemes = scheme
        request.cuts = prune
        request.multiple = multiple
        request.cache = cache
        let report = try ModelRegistry.planVariants(request, in: store.registryIfThere())
        let summary = try report.summary(.standardOutput(.process), listsAll: all)
        try document.print(report, summary: summary, notes: report.notes, quietly: store.quiet)
    }
}

/// Numbers of tokens, with commas between them.
struct TokenCounts: ExpressibleByArgument {
    let counts: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let counts = parts.compactMap { Int($0) }
        guard counts.count == parts.count, !counts.isEmpty, counts.count <= 16 else { return nil }
        self.counts = counts
    }
}
