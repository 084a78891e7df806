import Blobs
import Bytes
import Formats
import Tensors

/// Puts a safetensors file together from tensors that lie in blobs and in the scratch file, and cuts it the way
/// `FileIngest` does: a header, large tensors as they are, neighbors of small ones in one blob.
struct VariantFileWriter {
    let store: BlobStore
    let area: StagingArea
    let scratch: ScratchFile
    let publisher: Publisher
    /// What `__metadata__` says.
    let metadata: [(key: String, value: String)]

    /// A file that was put together, with its tensors in file order.
    struct Outcome: Sendable {
        var file: StoredFile
        var tensors: [(description: TensorDescription, source: OutputTensor)]
    }

    /// - Parameters:
    ///   - path: the file's path in the artifact.
    ///   - tensors: what it holds, in any order.
    func write(_ path: String, tensors: [OutputTensor]) throws -> Outcome {
        let layout = try SafetensorsLayout(
            tensors: tensors.map { (name: $0.name, dtype: $0.dtype, shape: $0.shape) },
            metadata: metadata)
        let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
        let ordered = layout.tensors.compactMap { description in
            byName[description.name].map { (description: description, source: $0) }
        }
        var segments: [StoredFile.Segment] = []
        var run = try BlobWriter(in: area)
        try run.append(layout.headerBytes.span)
        try close(&run, into: &segments)
        let small = try scratch.open()
        for tensor in ordered {
            switch tensor.source.content {
            case .stored(let pieces):
                try close(&run, into: &segments)
                segments += pieces
            case .scratch(let range): try run.append(try small.bytes(range).span)
            }
        }
        try close(&run, into: &segments)
        try publisher.finish()
        var file = StoredFile(
            path: path, digest: Digest(of: ""), byteCount: segments.reduce(0) { $0 + $1.byteCount }, role: "weights",
            segments: segments)
        var digest = DigestStream()
        try StoredFileReader(store: store).forEachPiece(of: 0..<file.byteCount, in: file) { digest.update($0) }
        file.digest = digest.finish()
        return Outcome(file: file, tensors: ordered)
    }

    /// Ends the blob of small neighbors, if there is anything in it, and begins the next.
    private func close(_ run: inout BlobWriter, into segments: inout [StoredFile.Segment]) throws {
        guard run.byteCount > 0 else { return }
        let full = run
        run = try BlobWriter(in: area)
        let sealed = try full.seal()
        segments.append(StoredFile.Segment(sealed))
        try publisher.add(sealed)
    }
}
