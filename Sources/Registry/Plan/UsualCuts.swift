import Architectures
import Bytes
import Transforms

/// The cuts that variants are weighed with when none is named: few, from mild to deep, in every direction in which the
/// family can be cut. docs/planning.md lists them.
struct UsualCuts {
    let model: ModelAxes

    /// Shares of each MLP's channels.
    private static let mlpShares = [0.125, 0.25, 0.5]
    /// Shares of the layers.
    private static let depths = [0.1, 0.25]
    /// Shares of the experts.
    private static let expertShares = [0.25, 0.5]
    /// Multiples to which channels are rounded: what k-quants need, what GPUs like, none.
    private static let multiples = [256, 32]

    /// Those that the model allows, the milder ones first in each direction.
    /// - Parameter isQuantized: whether only what cuts no block is allowed.
    /// - Parameter multiple: what channels are rounded to; nil for what suits the model.
    func all(isQuantized: Bool, multiple: Int?) -> [PruneSettings] {
        var cuts: [PruneSettings] = []
        func add(_ change: (inout PruneSettings) throws(FormatError) -> Void) {
            var settings = PruneSettings()
            // What the family, or its sizes, do not allow is none of the usual cuts.
            guard (try? change(&settings)) != nil, !settings.isEmpty, isPossible(settings) else { return }
            if !cuts.contains(settings) { cuts.append(settings) }
        }
        if !isQuantized {
            for share in Self.mlpShares {
                add { settings throws(FormatError) in try mlp(share, multiple, &settings) }
            }
        }
        for share in Self.depths { add { settings in settings.depth = depth(share) } }
        for share in Self.expertShares {
            add { settings throws(FormatError) in try settings.set(.experts, to: share) }
        }
        guard !isQuantized else { return cuts }
        add { settings throws(FormatError) in try settings.set(attention, to: 0.25) }
        add { settings throws(FormatError) in try hidden(0.25, multiple, &settings) }
        add { settings throws(FormatError) in
            try mlp(0.25, multiple, &settings)
            settings.depth = depth(0.25)
        }
        return cuts
    }

    /// Whether the model allows a cut, but for a multiple that somebody asked for, which is theirs to be told of.
    private func isPossible(_ settings: PruneSettings) -> Bool {
        var unrounded = settings
        unrounded.multiple = 1
        return (try? PrunedSizes(unrounded, model)) != nil
    }

    private func mlp(_ share: Double, _ multiple: Int?, _ settings: inout PruneSettings) throws(FormatError) {
        let widths = [ModelAxis.mlp, .expertMLP, .sharedMLP].compactMap { model.sizes[$0] }
        try settings.set(.mlp, to: share)
        try settings.setMultiple(multiple ?? Self.multiple(for: widths))
    }

    /// Hidden channels, with as many heads where config.json cannot say another size of heads.
    private func hidden(_ share: Double, _ multiple: Int?, _ settings: inout PruneSettings) throws(FormatError) {
        try settings.set(.hidden, to: share)
        if model.fixesHeadSize {
            try settings.set(.heads, to: share)
        } else {
            try settings.setMultiple(multiple ?? Self.multiple(for: [model.sizes[.hidden] ?? 1]))
        }
    }

    /// Whole groups where query heads share keys and values.
    private var attention: PruneSettings.Width { model.groupSize > 1 ? .keyValueGroups : .heads }

    /// The deep layers but for the last, which models can do without best (Gromov et al., arXiv 2403.17887).
    private func depth(_ share: Double) -> PruneSettings.Depth {
        let count = model.layerCount
        let cut = min(Int((Double(count) * share).rounded()), count - 2)
        return cut < 1 ? .all : .cut(LayerList(Array(count - 1 - cut..<count - 1)))
    }

    /// The greatest multiple that is little against the sizes: a sixteenth at most.
    private static func multiple(for sizes: [Int]) -> Int {
        let least = sizes.min() ?? 1
        return multiples.first { 16 * $0 <= least } ?? 1
    }
}

/// Cuts as users write them for a plan: `mlp=0.25+layers=20-27`, with the names of `ingot prune`'s options.
struct CutText {
    let settings: PruneSettings

    /// - Parameter multiple: what channels are rounded to, unless the text says it.
    init(parsing text: String, multiple: Int?) throws {
        var request = PruneRequest(name: "")
        request.multiple = multiple ?? 1
        var named: Set<String> = []
        for part in text.split(separator: "+", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { throw Self.fault(text) }
            guard named.insert(sides[0]).inserted else {
                throw RegistryError(
                    "'\(text.shortened)' names \(sides[0]) twice", remedy: "Give each option of a cut once")
            }
            switch sides[0] {
            case "layers": request.layers = sides[1]
            case "keep-layers": request.keptLayers = sides[1]
            case "multiple-of":
                guard let number = Int(sides[1]) else { throw Self.fault(text) }
                request.multiple = number
            default:
                guard let share = Double(sides[1]) else { throw Self.fault(text) }
                switch sides[0] {
                case "mlp": request.mlp = share
                case "heads": request.heads = share
                case "kv-groups": request.keyValueGroups = share
                case "hidden": request.hidden = share
                case "experts": request.experts = share
                default: throw Self.fault(text)
                }
            }
        }
        settings = try PruneOrder(request).settings
    }

    private static func fault(_ text: String) -> RegistryError {
        RegistryError(
            "'\(text.shortened)' is no cut",
            remedy:
                "Write mlp, heads, kv-groups, hidden, experts, layers, keep-layers and multiple-of with their values, "
                + "such as mlp=0.25+layers=20-27, or none")
    }
}
