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
        var files: [ArtifactAssembly.File] = []
        for file in plan.companions {
            switch file.content {
            case .weights: break
            case .made(let bytes): files.append(try newFile(file.path, bytes))
            case .copy(let stored):
                let tensors = stored.role == "weights" ? parent.assembledTensors(of: stored) : []
                files.append(ArtifactAssembly.File(file: stored, tensors: tensors))
            }
        }
        if written.count > 1, plan.format == Safetensors.name {
            let index = SafetensorsIndex.text(
                of: written.map { (path: $0.file.path, tensors: $0.tensors.map(\.description)) })
            files.append(try newFile("model" + SafetensorsIndex.suffix, Array(index.utf8)))
        }
        return files
    }

    private func newFile(_ path: String, _ bytes: [UInt8]) throws -> ArtifactAssembly.File {
        let writer = try BlobWriter(in: job.area)
        try writer.append(bytes.span)
        let blob = try writer.seal()
        try job.publisher.add(blob)
        let role = parent.files.first { $0.path == path }?.role ?? ModelFile.Role(companion: path).rawValue
        return ArtifactAssembly.File(
            file: StoredFile(
                path: path, digest: blob.digest, byteCount: blob.byteCount, role: role,
                segments: [StoredFile.Segment(blob)]))
    }
}

extension StoredArtifact {
    /// The tensors of a file that a variant takes over as it is.
    fileprivate func assembledTensors(of file: StoredFile) -> [ArtifactAssembly.Tensor] {
        tensors.filter { $0.file.path == file.path }.map { tensor in
            ArtifactAssembly.Tensor(
                name: tensor.description.name, logicalName: tensor.logicalName, type: tensor.description.type,
                shape: tensor.description.shape, byteRange: tensor.description.byteRange,
                arrangement: tensor.description.arrangement,
                digest: tensor.digest, place: tensor.place,
                statistics: tensor.statistics)
        }
    }
}
