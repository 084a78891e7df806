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
    init(file: Int, _ tensor: TensorDescription) {
        self.init(file: file, byteRange: tensor.byteRange, type: tensor.type, arrangement: tensor.arrangement)
    }
}
