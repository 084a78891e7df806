import Architectures
import Bytes
import Formats
import Tensors
import Transforms

/// Finds out how much each index counts, tensor by tensor.
struct PruneScoring: Sendable {
    let source: RewriteSource
    let model: ModelAxes
    let order: PruneOrder
    let selection: PruneSelection

    /// A tensor with numbers to score.
    private struct Item: Sendable {
        let tensor: TensorAxes
        let planned: PlannedTensor
    }

    /// The scores of all axes that are cut.
    func scores(threadCount: Int?, _ name: String, progress: ProgressHandler?) async throws -> [AxisPlace: [Double]] {
        let axes = selection.scoredAxes
        guard !axes.isEmpty else { return [:] }
        let items = try items(axes)
        let lookup = try order.matrix?.lookup(in: source.source, as: .bitsAndBytes)
        let meter = ProgressMeter(
            "score \(name)", total: items.reduce(0) { $0 + $1.planned.sourceByteCount }, handler: progress)
        let found = try await WorkQueue.map(items, threadCount: ModelRegistry.threads(threadCount)) { item in
            let scores = try self.scores(of: item, axes, lookup)
            meter.add(item.planned.sourceByteCount)
            return scores
        }
        var sums = AxisScores()
        for scores in found.compactMap(\.self) { sums += scores }
        let scores = selection.scores(sums)
        try check(scores, axes)
        return scores
    }

    private func items(_ axes: Set<ModelAxis>) throws -> [Item] {
        let layers = Set(selection.sizes.layers)
        return zip(model.tensors, source.tensors).compactMap { tensor, planned in
            guard tensor.layer.map(layers.contains) ?? true else { return nil }
            let isOfExpert = axes.contains(.experts) && tensor.expert != nil
            guard isOfExpert || !tensor.axes.isDisjoint(with: axes) else { return nil }
            return Item(tensor: tensor, planned: planned)
        }
    }

    private func scores(
        of item: Item, _ axes: Set<ModelAxis>, _ lookup: ConversionChoice.ImportanceLookup?
    ) throws -> AxisScores? {
        let factors = try factors(item, lookup)
        if lookup != nil || order.statistics != nil, factors == nil { return nil }
        let power: Kernels.Power = order.settings.importance == .l1 ? .magnitude : .square
        do {
            return try AxisScores(
                of: item.tensor, for: axes, in: model, rows: try source.rows(of: item.planned), factors: factors,
                power: power, kernels: source.source.kernels)
        } catch var error as FormatError {
            error.tensor = error.tensor ?? item.tensor.name
            throw error
        }
    }

    /// A factor for each input of a matrix; nil when nothing is said of it.
    private func factors(_ item: Item, _ lookup: ConversionChoice.ImportanceLookup?) throws -> [Float]? {
        guard item.tensor.dimensions.count > 1 else { return nil }
        if let lookup { return try lookup(MappedTensor(mapping: item.planned.mapping, sources: item.planned.sources)) }
        guard let statistics = order.statistics, item.tensor.dimensions.count == 2 else { return nil }
        let width = item.tensor.shape[item.tensor.isInputMajor ? 0 : 1]
        return try statistics.meanSquares(of: item.tensor.module, width: width)
    }

    /// Refuses to choose where nothing is known.
    private func check(_ scores: [AxisPlace: [Double]], _ axes: Set<ModelAxis>) throws {
        for tensor in model.tensors where tensor.layer.map(selection.sizes.layers.contains) ?? true {
            for axis in tensor.axes.intersection(axes).sorted(by: { $0.rawValue < $1.rawValue }) {
                let place = tensor.place(of: axis, expert: tensor.isStack ? 0 : nil)
                guard scores[place] == nil else { continue }
                throw FormatError(
                    .refused, "nothing is said of what its \(axis.noun) are worth", tensor: tensor.name,
                    remedy: "Measure the model again with all its layers, or choose by the weights with --importance l2"
                )
            }
        }
    }
}

extension TensorAxes {
    /// The module that it belongs to: its name without `.weight`.
    var module: String { name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name }
}
