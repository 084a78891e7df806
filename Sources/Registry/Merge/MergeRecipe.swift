import Architectures
import Bytes
import Formats
import Numbers
import Tensors
import Transforms

/// How one tensor of a merge is made.
struct MergeRecipe {
    let settings: MergeSettings
    let job: MergePlanner.Job
    let kernels: Kernels

    /// - Throws: `FormatError` when the models' tensors differ in shape, above all in the size of the vocabulary.
    func checkShapes(_ inputs: [MergeInput]) throws {
        let first = inputs[0]
        for other in inputs.dropFirst() where other.tensor.mapping.shape != first.tensor.mapping.shape {
            let (one, two) = (first.tensor.mapping.shape, other.tensor.mapping.shape)
            let role =
                first.model.family?.role(of: first.tensor.name)
                ?? TensorRole.guess(
                    name: first.tensor.name, dimensions: one)
            if role == .embedding || role == .outputHead, one.dropFirst() == two.dropFirst() {
                throw FormatError(
                    .refused,
                    "the vocabulary has \(one[0]) entries in \(first.model.name) and \(two[0]) in \(other.model.name)",
                    tensor: job.name,
                    remedy: "Merge models with one vocabulary: cut or extend one of them before, with its tokenizer")
            }
            throw FormatError(
                .refused, "its shape is \(one) in \(first.model.name) and \(two) in \(other.model.name)",
                tensor: job.name, remedy: "Merge models of one architecture and size")
        }
    }

    /// - Parameters:
    ///   - inputs: the sources of the slice.
    ///   - base: the base's tensor; nil for methods that have none.
    func tensor(_ inputs: [MergeInput], base: MergeInput?) throws -> RewrittenTensor {
        let first = base ?? inputs[0]
        guard first.tensor.sourceType.dtype?.isFloatingPoint != false else {
            return first.model.unchanged(first.tensor, as: job.name)
        }
        let type = settings.dtype.map(ElementType.plain) ?? first.tensor.type
        let rows = try rows(inputs, base)
        guard let rows, !isSame(([base].compactMap(\.self)) + inputs) else {
            return type == first.tensor.type
                ? first.model.unchanged(first.tensor, as: job.name)
                : first.model.cast(first.tensor, to: type, as: job.name)
        }
        let read = Dictionary(([base].compactMap(\.self) + inputs).map { ($0.settings.model, $0) }) { first, _ in first
        }
        var made = RewrittenTensor(
            job.name, type, first.tensor.mapping.shape,
            sourceByteCount: read.values.reduce(0) { $0 + $1.tensor.sourceByteCount }, .made(rows))
        made.reference = .rows { try first.rows() }
        made.workingByteCount = read.count * 4 << 20
        return made
    }

    /// Whether all models have the same numbers, so that the result has them too.
    private func isSame(_ inputs: [MergeInput]) -> Bool {
        let normalizes = settings.method != .linear || isOn("normalize", settings.method.normalizes)
        guard settings.method != .passthrough, normalizes else { return false }
        let digests = inputs.map { $0.model.stored($0.tensor)?.digest }
        return digests.allSatisfy { $0 != nil && $0 == digests[0] }
    }

    /// Makes the rows; nil for those of the first input as they are.
    private func rows(_ inputs: [MergeInput], _ base: MergeInput?) throws -> RewrittenTensor.Rows? {
        let kernels = kernels
        switch settings.method {
        case .passthrough:
            guard let scale = value("scale", inputs[0]), scale != 1 else { return nil }
            return { try WeightedRows([try inputs[0].rows()], weights: [Float(scale)], kernels: kernels) }
        case .linear:
            let weights = try linearWeights(inputs)
            return { try WeightedRows(try inputs.map { try $0.rows() }, weights: weights, kernels: kernels) }
        case .slerp:
            guard let base, let other = inputs.first(where: { $0.settings.model != base.settings.model }) else {
                throw missing("a second model")
            }
            guard let place = value("t", nil) else { throw missing("the parameter 't'") }
            return { try WeightedRows.spherical(try base.rows(), try other.rows(), place: place, kernels: kernels) }
        case .taskArithmetic, .ties, .dareTies, .dareLinear:
            guard let base else { throw missing("a base model") }
            return try taskRows(inputs, base)
        }
    }

    private func linearWeights(_ inputs: [MergeInput]) throws -> [Float] {
        let weights = try inputs.map { try required("weight", $0) }
        guard isOn("normalize", true) else { return weights.map { Float($0) } }
        let total = weights.reduce(0, +)
        guard total != 0 else {
            throw FormatError(
                .refused, "its weights add up to 0, so that no mean is there", tensor: job.name,
                remedy: "Correct the weights, or say normalize: false")
        }
        return weights.map { Float($0 / total) }
    }

    private func taskRows(_ inputs: [MergeInput], _ base: MergeInput) throws -> RewrittenTensor.Rows {
        let others = inputs.filter { $0.settings.model != base.settings.model }
        let tasks = try others.enumerated().map { index, input in
            (input: input, weight: try required("weight", input), sparsity: try sparsity(input, index))
        }
        let manner = TaskRows.Manner(
            hasConsensus: settings.method.hasConsensus, normalizes: isOn("normalize", settings.method.normalizes),
            rescales: isOn("rescale", settings.method.drops), lambda: value("lambda", nil) ?? 1)
        let kernels = kernels
        return {
            try TaskRows(
                base: try base.rows(),
                tasks: try tasks.map {
                    TaskRows.Tuned(try $0.input.rows(), weight: $0.weight, sparsity: $0.sparsity)
                }, manner: manner, kernels: kernels)
        }
    }

    private func sparsity(_ input: MergeInput, _ index: Int) throws -> TaskRows.Sparsity {
        let density = value("density", input) ?? 1
        guard (0...1).contains(density) else {
            throw FormatError(
                .refused, "the density of \(input.model.name) is \(density), and 0 to 1 is a share",
                tensor: job.name, remedy: "Correct it")
        }
        guard density < 1, settings.method != .taskArithmetic else { return .all }
        guard settings.method.drops else { return .greatest(density) }
        return .drawn(RandomKeep(seed: settings.seed, tensor: job.name, model: index, density: density))
    }

    // MARK: Parameters

    private func value(_ name: String, _ input: MergeInput?) -> Double? {
        settings.value(name, of: input?.settings, in: job.slice, tensor: job.name, place: job.place)
    }

    private func isOn(_ name: String, _ usual: Bool) -> Bool { value(name, nil).map { $0 != 0 } ?? usual }

    private func required(_ name: String, _ input: MergeInput) throws -> Double {
        guard let value = value(name, input) else {
            throw missing("the parameter '\(name)' of \(input.model.name)")
        }
        return value
    }

    private func missing(_ what: String) -> FormatError {
        FormatError(
            .refused, "\(settings.method.rawValue) needs \(what), and nothing says it for this tensor",
            tensor: job.name, remedy: "Add it to the recipe, with a filter '*' or none for all tensors")
    }
}
