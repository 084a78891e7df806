import ArgumentParser
import Registry

/// What `prune` cuts, and by which scores.
struct PruneOptions: ParsableArguments {
    /// How a group's weights make its score.
    enum Importance: String, ExpressibleByArgument, CaseIterable {
        case l2, l1
    }

    @Option(help: ArgumentHelp("The share of each MLP's channels that goes, such as 0.3.", valueName: "share"))
    var mlp: Double?

    @Option(
        help: ArgumentHelp(
            "The share of the attention heads that goes; where queries share keys and values, as many from each group.",
            valueName: "share"))
    var heads: Double?

    @Option(
        name: .customLong("kv-groups"),
        help: ArgumentHelp(
            "The share of the groups of query heads that goes, with the keys and values that they share.",
            valueName: "share"))
    var keyValueGroups: Double?

    @Option(
        help: ArgumentHelp(
            "The share of the hidden channels that goes, from embeddings, norms and all matrices.", valueName: "share"))
    var hidden: Double?

    @Option(help: ArgumentHelp("The share of the experts that goes from each layer.", valueName: "share"))
    var experts: Double?

    @Option(help: ArgumentHelp("The layers that go, counted from 0: 3,7-9.", valueName: "list"))
    var layers: String?

    @Option(
        name: .customLong("keep-layers"),
        help: ArgumentHelp("The layers that stay: 0-5.", valueName: "list"))
    var keptLayers: String?

    @Option(
        help: ArgumentHelp(
            "The tokens that stay: a count, for those with the lowest ids and all special ones; or a file with one "
                + "token a line, or with a JSON array of ids or texts.", valueName: "count|file"), completion: .file())
    var vocabulary: String?

    @Option(
        name: .customLong("multiple-of"),
        help: ArgumentHelp("Round the channels that stay to a multiple, such as 32 or 256.", valueName: "count"))
    var multiple = 1

    @Option(help: ArgumentHelp("Rank by the root of squared weights, or by magnitudes.", valueName: "norm"))
    var importance = Importance.l2

    @Option(
        name: .customLong("imatrix"),
        help: ArgumentHelp(
            "Rank by what passes through, as an importance matrix of llama.cpp tells.", valueName: "file"),
        completion: .file())
    var importancePath: String?

    @Option(
        name: .customLong("statistics"),
        help: ArgumentHelp(
            "Rank by activation statistics, and fit output matrices again where they hold second moments.",
            valueName: "file"), completion: .file())
    var statisticsPath: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Fit matrices whose inputs go again, by least squares (default: when --statistics allows it).")
    var repair: Bool?

    /// A request for these cuts.
    func request(_ name: String) -> PruneRequest {
        var request = PruneRequest(name: name)
        request.mlp = mlp
        request.heads = heads
        request.keyValueGroups = keyValueGroups
        request.hidden = hidden
        request.experts = experts
        request.layers = layers
        request.keptLayers = keptLayers
        request.vocabulary = vocabulary
        request.multiple = multiple
        request.importance = importance == .l1 ? .l1 : .l2
        request.importancePath = importancePath
        request.statisticsPath = statisticsPath
        request.repairs = repair
        return request
    }
}
