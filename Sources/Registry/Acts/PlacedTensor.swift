import Architectures
import Catalog
import Tensors

/// A tensor as the model means it, with the bytes of its scales, and where it stands in the model.
struct PlacedTensor {
    let tensor: TensorDraft
    let name: String
    /// With its parts.
    let byteCount: Int
    let place: TensorPlace

    /// The scheme of a quantized tensor, the dtype of another.
    var type: String { form?.scheme ?? tensor.dtype }
    /// What it decodes to.
    var shape: Shape { form?.shape ?? tensor.shape }

    /// The bits of one code; nil when it is not quantized, or they are not known.
    var bits: Int? { form?.bits }

    private var form: QuantizedForm? {
        if case .principal(let form) = tensor.place { form } else { nil }
    }
}

extension ModelRegistry {
    /// The tensors of an artifact in file order.
    func placedTensors(of record: ArtifactRecord) throws -> [PlacedTensor] {
        let family = record.facts.modelType.flatMap { ModelFamily.of(modelType: $0) }
        return try logicalTensors(of: record.digest).map { tensor, byteCount in
            let name = tensor.logicalName ?? tensor.name
            var dimensions = tensor.shape.dimensions
            if case .principal(let form) = tensor.place { dimensions = form.shape.dimensions }
            return PlacedTensor(
                tensor: tensor, name: name, byteCount: byteCount,
                place: TensorPlace(name: name, dimensions: dimensions, family: family))
        }
    }
}
