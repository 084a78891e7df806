import Architectures
import Bytes
import Formats
import Numbers
import Tensors
import Tokenizers
import Transforms

/// A model before and after a cut: what stays of each tensor, and its bytes.
struct PrunedModel: Sendable {
    let source: RewriteSource
    let model: ModelAxes
    let order: PruneOrder
    let sizes: PrunedSizes
    let kept: KeptIndices
    let scores: [AxisPlace: [Double]]
    let vocabulary: VocabularyCut?

    private var kernels: Kernels { source.source.kernels }

    /// What the numbers of norms are multiplied by, so that they divide by the same root although channels are missing:
    /// a norm's mean is over all channels, of which those that go count as zero.
    private var normFactor: Double {
        guard let before = model.sizes[.hidden], let after = sizes.sizes[.hidden] else { return 1 }
        return (Double(before) / Double(after)).squareRoot()
    }

    /// The tensors of the new model.
    func tensors() throws -> [RewrittenTensor] {
        try zip(model.tensors, source.tensors).compactMap { axes, planned in
            guard let name = newName(axes) else { return nil }
            return try tensor(axes, planned, name)
        }
    }

    /// What a tensor is called afterwards; nil when it goes.
    func newName(_ tensor: TensorAxes) -> String? {
        var layer: Int?
        if let number = tensor.layer {
            guard let place = kept.layers.firstIndex(of: number) else { return nil }
            layer = place
        }
        var expert: Int?
        if let number = tensor.expert {
            let experts = kept[AxisPlace(.experts, layer: tensor.layer)]
            guard let experts else { return tensor.name.renumbered(layer: layer) }
            guard let place = experts.firstIndex(of: number) else { return nil }
            expert = place
        }
        return tensor.name.renumbered(layer: layer, expert: expert)
    }

    private func tensor(_ axes: TensorAxes, _ planned: PlannedTensor, _ name: String) throws -> RewrittenTensor {
        let factor = factor(of: axes), isCut = kept.cuts(axes)
        guard isCut || factor != nil else { return source.unchanged(planned, as: name) }
        if let factor { try checkScaling(axes, planned, factor) }
        let repair = try repair(of: axes)
        let shape = kept.shape(of: axes)
        var made = RewrittenTensor(
            name, planned.type, shape, sourceByteCount: planned.sourceByteCount,
            .made { [self] in
                var rows = try source.rows(of: planned)
                rows =
                    try repair.map { try repaired(axes, rows, $0) } ?? kept.rows(of: axes, from: rows, kernels: kernels)
                guard let factor else { return rows }
                return ScaledRows(rows, factor: factor.factor, addend: factor.addend, kernels: kernels)
            })
        if repair != nil { made.workingByteCount = workingByteCount(axes) }
        if planned.mapping.isTransposed { made.workingByteCount += 2 * planned.sourceByteCount }
        return made
    }

    // MARK: Norms

    /// What a tensor's numbers are multiplied by, and what is added to them before; nil for most.
    func factor(of tensor: TensorAxes) -> (factor: Double, addend: Float)? {
        let factor = normFactor
        guard factor != 1 else { return nil }
        switch tensor.part {
        case .norm(let addend):
            // Scaled embeddings serve as the matrix of logits too, so the last norm takes the scale back.
            let isLast = tensor.layer == nil && model.scalesEmbedding && model.tiesHead
            return isLast ? nil : (factor, addend)
        case .embedding: return model.scalesEmbedding ? (factor, 0) : nil
        case .outputHead: return model.scalesEmbedding && model.tiesHead ? (factor, 0) : nil
        default: return nil
        }
    }

    private func checkScaling(
        _ axes: TensorAxes, _ planned: PlannedTensor, _ factor: (factor: Double, addend: Float)
    ) throws(FormatError) {
        guard let dtype = planned.type.dtype, Kernels.castTypes.contains(dtype) else {
            throw FormatError(
                .unsupported, "a norm of \(planned.type.name) cannot be scaled for fewer channels", tensor: axes.name,
                remedy: "Cast the model to bf16 or f32 first")
        }
    }

    // MARK: Least squares

    /// A matrix of which inputs go, and the place of the axis that they belong to.
    private func repair(of tensor: TensorAxes) throws -> ActivationStatistics? {
        guard order.settings.repairs, let statistics = order.statistics, tensor.dimensions.count == 2,
            statistics.hasSecondMoments(of: tensor.module)
        else { return nil }
        let inputs = tensor.dimensions[tensor.isInputMajor ? 0 : 1]
        let cut: [ModelAxis] = [.mlp, .sharedMLP, .heads]
        return inputs.contains { $0.axis.map { cut.contains($0) && sizes.sizes[$0] != nil } ?? false }
            ? statistics : nil
    }

    private func workingByteCount(_ tensor: TensorAxes) -> Int {
        let width = tensor.shape[tensor.isInputMajor ? 0 : 1]
        return width * width * 16 + (tensor.isInputMajor ? tensor.shape.reduce(1, *) * 8 : 0)
    }

    private func repaired(
        _ tensor: TensorAxes, _ rows: any RowSource, _ statistics: ActivationStatistics
    ) throws -> any RowSource {
        let input = tensor.isInputMajor ? 0 : 1
        let staying = kept.ranges(tensor.dimensions[input], of: tensor).flatMap { Array($0) }
        let width = tensor.shape[input]
        let repair = try LeastSquaresRepair(keeping: staying, of: width) { row in
            try statistics.secondMoments(of: tensor.module, row: row, width: width)
        }
        let outputs = kept.ranges(tensor.dimensions[1 - input], of: tensor)
        let matrix = RepairedRows(tensor.isInputMajor ? rows.transposed() : rows, repair, kernels: kernels)
        let some = SlicedRows(matrix, rows: outputs, columns: nil, kernels: kernels)
        return tensor.isInputMajor ? some.transposed() : some
    }
}
