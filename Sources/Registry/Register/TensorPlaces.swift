import Catalog
import Formats
import Tensors

/// What each stored tensor of a model is to the tensors that the model means, by file and name.
struct TensorPlaces: Sendable {
    private struct Key: Hashable {
        let file: String
        let name: String
    }

    /// Only those that are not simply a tensor of their own name.
    private var entries: [Key: (place: TensorDraft.Place, logicalName: String?)] = [:]

    init(of tensors: [LogicalTensor], in source: ModelSource) {
        let paths = source.weights.map(\.path)
        for tensor in tensors {
            guard let principal = tensor.parts.first else { continue }
            let stored = principal.tensor.name
            let logicalName = tensor.name == stored ? nil : tensor.name
            var place = TensorDraft.Place.whole
            if let scheme = tensor.scheme {
                place = .principal(
                    QuantizedForm(
                        scheme: scheme, shape: tensor.shape, bits: tensor.bits, groupSize: tensor.groupSize))
            } else if logicalName == nil {
                continue
            }
            entries[Key(file: paths[principal.file], name: stored)] = (place, logicalName)
            for part in tensor.parts.dropFirst() {
                entries[Key(file: paths[part.file], name: part.tensor.name)] = (
                    .part(of: stored, role: part.role), nil
                )
            }
        }
    }

    subscript(name: String, in file: String) -> (place: TensorDraft.Place, logicalName: String?) {
        entries[Key(file: file, name: name)] ?? (.whole, nil)
    }
}
