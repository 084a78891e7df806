import Architectures
import Catalog
import Formats
import Tensors

/// A tensor of one side of a diff, under the names of the convention in which both sides are compared.
struct DiffEntry: Sendable {
    /// The name that it is matched by.
    let name: String
    /// As its own artifact calls it; several names joined by `+` where it is put together from them.
    let ownName: String
    /// The folder of a module of its own; empty for the model.
    let folder: String
    /// Dtype or scheme.
    let type: String
    /// The shape as the catalog holds it.
    let shape: String
    let byteCount: Int
    /// What is stored, where that is the whole tensor as it is; nil where it is put together, turned or reordered.
    let content: ListedTensor.Content?

    init(_ tensor: ListedTensor) {
        name = tensor.name
        ownName = tensor.name
        folder = tensor.folder
        type = tensor.type
        shape = tensor.logicalShape
        byteCount = tensor.byteCount
        content = tensor.content
    }

    /// - Parameters:
    ///   - mapped: a tensor of another layout.
    ///   - stored: the artifact's own tensors by name.
    init(_ mapped: MappedTensor, of stored: [String: ListedTensor]) {
        name = mapped.name
        folder = ""
        shape = "[\(mapped.mapping.shape.map(String.init).joined(separator: ","))]"
        var names: [String] = []
        for source in mapped.sources where names.last != source.name { names.append(source.name) }
        ownName = names.isEmpty ? mapped.name : names.joined(separator: "+")
        let parts = names.compactMap { stored[$0] }
        var types: [String] = []
        for part in parts where !types.contains(part.type) { types.append(part.type) }
        type = types.isEmpty ? "F32" : types.joined(separator: "+")
        byteCount = parts.reduce(0) { $0 + $1.byteCount }
        content = mapped.isWhole ? parts.first?.content : nil
    }

    /// Whether both are stored as the same bytes.
    func isIdentical(to other: Self) -> Bool {
        content != nil && content == other.content && shape == other.shape
    }

    var dimensions: [Int] { Shape(json: shape)?.dimensions ?? [] }
}

extension MappedTensor {
    /// Whether its elements are those of one tensor, in their order and unchanged.
    fileprivate var isWhole: Bool {
        guard sources.count == 1, mapping.rowOrder == .asStored, !mapping.isTransposed, !mapping.isPacked,
            mapping.addend == 0, mapping.turns == 1, case .sources(let parts) = mapping.content,
            parts.count == 1, parts[0].rows == nil
        else { return false }
        return sources[0].shape.dimensions == mapping.shape
    }
}
