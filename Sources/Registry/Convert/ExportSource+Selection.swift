import Architectures
import Formats
import Numbers
import Tensors
import Transforms

extension ExportSource {
    /// The tensors of a new layout, as rules know them.
    /// - Parameter isRebuilt: whether a folder is made of a GGUF file, so that names are new.
    func selectionTensors(_ tensors: [MappedTensor], isRebuilt: Bool) -> [SelectionTensor] {
        let family = artifact.config.flatMap { ModelFamily.of(config: $0) }
        let names = Set(isRebuilt ? tensors.map(\.name) : self.tensors.map(\.name))
        let nonfinite = artifact.nonfiniteTensors
        return tensors.map { tensor in
            let origins = tensor.sourceNames
            let first = tensor.first
            // A folder that is made of a GGUF file has the names by which layers are known.
            let origin = isRebuilt ? tensor.name : origins.first ?? tensor.name
            let role =
                family?.role(of: origin)
                ?? TensorRole.guess(
                    name: origin, dimensions: first?.shape.dimensions ?? tensor.mapping.shape, among: names)
            return SelectionTensor(
                name: tensor.name, otherNames: origins.filter { $0 != tensor.name },
                role: first == nil ? .other : role, shape: tensor.mapping.shape,
                dtype: first.map { $0.isQuantized ? .F32 : $0.dtype } ?? .F32,
                storedAs: first.map { $0.scheme ?? $0.dtype.rawValue } ?? "F32",
                layer: family?.layerNumber(of: origin) ?? SelectionTensor.layerNumber(in: tensor.name),
                nonfinite: tensor.sources.lazy.flatMap(\.parts).compactMap { nonfinite[$0.tensor.name] }.first,
                staysF32: tensor.mapping.staysF32 || first == nil)
        }
    }
}

extension MappedTensor {
    /// The names of the tensors that it is made of, each once.
    fileprivate var sourceNames: [String] {
        var seen: Set<String> = []
        return sources.map(\.name).filter { seen.insert($0).inserted }
    }
}
