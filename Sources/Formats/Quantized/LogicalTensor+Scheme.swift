import Numbers
import Tensors

extension LogicalTensor {
    /// The scheme of a whole model whose files do not name one: of the quantized tensors the one with most weights, if
    /// there are any; else the dtype of most weights, in lower case.
    ///
    /// Where nothing is learned, as in a file of integers, all tensors count; `none` stands for no tensor at all.
    package static func scheme(of tensors: [LogicalTensor]) -> String {
        if let summary = QuantizationSummary(of: tensors) { return summary.dominant.id }
        let hasLearned = tensors.contains { $0.isLearned && $0.shape.elementCount > 0 }
        var counts: [DType: Int] = [:]
        for tensor in tensors where !hasLearned || tensor.isLearned && tensor.shape.elementCount > 0 {
            counts[tensor.dtype, default: 0] += tensor.shape.elementCount
        }
        let greatest = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }
        return greatest?.key.rawValue.lowercased() ?? "none"
    }
}
