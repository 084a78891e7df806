package import Architectures
package import Bytes

/// The sizes that a model has after a cut, checked before a number is read.
package struct PrunedSizes: Equatable, Sendable {
    /// Of the axes that are cut.
    package private(set) var sizes: [ModelAxis: Int] = [:]
    /// The layers that stay, in ascending order.
    package let layers: [Int]
    /// Whether heads go from within each group, while the groups stay.
    package private(set) var cutsWithinGroups = false

    /// - Throws: `FormatError` that names the option and what to write instead.
    package init(_ settings: PruneSettings, _ model: ModelAxes) throws(FormatError) {
        layers = try Self.layers(settings.depth, of: model.layerCount)
        // Groups before heads: these are a share of those that are left.
        for width in [PruneSettings.Width.mlp, .keyValueGroups, .heads, .hidden, .experts] {
            guard let share = settings.shares[width] else { continue }
            switch width {
            case .mlp:
                let axes: [ModelAxis] = [.mlp, .expertMLP, .sharedMLP].filter { model.sizes[$0] != nil }
                guard !axes.isEmpty else { throw Self.absent(width, model) }
                for axis in axes { try cut(axis, by: share, width, settings.multiple, model) }
            case .hidden: try cut(.hidden, by: share, width, settings.multiple, model)
            case .experts: try cutExperts(by: share, model)
            case .keyValueGroups: try cutGroups(by: share, model)
            case .heads: try cutHeads(by: share, model, settings)
            }
        }
        try checkHeadSize(model)
        try checkMultiple(model)
    }

    /// The size that an axis has afterwards.
    package func size(_ axis: ModelAxis, of model: ModelAxes) -> Int? { sizes[axis] ?? model.sizes[axis] }

    private static func layers(_ depth: PruneSettings.Depth, of count: Int) throws(FormatError) -> [Int] {
        let named: LayerList
        var layers = Array(0..<count)
        switch depth {
        case .all: return layers
        case .cut(let list):
            named = list
            layers.removeAll { list.numbers.contains($0) }
        case .keep(let list):
            named = list
            layers = list.numbers
        }
        if let beyond = named.numbers.first(where: { $0 >= count }) {
            throw FormatError(
                .refused, "there is no layer \(beyond): the model has \(count)",
                remedy: "Name layers from 0 to \(count - 1)")
        }
        guard !layers.isEmpty else {
            throw FormatError(
                .refused, "all \(count) layers would go", remedy: "Keep one layer at least")
        }
        return layers
    }

    private static func absent(_ width: PruneSettings.Width, _ model: ModelAxes) -> FormatError {
        FormatError(
            .refused, "\(width.option): a model of the family '\(model.family)' has no \(width.rawValue) to cut",
            remedy: "Leave \(width.option) out")
    }

    /// The share that stays of a size, to the nearest whole number, halves up.
    private static func rest(_ count: Int, _ share: Double) -> Int { Int((Double(count) * (1 - share)).rounded()) }

    private mutating func cut(
        _ axis: ModelAxis, by share: Double, _ width: PruneSettings.Width, _ multiple: Int, _ model: ModelAxes
    ) throws(FormatError) {
        guard let count = model.sizes[axis] else { throw Self.absent(width, model) }
        let exact = Double(count) * (1 - share)
        let rest = Int((exact / Double(multiple)).rounded()) * multiple
        guard rest > 0 else {
            throw FormatError(
                .refused,
                "\(width.option) \(share) would leave \(Int(exact.rounded())) of \(count) \(axis.noun), less than half "
                    + "of the multiple \(multiple)",
                remedy: "Cut less, or choose a smaller --multiple-of")
        }
        guard rest < count else {
            throw FormatError(
                .refused,
                "\(width.option) \(share) would cut nothing: rounded to a multiple of \(multiple), \(rest) of \(count) "
                    + "\(axis.noun) stay",
                remedy: "Cut more, choose a smaller --multiple-of, or leave \(width.option) out")
        }
        sizes[axis] = rest
    }

    private mutating func cutExperts(by share: Double, _ model: ModelAxes) throws(FormatError) {
        guard let count = model.sizes[.experts] else { throw Self.absent(.experts, model) }
        let rest = Self.rest(count, share)
        let used = model.expertsPerToken ?? 1
        guard rest >= used, rest > 0 else {
            throw FormatError(
                .refused,
                "--experts \(share) would leave \(rest) of \(count) experts, and each token goes through \(used)",
                remedy: "Cut at most \(Double(count - used) / Double(count)) of the experts")
        }
        if rest < count { sizes[.experts] = rest } else { throw Self.nothing("--experts", share, count, "experts") }
    }

    private mutating func cutGroups(by share: Double, _ model: ModelAxes) throws(FormatError) {
        guard let count = model.sizes[.keyValueHeads], model.groupSize > 1 else {
            throw FormatError(
                .refused, "--kv-groups: the model's query heads share no keys and values",
                remedy: "Cut heads with --heads")
        }
        let rest = Self.rest(count, share)
        guard rest > 0 else {
            throw FormatError(
                .refused, "--kv-groups \(share) would leave none of \(count) groups", remedy: "Cut less")
        }
        guard rest < count else { throw Self.nothing("--kv-groups", share, count, "groups") }
        sizes[.keyValueHeads] = rest
        sizes[.heads] = rest * model.groupSize
    }

    private static func nothing(_ option: String, _ share: Double, _ count: Int, _ noun: String) -> FormatError {
        FormatError(
            .refused, "\(option) \(share) would cut nothing: all \(count) \(noun) stay",
            remedy: "Cut more, or leave \(option) out")
    }

    private mutating func cutHeads(
        by share: Double, _ model: ModelAxes, _ settings: PruneSettings
    ) throws(FormatError) {
        guard let all = model.sizes[.heads] else { throw Self.absent(.heads, model) }
        let groups = size(.keyValueHeads, of: model)
        let count = sizes[.heads] ?? all
        let rest = Self.rest(count, share)
        guard rest > 0 else {
            throw FormatError(.refused, "--heads \(share) would leave none of \(count) heads", remedy: "Cut less")
        }
        guard rest < count else { throw Self.nothing("--heads", share, count, "heads") }
        sizes[.heads] = rest
        guard let groups else { return }
        if model.groupSize == 1 {
            sizes[.keyValueHeads] = rest
            return
        }
        cutsWithinGroups = true
        guard rest % groups == 0 else {
            let shares = (1..<model.groupSize).map { "\(Double($0) / Double(model.groupSize))" }
            throw FormatError(
                .refused,
                "--heads \(share) would leave \(rest) of \(count) query heads, which do not divide into \(groups) "
                    + "groups that share keys and values",
                remedy:
                    "Cut the same number from each group with --heads \(shares.joined(separator: " or ")), or whole "
                    + "groups with --kv-groups")
        }
    }

    /// What a file of GGUF cannot say of the result, or what the runtime would take to be otherwise.
    /// - Parameter isGGUF: whether the result is one.
    package func notes(_ model: ModelAxes, isGGUF: Bool) -> [String] {
        let outcome =
            isGGUF
            ? "it computes attention in another way than the model did; a checkpoint in safetensors keeps the number"
            : "so the result is not written as GGUF"
        let misread = model.misread(cut: sizes, layers: layers.count).map { number in
            "\(number.member) is \(Self.text(number.value)) in this model; GGUF has no key for it, and llama.cpp, which tells "
                + "it by the number of layers, takes \(Self.text(number.taken)) with \(layers.count) of them: \(outcome)"
        }
        return [headNote(model)].compactMap(\.self) + misread
    }

    private static func text(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }

    private func headNote(_ model: ModelAxes) -> String? {
        guard model.fixesHeadSizeInGGUF, let hidden = size(.hidden, of: model), let heads = size(.heads, of: model),
            hidden != heads * model.headSize
        else { return nil }
        return
            "config.json states head_dim \(model.headSize), which GGUF cannot say of the family '\(model.family)': for "
            + "llama.cpp cut heads and hidden channels by the same share"
    }

    private func checkMultiple(_ model: ModelAxes) throws(FormatError) {
        guard model.needsMultipleOfHeads, sizes[.hidden] != nil || sizes[.heads] != nil,
            let hidden = size(.hidden, of: model), let heads = size(.heads, of: model), hidden % heads != 0
        else { return }
        throw FormatError(
            .refused,
            "\(hidden) hidden channels are no multiple of \(heads) heads, which transformers asks of the family "
                + "'\(model.family)' even where head_dim is stated",
            file: "config.json",
            remedy: "Cut other shares, so that the heads that stay divide the hidden channels: "
                + (1..<heads).reversed().filter { hidden % $0 == 0 }.prefix(3).map { "\($0) heads" }.joined(
                    separator: ", ")
                + " or \(hidden / heads * heads) channels")
    }

    private func checkHeadSize(_ model: ModelAxes) throws(FormatError) {
        guard model.fixesHeadSize, let hidden = size(.hidden, of: model), let heads = size(.heads, of: model),
            hidden != heads * model.headSize
        else { return }
        let option = sizes[.heads] == nil ? "--heads" : "--hidden"
        throw FormatError(
            .refused,
            "config.json of the family '\(model.family)' cannot say \(heads) heads of \(model.headSize) beside "
                + "\(hidden) hidden channels: a head has hidden/heads of them",
            file: "config.json",
            remedy: "Cut heads and hidden channels by the same share, with \(option) too: each head that goes takes "
                + "\(model.headSize) channels")
    }
}
