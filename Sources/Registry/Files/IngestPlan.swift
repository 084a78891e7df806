import Tensors

/// Where a file is cut: which of its tensors become pieces of their own, and which only look at pieces.
struct IngestPlan {
    /// A tensor that is no cut.
    struct View {
        var tensor: TensorDescription
        /// The cut that holds the very same elements; nil when they must be read.
        var twin: Int?
    }

    /// Tensors whose bytes lie in the file as they are meant, by offset and without overlaps.
    private(set) var cuts: [TensorDescription] = []
    private(set) var views: [View] = []

    /// - Parameter tensors: a file's tensors, by offset.
    init(_ tensors: [TensorDescription]) {
        var end = 0
        for tensor in tensors {
            let range = tensor.byteRange
            if tensor.arrangement == .contiguous, range.lowerBound >= end {
                cuts.append(tensor)
                end = range.upperBound
            } else {
                let isTwin = cuts.last.map { Self.areSame($0, tensor) } == true
                views.append(View(tensor: tensor, twin: isTwin ? cuts.count - 1 : nil))
            }
        }
    }

    private static func areSame(_ cut: TensorDescription, _ tensor: TensorDescription) -> Bool {
        cut.byteRange == tensor.byteRange && cut.type == tensor.type && tensor.arrangement == .contiguous
    }
}
