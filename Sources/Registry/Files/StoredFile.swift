import Blobs
import Bytes
import Synchronization

/// A file of an artifact, as pieces of blobs.
struct StoredFile: Sendable {
    /// A piece of a blob, and where the blob's bytes are.
    struct Segment: Sendable {
        var blob: Digest
        var blobByteCount: Int
        var blobOffset: Int
        var byteCount: Int
        /// The file that stayed where it was, and its state then; nil for a blob in the store.
        var reference: Reference?
    }

    /// A file outside the store.
    struct Reference: Sendable, Equatable {
        var path: String
        var identity: FileIdentity
    }

    var path: String
    var digest: Digest
    var byteCount: Int
    var role: String
    var segments: [Segment]

    /// The one blob that is the whole file, if there is one in the store.
    var wholeBlob: Digest? {
        guard segments.count == 1, segments[0].reference == nil, segments[0].blobOffset == 0,
            segments[0].byteCount == segments[0].blobByteCount
        else { return nil }
        return segments[0].blob
    }

    /// The pieces of blobs that hold `range` of the file.
    func segments(of range: Range<Int>) -> [Segment] {
        var start = 0
        var pieces: [Segment] = []
        for segment in segments {
            let here = start..<start + segment.byteCount
            start = here.upperBound
            let common = here.clamped(to: range)
            guard !common.isEmpty else { continue }
            var piece = segment
            piece.blobOffset += common.lowerBound - here.lowerBound
            piece.byteCount = common.count
            pieces.append(piece)
        }
        return pieces
    }
}

extension StoredFile.Segment {
    /// The whole of a blob in the store.
    init(_ blob: SealedBlob) {
        self.init(blob: blob.digest, blobByteCount: blob.byteCount, blobOffset: 0, byteCount: blob.byteCount)
    }
}

/// Reads stored files at any offset; keeps a few blobs open.
final class StoredFileReader: Sendable {
    private let store: BlobStore
    private let openFiles = Mutex<[Digest: any ByteSource]>([:])
    private let chunks = ChunkCache()
    private static let greatestOpenCount = 16

    init(store: BlobStore) { self.store = store }

    /// Fills the start of `buffer` with `count` bytes of the file, from `offset`.
    /// - Parameter buffer: as long as `count` at least.
    func read(_ count: Int, at offset: Int, of file: StoredFile, into buffer: inout [UInt8]) throws {
        let pieces = file.segments(of: offset..<offset + count)
        if pieces.count == 1, let piece = pieces.first {
            return try open(piece).read(piece.byteCount, at: piece.blobOffset, into: &buffer)
        }
        var done = 0
        for piece in pieces {
            let bytes = try open(piece).bytes(piece.blobOffset..<piece.blobOffset + piece.byteCount)
            buffer.replaceSubrange(done..<done + bytes.count, with: bytes)
            done += bytes.count
        }
        precondition(done == count, "\(file.path) holds \(done) of the \(count) bytes at \(offset)")
    }

    /// Hands out a range of the file in order, in pieces of a window at most.
    func forEachPiece(
        of range: Range<Int>, in file: StoredFile, _ body: (Span<UInt8>) throws -> Void
    ) throws {
        try forEachPiece(of: file.segments(of: range), body)
    }

    /// Hands out segments in order, in pieces of a window at most.
    func forEachPiece(of segments: [StoredFile.Segment], _ body: (Span<UInt8>) throws -> Void) throws {
        let greatest = segments.map(\.byteCount).max() ?? 0
        var buffer = [UInt8](repeating: 0, count: min(SequentialReader.windowByteCount, max(1, greatest)))
        for segment in segments {
            let blob = try open(segment)
            var done = 0
            while done < segment.byteCount {
                try Task.checkCancellation()
                let step = min(buffer.count, segment.byteCount - done)
                try blob.read(step, at: segment.blobOffset + done, into: &buffer)
                try body(buffer.span.extracting(0..<step))
                done += step
            }
        }
    }

    private func open(_ segment: StoredFile.Segment) throws -> any ByteSource {
        if let file = openFiles.withLock({ $0[segment.blob] }) { return file }
        let file = try segment.reference.map { try Self.open($0, segment.blob) } ?? openBlob(segment)
        openFiles.withLock { files in
            if files.count >= Self.greatestOpenCount { files.removeAll() }
            files[segment.blob] = file
        }
        return file
    }

    private func openBlob(_ segment: StoredFile.Segment) throws -> any ByteSource {
        let file = try store.reader(of: segment.blob, cache: chunks)
        guard file.byteCount == segment.blobByteCount else {
            throw RegistryError(
                "blob \(segment.blob.hex.prefix(12)) has \(file.byteCount) bytes, \(segment.blobByteCount) were stored",
                remedy: "Run 'ingot verify' to see what is damaged, and register the artifact again")
        }
        return file
    }

    private static func open(_ reference: StoredFile.Reference, _ digest: Digest) throws -> OpenFile {
        let file: OpenFile
        do {
            file = try OpenFile(reference.path)
        } catch {
            throw RegistryError(
                "\(error.description) The store only refers to this file",
                remedy: "Put it back, or register the model again from where it is now")
        }
        guard try reference.identity.matches(file.identity) || Self.digest(of: file) == digest else {
            throw RegistryError(
                "\(reference.path) has changed since it was registered, and the store only refers to it",
                remedy: "Put the old file back, or register the new one with --reference --update")
        }
        return file
    }

    /// A file that was only touched has another time and the same bytes.
    private static func digest(of file: OpenFile) throws -> Digest {
        var stream = DigestStream()
        var reader = SequentialReader(file)
        try reader.take(file.byteCount) { stream.update($0) }
        return stream.finish()
    }
}

extension FileIdentity {
    /// Whether another state of a file has the same length and time; a copy elsewhere counts as the same.
    func matches(_ other: FileIdentity) -> Bool { byteCount == other.byteCount && modifiedAt == other.modifiedAt }
}
