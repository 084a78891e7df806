package import Architectures

extension PrunedSizes {
    /// A tensor that stays, by its new name and sizes: the same for any indices that stay, as their number decides.
    package struct Tensor: Equatable, Sendable {
        /// Its place among the model's tensors.
        package let place: Int
        package let name: String
        /// Outermost dimension first.
        package let shape: [Int]
    }

    /// The tensors that stay, in the model's order, with no weight read.
    package func tensors(of model: ModelAxes) -> [Tensor] {
        let numbers = Dictionary(layers.enumerated().map { ($1, $0) }) { first, _ in first }
        return model.tensors.enumerated().compactMap { place, tensor in
            var layer: Int?
            if let old = tensor.layer {
                guard let new = numbers[old] else { return nil }
                layer = new
            }
            if let expert = tensor.expert, let count = sizes[.experts], expert >= count { return nil }
            return Tensor(place: place, name: tensor.name.renumbered(layer: layer), shape: shape(of: tensor))
        }
    }

    private func shape(of tensor: TensorAxes) -> [Int] {
        tensor.dimensions.map { segments in
            segments.reduce(0) { sum, segment in
                sum + (segment.axis.flatMap { sizes[$0] } ?? segment.count) * segment.unit
            }
        }
    }
}
