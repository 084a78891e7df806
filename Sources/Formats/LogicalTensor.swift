package import Tensors

/// What a model's author would call one tensor: a stored tensor, or several that together hold a quantized matrix.
package struct LogicalTensor: Equatable, Sendable {
    /// A stored tensor and the part it plays.
    package struct Part: Equatable, Sendable {
        /// `codes`, `absmax`, `quant_map` …; `data` for a dense tensor.
        package let role: String
        package let tensor: TensorDescription

        package init(role: String, tensor: TensorDescription) {
            self.role = role
            self.tensor = tensor
        }
    }

    package let name: String
    /// The scheme's full id; nil for a dense tensor.
    package let scheme: String?
    /// The numbers that it holds, outermost dimension first.
    package let shape: Shape
    /// The principal first: the one that bears the tensor's own name.
    package let parts: [Part]

    package init(name: String, scheme: String?, shape: Shape, parts: [Part]) {
        self.name = name
        self.scheme = scheme
        self.shape = shape
        self.parts = parts
    }

    /// The stored tensor that stands for the whole.
    package var principal: TensorDescription? { parts.first?.tensor }

    /// Groups the tensors of one file.
    ///
    /// - Parameters:
    ///   - tensors: all tensors of the file.
    ///   - readSmall: gives the bytes of a tensor of a few KiB at most.
    /// - Throws: `FormatError` for a quantized tensor whose parts do not fit together.
    package static func group(
        _ tensors: [TensorDescription], readSmall: (TensorDescription) throws -> [UInt8]
    ) throws -> [LogicalTensor] {
        let quantized = try BitsAndBytesTensors.find(in: tensors, readSmall: readSmall)
        let taken = Set(quantized.flatMap(\.parts).map(\.tensor.name))
        let byPrincipal = Dictionary(uniqueKeysWithValues: quantized.map { ($0.name, $0) })
        return tensors.compactMap { tensor in
            if let group = byPrincipal[tensor.name] { return group }
            if taken.contains(tensor.name) { return nil }
            return LogicalTensor(
                name: tensor.name, scheme: nil, shape: tensor.shape, parts: [Part(role: "data", tensor: tensor)])
        }
    }
}
