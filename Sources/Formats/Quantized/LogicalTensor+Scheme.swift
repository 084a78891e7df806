import Numbers
import Tensors

extension LogicalTensor {
    /// The scheme of a whole model whose files do not name one: of the quantized tensors the one with most weights, if
    /// there are any; else the dtype of most weights, in lower case.
    ///
    /// Where nothing is learned, as in a file of integers, all tensors count; `none` stands for no tensor at all.
    package static func scheme(of tensors: [LogicalTensor]) -> String {
        if let summary = QuantizationSummary(of: tensors) { return summary.dominant.id }
        let learned = tensors.filter { $0.isLearned && $0.shape.elementCount > 0 }
        var counts: [String: Int] = [:]
        for tensor in learned.isEmpty ? tensors : learned {
            counts[tensor.dtype.rawValue, default: 0] += tensor.shape.elementCount
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key.lowercased() ?? "none"
    }
}
