package import Numbers
package import Tensors

/// A tensor as a model means it: a dense one that is stored as it is, or a quantized matrix with all that is stored
/// for it.
package struct LogicalTensor: Equatable, Sendable {
    /// The name under which a model looks for the dense tensor: `model.layers.0.mlp.up_proj.weight`, also where what is
    /// stored is called `model.layers.0.mlp.up_proj.qweight`.
    package let name: String
    package let encoding: Encoding
    /// The elements' dtype; of a quantized tensor the one that its library's dequantization gives.
    package let dtype: DType
    /// The shape that the model means, [out, in], also where the stored one is of packed codes. Stacked experts come
    /// first: [experts, out, in].
    package let shape: Shape
    /// What is stored, the codes first.
    package let parts: [Part]

    /// How the numbers are stored.
    package enum Encoding: Equatable, Sendable {
        /// One tensor, elements one behind the other.
        case dense
        /// ggml's blocks, with scales among the codes.
        case blocks(BlockState)
        /// 4-bit codes and their scales, as bitsandbytes stores them.
        case bitsAndBytes(BitsAndBytesQuantState)
        /// 8-bit codes with a scale for each row: LLM.int8() of bitsandbytes.
        case bitsAndBytesInt8
        case gptq(GPTQState)
        case awq(AWQState)
        case compressedTensors(CompressedTensorsState)
        case mlx(MLXState)
        /// The experts of gpt-oss, in MXFP4.
        case gptOSS
        /// Small floats times a scale: DeepSeek's FP8, other FP8 checkpoints, ModelOpt's NVFP4.
        case scaledFloat(ScaledFloatState)
    }

    /// One of the stored tensors that make up a logical one.
    package struct Part: Equatable, Sendable {
        /// `data` for a dense tensor's own; `codes`, `scales`, `absmax` … for a quantized one's.
        package let role: String
        package let tensor: TensorDescription
        /// Which of the model's weights files holds it.
        package let file: Int

        /// The dtype of its elements: parts of quantized tensors are never blocks.
        package var dtype: DType { tensor.dtype ?? .U8 }
    }

    /// Whether its numbers are codes with scales.
    package var isQuantized: Bool { encoding != .dense }

    /// The id of the scheme; nil for a dense tensor.
    package var scheme: String? { encoding.quantized?.scheme }
    /// The bits of one code; nil for a dense tensor.
    package var bits: Int? { encoding.quantized?.bits }
    /// How many neighbors in a row share a scale; nil for a dense tensor, and where rows or blocks do.
    package var groupSize: Int? { encoding.quantized?.groupSize }
    /// How it is quantized, in one line; nil for a dense tensor.
    package var summary: String? { encoding.quantized?.summary }

    /// Whether it holds numbers that a model has learned: floating-point or quantized ones. Integers are buffers.
    package var isLearned: Bool {
        if case .dense = encoding { return dtype.isFloatingPoint }
        return true
    }

    /// The stored tensor that stands for the whole: a dense tensor's own, or the one with the codes.
    package var principal: TensorDescription? { parts.first?.tensor }

    /// The stored tensor of a role; nil when there is none.
    package func part(_ role: String) -> Part? { parts.first { $0.role == role } }

    /// The bytes of all its parts, as they are meant: inflated where a file has them compressed.
    package var byteCount: Int { parts.reduce(0) { $0 + $1.tensor.contentByteCount } }

    /// A stored tensor by itself, whatever others it belongs to.
    package init(dense stored: FiledTensor) {
        name = stored.tensor.name
        switch stored.tensor.type {
        case .plain(let dtype):
            encoding = .dense
            self.dtype = dtype
        case .block(let type):
            encoding = .blocks(BlockState(type: type))
            dtype = .F32
        }
        shape = stored.tensor.shape
        parts = [Part(role: "data", tensor: stored.tensor, file: stored.file)]
    }

    init(name: String, encoding: Encoding, dtype: DType, shape: Shape, parts: [Part]) {
        self.name = name
        self.encoding = encoding
        self.dtype = dtype
        self.shape = shape
        self.parts = parts
    }

    func renamed(_ name: String) -> Self {
        Self(name: name, encoding: encoding, dtype: dtype, shape: shape, parts: parts)
    }
}

/// A tensor and which of a model's weights files holds it.
package struct FiledTensor: Hashable, Sendable {
    /// The file's place among the model's weights files.
    package let file: Int
    package let tensor: TensorDescription

    package init(file: Int, tensor: TensorDescription) {
        self.file = file
        self.tensor = tensor
    }
}
