import Bytes
import Formats
import Synchronization
import Tensors
import Transforms

/// The parts of a quantized tensor in the store. What is read is digested, and compared with what was recorded at the
/// end.
final class CheckedParts: PartBytes {
    private struct Progress {
        /// The bytes digested so far, from the start.
        var count = 0
        var stream = DigestStream()

        /// Digests what of a range was not digested yet, and what lies before it.
        mutating func take(_ bytes: [UInt8], _ range: Range<Int>, _ role: String, of parts: FileParts) throws {
            if count < range.lowerBound {
                let gap = try parts.bytes(role, count..<range.lowerBound)
                stream.update(gap.span)
                count = range.lowerBound
            }
            if count < range.upperBound {
                stream.update(bytes.span.extracting(count - range.lowerBound..<bytes.count))
                count = range.upperBound
            }
        }
    }

    private let parts: FileParts
    private let stored: [String: StoredTensor]
    private let progress = Mutex<[String: Progress]>([:])

    /// - Parameter tensor: a tensor of the artifact; `Part.file` counts in the artifact's files.
    init(_ tensor: LogicalTensor, of artifact: StoredArtifact, reader: StoredFileReader) {
        let files = artifact.files
        parts = FileParts(tensor, sources: files.map { StoredFileSource(file: $0, reader: reader) })
        let names = Set(tensor.parts.map(\.tensor.name))
        let named = Dictionary(grouping: artifact.tensors.filter { names.contains($0.description.name) }) {
            $0.description.name
        }
        let found = tensor.parts.compactMap { part in
            named[part.tensor.name]?.first { $0.file.path == files[part.file].path }.map { (part.role, $0) }
        }
        stored = Dictionary(found) { first, _ in first }
    }

    func byteCount(_ role: String) -> Int? { parts.byteCount(role) }

    func bytes(_ role: String, _ range: Range<Int>) throws -> [UInt8] {
        let bytes = try parts.bytes(role, range)
        try progress.withLock { try $0[role, default: Progress()].take(bytes, range, role, of: parts) }
        return bytes
    }

    /// Reads what is left of each part.
    /// - Throws: `RegistryError` when a digest is not the recorded one.
    func finish() throws {
        for (role, tensor) in stored.sorted(by: { $0.key < $1.key }) {
            let count = byteCount(role) ?? 0
            _ = try bytes(role, count..<count)
            let found = progress.withLock { $0[role]?.stream.finish() ?? DigestStream().finish() }
            try found.check(tensor.digest, of: tensor.subject)
        }
    }
}
