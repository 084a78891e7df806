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
        let segments = try segments(header: layout.headerBytes, ordered.map(\.source))
        try publisher.finish()
        var file = StoredFile(
            path: path, digest: Digest(of: ""), byteCount: segments.reduce(0) { $0 + $1.byteCount }, role: "weights",
            segments: segments)
        var digest = DigestStream()
        try StoredFileReader(store: store).forEachPiece(of: 0..<file.byteCount, in: file) { digest.update($0) }
        file.digest = digest.finish()
        return Outcome(file: file, tensors: ordered)
    }

    private func segments(header: [UInt8], _ tensors: [OutputTensor]) throws -> [StoredFile.Segment] {
        let first = try BlobWriter(in: area)
        try first.append(header.span)
        var segments = [try publish(first)]
        let small = try scratch.open()
        var run: [Range<Int>] = []
        for tensor in tensors {
            switch tensor.content {
            case .scratch(let range): run.append(range)
            case .stored(let pieces):
                if let segment = try blob(of: run, in: small) { segments.append(segment) }
                run = []
                segments += pieces
            }
        }
        if let segment = try blob(of: run, in: small) { segments.append(segment) }
        return segments
    }

    /// One blob of small neighbors; nil when they have no bytes.
    private func blob(of run: [Range<Int>], in small: OpenFile) throws -> StoredFile.Segment? {
        guard run.contains(where: { !$0.isEmpty }) else { return nil }
        let writer = try BlobWriter(in: area)
        for range in run {
            let bytes = try small.bytes(range)
            try writer.append(bytes.span)
        }
        return try publish(writer)
    }

    private func publish(_ writer: BlobWriter) throws -> StoredFile.Segment {
        let sealed = try writer.seal()
        try publisher.add(sealed)
        return StoredFile.Segment(sealed)
    }
}
