import Blobs
import Bytes
import Catalog
import Tensors

/// Puts right bytes in the place of damaged ones, one blob after the other.
///
/// What is taken from anywhere is hashed on its way into the act's own area, and gets the blob's place, in one step,
/// only when its digest is the blob's. Until then the damaged file stays where it is.
struct BlobMender {
    let registry: ModelRegistry
    let job: ActiveJob
    let sources: ByteSources
    let contents: KnownContents
    /// The blobs that are damaged: nothing is taken from them unchecked.
    let damaged: Set<Digest>

    /// Blobs that are put together from tensors are held in memory; those are small neighbors, a few MB at most.
    private static let greatestPatchwork = 64 << 20

    /// Mends a blob from bytes that are somewhere.
    /// - Returns: where they came from; nil when nothing had them.
    func mend(_ blob: BlobRecord) throws -> String? {
        if try isRightAgain(blob) { return "the blob that it is a difference from, which is right again" }
        for place in try sources.places(of: blob.digest, byteCount: blob.byteCount, avoiding: damaged) {
            if try take(place, for: blob) { return place.description }
        }
        let stretches = try registry.catalog.users(of: blob.digest).flatMap { user in
            try contents[user.digest].stretches(of: blob.digest)
        }
        for stretch in stretches where stretch.segment.byteCount == blob.byteCount {
            let places = try sources.places(
                ofFile: stretch.file.digest, byteCount: stretch.file.byteCount, range: stretch.range, avoiding: damaged)
            for place in places where try take(place, for: blob) { return place.description }
        }
        for stretch in stretches where stretch.segment.byteCount == blob.byteCount {
            if let source = try patch(blob, stretch) { return source }
        }
        return nil
    }

    /// Whether a coded blob was damaged only because that was which it is a difference from.
    private func isRightAgain(_ blob: BlobRecord) throws -> Bool {
        guard blob.storage == .coded else { return false }
        let scrub = BlobScrub(store: registry.store, kernels: registry.kernels) { _ in }
        guard try scrub.problems(of: [blob]) == [nil] else { return false }
        try registry.noteMended(blob.digest)
        return true
    }

    /// The digests that may help: of damaged blobs, and of tensors that lie in them.
    static func wanted(
        _ blobs: [BlobRecord], in registry: ModelRegistry, _ known: KnownContents
    ) throws -> [Digest: Int] {
        var wanted: [Digest: Int] = [:]
        for blob in blobs {
            wanted[blob.digest] = blob.byteCount
            for user in try registry.catalog.users(of: blob.digest) {
                let contents = try known[user.digest]
                for stretch in contents.stretches(of: blob.digest) {
                    for row in contents.tensors(in: stretch.range, of: stretch.file.path) {
                        wanted[row.tensor.digest] = row.tensor.byteCount
                    }
                }
            }
        }
        return wanted
    }

    /// Takes a place's bytes if they are the blob's. A place that cannot be read, or holds others, is none.
    private func take(_ place: BytePlace, for blob: BlobRecord) throws -> Bool {
        guard place.byteCount == blob.byteCount else { return false }
        if case .references = blob.storage, case .outside(let path, let range) = place.way, range.lowerBound == 0 {
            return try adopt(path, for: blob)
        }
        let writer = try BlobWriter(in: job.area)
        do {
            try place.forEachPiece { try writer.append($0) }
        } catch let error as CancellationError {
            throw error
        } catch { return false }
        return try put(writer, blob)
    }

    /// Makes an identical file outside the place of a blob that lies outside.
    private func adopt(_ path: String, for blob: BlobRecord) throws -> Bool {
        guard let absolute = Folder.resolved(path) else { return false }
        let file = try OpenFile(absolute)
        guard file.byteCount == blob.byteCount else { return false }
        var digest = DigestStream()
        var reader = SequentialReader(file)
        try reader.take(file.byteCount) { digest.update($0) }
        guard digest.finish() == blob.digest, file.isUnchanged() else { return false }
        try registry.catalog.noteMoved(blob.digest, to: absolute, file.identity)
        return true
    }

    private func put(_ writer: BlobWriter, _ blob: BlobRecord) throws -> Bool {
        let sealed = try writer.seal()
        guard sealed.digest == blob.digest else {
            try Folder.unlink(sealed.path)
            return false
        }
        try job.publisher.add(sealed)
        try job.publisher.finish()
        try registry.noteMended(blob.digest)
        return true
    }

    /// Puts a blob of small neighbors together: tensors from wherever they are right, what is between them from the
    /// damaged file itself.
    private func patch(_ blob: BlobRecord, _ stretch: BlobContents.Stretch) throws -> String? {
        guard blob.byteCount <= Self.greatestPatchwork, blob.storage == .raw, stretch.segment.blobOffset == 0 else {
            return nil
        }
        var bytes = try damagedBytes(of: blob) ?? [UInt8](repeating: 0, count: blob.byteCount)
        var found: [String] = []
        for user in try registry.catalog.users(of: blob.digest) {
            for row in try contents[user.digest].tensors(in: stretch.range, of: stretch.file.path) {
                let start = row.tensor.byteOffset - stretch.range.lowerBound
                let range = start..<start + row.tensor.byteCount
                guard range.lowerBound >= 0, range.upperBound <= bytes.count, row.tensor.arrangement == .contiguous,
                    Digest(of: Array(bytes[range])) != row.tensor.digest
                else { continue }
                let places = try sources.places(
                    of: row.tensor.digest, byteCount: row.tensor.byteCount, avoiding: damaged)
                guard let (right, source) = try bytesOf(row.tensor.digest, places) else { return nil }
                bytes.replaceSubrange(range, with: right)
                found.append(source)
            }
        }
        guard !found.isEmpty else { return nil }
        let writer = try BlobWriter(in: job.area)
        try writer.append(bytes.span)
        return try put(writer, blob) ? Array(Set(found)).sorted().joined(separator: "; ") : nil
    }

    private func damagedBytes(of blob: BlobRecord) throws -> [UInt8]? {
        do {
            let file = try registry.store.open(blob.digest)
            return file.byteCount == blob.byteCount ? try file.bytes(0..<file.byteCount) : nil
        } catch {
            // It is gone, or cannot be read: then nothing can be taken from it.
            return nil
        }
    }

    private func bytesOf(_ digest: Digest, _ places: [BytePlace]) throws -> ([UInt8], String)? {
        for place in places where place.byteCount <= Self.greatestPatchwork {
            var bytes: [UInt8] = []
            do {
                // The bytes are copied at once.
                try place.forEachPiece { piece in
                    unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
                }
            } catch let error as CancellationError {
                throw error
            } catch { continue }
            if Digest(of: bytes) == digest { return (bytes, place.description) }
        }
        return nil
    }
}
