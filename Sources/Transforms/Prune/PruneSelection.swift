package import Architectures
package import Bytes

/// Chooses the indices that stay: those with the highest scores; of equal ones the lower index.
package struct PruneSelection: Sendable {
    package let sizes: PrunedSizes
    private let model: ModelAxes

    package init(_ sizes: PrunedSizes, _ model: ModelAxes) {
        self.sizes = sizes
        self.model = model
    }

    /// The axes whose scores are needed.
    package var scoredAxes: Set<ModelAxis> { Set(sizes.sizes.keys) }

    /// How much each index counts, where some go.
    package func scores(_ sums: AxisScores) -> [AxisPlace: [Double]] {
        var scores = sums.sums
        guard model.sizes[.keyValueHeads] != nil else { return scores }
        for layer in sizes.layers {
            let heads = AxisPlace(.heads, layer: layer), shared = AxisPlace(.keyValueHeads, layer: layer)
            let own = sums.sums[heads], common = sums.sums[shared], group = model.groupSize
            if group == 1 {
                guard let sum = Self.sum(own, common) else { continue }
                scores[heads] = sum
                scores[shared] = sum
            } else {
                let joined = own.map { own in
                    stride(from: 0, to: own.count, by: group).map { own[$0..<$0 + group].reduce(0, +) }
                }
                scores[shared] = Self.sum(joined, common)
            }
        }
        return scores
    }

    private static func sum(_ first: [Double]?, _ second: [Double]?) -> [Double]? {
        guard let first, let second else { return first ?? second }
        return zip(first, second).map(+)
    }

    /// - Parameter scores: as `scores(_:)` gives them.
    /// - Throws: `FormatError` when a score is no number.
    package func kept(by scores: [AxisPlace: [Double]]) throws(FormatError) -> KeptIndices {
        var kept = KeptIndices(layers: sizes.layers)
        for (place, values) in scores {
            guard let count = sizes.sizes[place.axis], count < values.count else { continue }
            if let fault = values.firstIndex(where: { !$0.isFinite }) { throw Self.notFinite(place, fault) }
            if place.axis == .heads, model.groupSize > 1 { continue }
            kept[place] = Self.highest(count, of: values, Array(values.indices))
        }
        guard model.groupSize > 1, let count = sizes.sizes[.heads] else { return kept }
        for (place, values) in scores where place.axis == .heads {
            if let fault = values.firstIndex(where: { !$0.isFinite }) { throw Self.notFinite(place, fault) }
            let group = model.groupSize
            let shared = AxisPlace(.keyValueHeads, layer: place.layer)
            let groups = kept[shared] ?? Array(0..<values.count / group)
            kept[place] = groups.flatMap { index in
                Self.highest(count / groups.count, of: values, Array(index * group..<(index + 1) * group))
            }
        }
        return kept
    }

    private static func highest(_ count: Int, of scores: [Double], _ indices: [Int]) -> [Int] {
        let ranked = indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
        return ranked.prefix(count).sorted()
    }

    private static func notFinite(_ place: AxisPlace, _ index: Int) -> FormatError {
        let layer = place.layer.map { " in layer \($0)" } ?? ""
        return FormatError(
            .refused,
            "the weights of number \(index) of the \(place.axis.noun)\(layer) are not finite, so that they "
                + "have no rank",
            remedy: "Mend the checkpoint: 'ingot tensors' lists where NaN and infinities are")
    }
}
