/// The parameters of a model, counted from its shape.
///
/// Shared tensors count once. `matrix` counts the weights that one token is multiplied by: no embedding, norm or bias, of
/// experts those that are chosen, and the output head even when it is the embedding.
package struct ParameterCount: Equatable, Sendable {
    /// P: what memory must hold.
    package let total: Int
    /// What one token makes use of; less than `total` with experts.
    package let active: Int
    /// P_mm
    package let matrix: Int
    /// One block's; of a model with experts the largest block's.
    package let block: Int
    /// The largest module that has parameters of its own: what ZeRO-3 gathers at once.
    package let largestModule: Int

    /// More than any model has, and few enough that the bits of all weights fit 64 bits.
    static let greatest = 1 << 53

    /// - Throws: `PlanError` when a count does not fit 64 bits.
    package init(_ shape: ModelShape) throws(PlanError) {
        let tensors = shape.tensors
        var total = Count(0), active = Count(0), matrix = Count(0), block = Count(0)
        var largest = 0
        for tensor in tensors {
            let isExpert = tensor.part == .expert
            let chosen = isExpert ? shape.experts?.active ?? 1 : 1
            let copies = (tensor.layers?.count ?? 1) * chosen
            total = total + tensor.totalCount
            active = active + tensor.elementCount * Count(copies)
            if tensor.isMatrix { matrix = matrix + tensor.elementCount * Count(copies) }
            if let layers = tensor.layers, layers.lowerBound == 0 {
                block = block + tensor.elementCount * Count(tensor.experts)
            }
            largest = max(largest, try tensor.elementCount.value(of: "the parameters of \(tensor.name)"))
        }
        if shape.style != .bert, !tensors.contains(where: { $0.part == .head }) {
            matrix = matrix + Count(shape.vocabulary) * Count(shape.hidden)
        }
        self.total = try total.value(of: "the number of parameters")
        guard self.total <= Self.greatest else {
            throw PlanError(
                "the sizes make \(self.total) parameters, and \(Self.greatest) are the most that are planned",
                remedy: "Correct config.json")
        }
        self.active = try active.value(of: "the number of active parameters")
        self.matrix = try matrix.value(of: "the number of matrix weights")
        self.block = try block.value(of: "the parameters of a block")
        largestModule = largest
    }

    /// The formula of `total`, in symbols.
    package static func formula(_ shape: ModelShape) -> String {
        switch shape.style {
        case .llama where shape.experts != nil: "Σ over tensors, all experts"
        case .llama: "L·block + v·h·\(shape.tiesHead ? 1 : 2) + h"
        case .gpt2: "L·block + v·h + n_ctx·h + 2·h"
        case .bert: "Σ over tensors"
        }
    }
}
