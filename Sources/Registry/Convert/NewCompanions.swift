import Blobs
import Bytes
import Catalog
import Formats
import Tensors

/// Stores what travels besides the weights of a new artifact.
struct NewCompanions {
    let registry: ModelRegistry
    let job: ActiveJob
    /// The parent whose files some are.
    let artifact: StoredArtifact

    /// The files as the catalog takes them, those with weights left out.
    func files(_ planned: [ExportPlan.File]) throws -> [ArtifactAssembly.File] {
        try planned.compactMap { file in
            switch file.content {
            case .weights: nil
            case .made(let bytes): try self.file(file.path, bytes)
            case .copy(let stored):
                ArtifactAssembly.File(
                    file: stored, tensors: stored.role == "weights" ? artifact.assembledTensors(of: stored) : [])
            }
        }
    }

    /// A new file of these bytes.
    func file(_ path: String, _ bytes: [UInt8]) throws -> ArtifactAssembly.File {
        let writer = try BlobWriter(in: job.area)
        try writer.append(bytes.span)
        let blob = try writer.seal()
        try job.publisher.add(blob)
        let role = artifact.files.first { $0.path == path }?.role ?? ModelFile.Role(companion: path).rawValue
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
                shape: tensor.description.shape,
                byteRange: tensor.description.byteRange,
                arrangement: tensor.description.arrangement,
                digest: tensor.digest, place: tensor.place,
                statistics: tensor.statistics)
        }
    }
}
