import Blobs
import Bytes
import Formats
import Tensors

/// Takes over the bytes of a stored tensor: the same blobs, unless they are small or outside the store.
struct KeptBytes {
    let store: BlobStore
    let area: StagingArea
    let scratch: ScratchFile

    func content(of stored: StoredTensor) throws -> OutputTensor.Content {
        let range = stored.description.byteRange
        if range.count < FileIngest.sharedBlobLimit {
            var bytes = [UInt8](repeating: 0, count: range.count)
            try StoredFileReader(store: store).read(range.count, at: range.lowerBound, of: stored.file, into: &bytes)
            return .scratch(try scratch.append(bytes), stored.digest)
        }
        let segments = stored.file.segments(of: range)
        guard segments.contains(where: { $0.reference != nil }) else { return .stored(segments, stored.digest) }
        let file = try area.makeFile()
        try StoredFileReader(store: store).forEachPiece(of: segments) { try file.append($0) }
        try file.seal(mode: 0o444)
        return .staged(path: file.path, byteCount: file.byteCount)
    }
}
