import Numbers
package import Tensors

/// How the weights of a GGUF model are stored, as the catalog names it.
package enum GGUFScheme {
    /// `gguf-q4_k_m`; of a model without blocks the dtype: `f16`. Nil when there is no tensor.
    ///
    /// What the file says of itself counts when the tensors bear it out: the type that it stands for is among those of
    /// the matrices. Otherwise the type that most elements of matrices have gives the name: `gguf-q4_k`.
    package static func name(metadata: GGUFMetadata, tensors: some Sequence<TensorDescription>) -> String? {
        var counts: [ElementType: Int] = [:]
        var others: [ElementType: Int] = [:]
        for tensor in tensors {
            let isMatrix = tensor.shape.dimensions.count > 1
            if isMatrix {
                counts[tensor.type, default: 0] += tensor.shape.elementCount
            } else {
                others[tensor.type, default: 0] += tensor.shape.elementCount
            }
        }
        if counts.isEmpty { counts = others }
        if let stated = metadata[GGUFFileType.key]?.integer.flatMap(GGUFFileType.init(number:)),
            counts[stated.base] != nil, stated.base.dtype == nil || counts.keys.allSatisfy({ $0.dtype != nil })
        {
            return name(stated.name, stated.base)
        }
        // Blocks beside plain matrices make a quantized model, whichever are more.
        let blocks = counts.filter { $0.key.dtype == nil }
        let greatest = (blocks.isEmpty ? counts : blocks).max { ($0.value, $1.key.name) < ($1.value, $0.key.name) }
        return greatest.map { name($0.key.name.lowercased(), $0.key) }
    }

    private static func name(_ name: String, _ type: ElementType) -> String {
        type.dtype == nil ? "gguf-\(name)" : name
    }
}
