package import Bytes
package import Numbers
package import Tensors

/// A tensor as a model means it: a dense one that is stored as it is, or a quantized matrix with all that is stored
/// for it.
package struct LogicalTensor: Equatable, Sendable {
    /// The name of the tensor that it is, or of the one with the codes: `model.layers.0.mlp.up_proj.weight`.
    package let name: String
    package let encoding: Encoding
    /// The elements' dtype; of a quantized tensor the one that dequantization gives back.
    package let dtype: DType
    /// The shape that the model means, also where the stored one is of packed codes.
    package let shape: Shape
    /// What is stored, the codes first.
    package let parts: [Part]

    /// How the numbers are stored.
    package enum Encoding: Equatable, Sendable {
        /// One tensor, elements one behind the other.
        case dense
        /// 4-bit codes and their scales, as bitsandbytes stores them.
        case bitsAndBytes(BitsAndBytesQuantState)
    }

    /// One of the stored tensors that make up a logical one.
    package struct Part: Equatable, Sendable {
        /// `data` for a dense tensor's own; `codes`, `absmax`, `quant_map` … for a quantized one's.
        package let role: String
        package let tensor: TensorDescription
        /// Which of the model's weights files holds it.
        package let file: Int
    }

    /// The id of the scheme; nil for a dense tensor.
    package var scheme: String? {
        switch encoding {
        case .dense: nil
        case .bitsAndBytes(let state): state.scheme
        }
    }

    /// The stored tensor that stands for the whole: a dense tensor's own, or the one with the codes.
    package var principal: TensorDescription? { parts.first?.tensor }

    /// The bytes of all its parts.
    package var byteCount: Int { parts.reduce(0) { $0 + $1.tensor.byteRange.count } }

    init(dense stored: FiledTensor) {
        name = stored.tensor.name
        encoding = .dense
        dtype = stored.tensor.dtype ?? .F32
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

    /// Finds which stored tensors belong together.
    /// - Parameters:
    ///   - tensors: all tensors of a model, of all its files; no name twice.
    ///   - config: the model's config.json, if there is one.
    ///   - readSmall: gives the bytes of a tensor; called only for some of a few hundred bytes.
    /// - Returns: the logical tensors, in the order of their names' bytes.
    /// - Throws: `FormatError` when parts are missing or their sizes do not fit; what `readSmall` throws.
    package static func group(
        _ tensors: [FiledTensor], config: JSONValue?, readSmall: (FiledTensor) throws -> [UInt8]
    ) throws -> [LogicalTensor] {
        let (quantized, rest) = try BitsAndBytesTensors.group(tensors, config: config, readSmall: readSmall)
        return (quantized + rest.map(LogicalTensor.init(dense:)))
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
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
