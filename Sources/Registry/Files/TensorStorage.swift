import Formats
import Numbers
import Tensors

/// The bytes that a tensor's elements come from. Names of equal storage are tied: a checkpoint of PyTorch gives one
/// storage several names, and an ONNX graph may point two initializers at the same bytes.
///
/// Shapes do not matter: a matrix and the same elements in one row are the same numbers. Views that overlap in another
/// arrangement, such as a transposed one, are not tied.
struct TensorStorage: Hashable {
    /// Which of the model's files.
    let file: Int
    let byteRange: Range<Int>
    let type: ElementType
    let arrangement: Arrangement

    /// Whether a tensor of this name is an output head, which models tie to their embedding. The embedding stands for
    /// both, whichever name sorts first.
    static func isOutputHead(_ name: String) -> Bool {
        ["lm_head.weight", "embed_out.weight", "decoder.weight", "decoder.bias"].contains { name.hasSuffix($0) }
    }
}

extension TensorStorage {
    /// Says that names are tied, because sums are then less than what a list of the tensors adds up to.
    static func notes(on tensors: [LogicalTensor]) -> [String] {
        var seen: Set<TensorStorage> = []
        let tied = tensors.filter { tensor in
            guard let part = tensor.parts.first, !part.tensor.byteRange.isEmpty else { return false }
            return !seen.insert(TensorStorage(file: part.file, part.tensor)).inserted
        }
        guard !tied.isEmpty else { return [] }
        let names = tied.prefix(5).map { "'\($0.name)'" }.joined(separator: ", ")
        let more = tied.count > 5 ? " and \(tied.count - 5) more" : ""
        return ["tied, the same bytes under another name, so counted once: \(names)\(more)"]
    }

    init(file: Int, _ tensor: TensorDescription) {
        self.init(file: file, byteRange: tensor.byteRange, type: tensor.type, arrangement: tensor.arrangement)
    }
}
