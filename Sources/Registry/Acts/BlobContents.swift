import Bytes
import Catalog
import Synchronization

/// An artifact's files and tensors, to tell what lies in a blob.
struct BlobContents {
    /// A stretch of a file that is a stretch of a blob.
    struct Stretch {
        let file: StoredFile
        /// In the file.
        let range: Range<Int>
        let segment: StoredFile.Segment
    }

    let files: [StoredFile]
    let tensors: [TensorRecord]
    private var stretches: [Digest: [Stretch]] = [:]
    private var tensorsByFile: [String: [TensorRecord]] = [:]

    /// - Parameter artifact: its digest.
    init(registry: ModelRegistry, artifact: Digest) throws {
        files = try registry.files(of: artifact)
        tensors = try registry.catalog.tensors(of: artifact)
        tensorsByFile = Dictionary(grouping: tensors) { $0.file }
        for file in files {
            var start = 0
            for segment in file.segments {
                let here = start..<start + segment.byteCount
                start = here.upperBound
                stretches[segment.blob, default: []].append(Stretch(file: file, range: here, segment: segment))
            }
        }
    }

    /// Where in the artifact's files a blob's bytes are.
    func stretches(of blob: Digest) -> [Stretch] { stretches[blob] ?? [] }

    /// The tensors that have bytes in a stretch of a file.
    func tensors(in range: Range<Int>, of file: String) -> [TensorRecord] {
        (tensorsByFile[file] ?? []).filter { row in
            let start = row.tensor.byteOffset
            return range.overlaps(start..<start + row.tensor.byteCount)
        }
    }

    /// The tensors that have bytes in the blob, or the file when none has.
    func places(of blob: Digest) -> [String] {
        stretches(of: blob).flatMap { stretch in
            let names = tensors(in: stretch.range, of: stretch.file.path).map { "tensor '\($0.tensor.name)'" }
            return names.isEmpty ? [stretch.file.path] : names
        }
    }
}

/// Contents of artifacts that were looked at, so that many damaged blobs of one do not list its tensors again and again.
final class KnownContents: Sendable {
    private let registry: ModelRegistry
    private let known = Mutex<[Digest: BlobContents]>([:])

    init(_ registry: ModelRegistry) { self.registry = registry }

    subscript(artifact: Digest) -> BlobContents {
        get throws {
            if let found = known.withLock({ $0[artifact] }) { return found }
            let contents = try BlobContents(registry: registry, artifact: artifact)
            known.withLock { $0[artifact] = contents }
            return contents
        }
    }
}
