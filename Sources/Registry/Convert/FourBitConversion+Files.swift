import Blobs
import Bytes
import Catalog
import Formats
import Tensors
import Transforms

extension FourBitConversion {
    /// The catalog's view of a written weights file.
    static func assembled(_ outcome: VariantFileWriter.Outcome) -> ArtifactAssembly.File {
        ArtifactAssembly.File(
            file: outcome.file,
            tensors: outcome.tensors.map { description, source, digest in
                var tensor = ArtifactAssembly.Tensor(
                    name: description.name, type: description.type, shape: description.shape,
                    byteRange: description.byteRange, digest: digest, statistics: source.statistics)
                switch source.part {
                case .dense: break
                case .part(let principal, let role): tensor.place = .part(of: principal, role: role)
                case .principal(let scheme, let dimensions, let errors):
                    if let shape = Shape(dimensions) {
                        tensor.place = .principal(
                            QuantizedForm(
                                scheme: scheme.id, shape: shape, bits: FourBitScheme.bits, groupSize: scheme.blockSize))
                    }
                    tensor.error = errors.map(TensorError.init)
                }
                return tensor
            })
    }

    /// What travels besides the weights: the parent's files as they are, the configuration with the scheme written in,
    /// and a new index for shards.
    func companions(_ written: [VariantFileWriter.Outcome]) throws -> [ArtifactAssembly.File] {
        var files: [ArtifactAssembly.File] = []
        for file in parent.files {
            let isOwn = !file.path.contains("/")
            if isOwn, ["weights", "index"].contains(file.role) { continue }
            if !isOwn, file.role == "weights" {
                files.append(ArtifactAssembly.File(file: file, tensors: parent.assembledTensors(of: file)))
            } else if file.path == "config.json", let config = parent.config {
                files.append(try configured(config, file))
            } else {
                files.append(ArtifactAssembly.File(file: file))
            }
        }
        if written.count > 1 {
            let index = SafetensorsIndex.text(
                of: written.map { (path: $0.file.path, tensors: $0.tensors.map(\.description)) })
            files.append(try newFile("model.safetensors.index.json", role: "index", text: index))
        }
        return files
    }

    private func configured(_ config: JSONValue, _ file: StoredFile) throws -> ArtifactAssembly.File {
        let quantization = BitsAndBytesConfig(
            type: scheme.type, isNested: scheme.isNested, computeDtype: parent.dominantDtype,
            skippedModules: plan.skippedModules)
        return try newFile(file.path, role: file.role, text: quantization.text(of: config))
    }

    private func newFile(_ path: String, role: String, text: String) throws -> ArtifactAssembly.File {
        let writer = try BlobWriter(in: job.area)
        try writer.append(Array(text.utf8).span)
        let blob = try writer.seal()
        try job.publisher.add(blob)
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
