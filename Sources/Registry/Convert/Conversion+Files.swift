import Blobs
import Bytes
import Catalog
import Formats
import Tensors
import Transforms

extension Conversion {
    /// The catalog's view of a written weights file.
    static func assembled(_ outcome: VariantFileWriter.Outcome) -> ArtifactAssembly.File {
        ArtifactAssembly.File(
            file: outcome.file,
            tensors: outcome.tensors.map { description, source, digest in
                var tensor = ArtifactAssembly.Tensor(
                    name: description.name, logicalName: source.logicalName, type: description.type,
                    shape: description.shape,
                    byteRange: description.byteRange, digest: digest, statistics: source.statistics)
                switch source.part {
                case .dense: break
                case .part(let principal, let role): tensor.place = .part(of: principal, role: role)
                case .principal(let scheme, let dimensions, let errors):
                    if let shape = Shape(dimensions) {
                        tensor.place = .principal(
                            QuantizedForm(
                                scheme: scheme.id, shape: shape, bits: scheme.bits, groupSize: scheme.groupSize))
                    }
                    tensor.error = errors.map(TensorError.init)
                }
                return tensor
            })
    }

    /// What travels besides the weights, and a new index for shards.
    func companions(_ written: [VariantFileWriter.Outcome]) throws -> [ArtifactAssembly.File] {
        let made = NewCompanions(registry: registry, job: job, artifact: parent)
        var files = try made.files(plan.companions)
        if written.count > 1, plan.format == Safetensors.name {
            let index = SafetensorsIndex.text(
                of: written.map { (path: $0.file.path, tensors: $0.tensors.map(\.description)) })
            files.append(try made.file("model" + SafetensorsIndex.suffix, Array(index.utf8)))
        }
        return files
    }
}
