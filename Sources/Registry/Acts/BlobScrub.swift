import Blobs
import Bytes
import Catalog
import Tensors

/// Reads blobs from their first byte to their last and compares them with their digests.
///
/// Two blobs are read at a time: a core with instructions for SHA-256 advances two digests in little more than the time
/// of one.
struct BlobScrub: Sendable {
    let store: BlobStore
    let kernels: Kernels
    /// Told of the bytes that were read.
    let progress: @Sendable (Int) -> Void

    /// Large enough that the calls cost little, small enough for a core's own cache.
    private static let windowByteCount = 256 << 10

    /// What is wrong with one blob's bytes, or two's, in words; nil for what is right.
    func problems(of blobs: [BlobRecord]) throws -> [String?] {
        precondition(blobs.count <= 2, "\(blobs.count) blobs cannot be read at a time")
        var sides = try blobs.map { try Side($0, store: store) }
        for index in sides.indices where sides[index].isCoded {
            sides[index].problem = try codedProblem(of: blobs[index])
        }
        let plain = sides.indices.filter { sides[$0].file != nil && sides[$0].problem == nil }
        if plain.count == 2, PairedDigest.Implementation.best == .accelerated {
            var (left, right) = (sides[0], sides[1])
            try readTogether(&left, &right)
            sides = [left, right]
        } else {
            for index in plain { try read(&sides[index]) }
        }
        return sides.map(\.problem)
    }

    /// One of the blobs.
    private struct Side {
        let blob: BlobRecord
        var file: OpenFile?
        var problem: String?
        var isCoded = false
        var position = 0
        var buffer: [UInt8] = []

        init(_ blob: BlobRecord, store: BlobStore) throws {
            self.blob = blob
            var path = store.path(of: blob.digest)
            switch blob.storage {
            case .raw: break
            case .coded:
                isCoded = true
                return
            case .evicted: return
            case .references:
                guard let place = ModelRegistry.reference(blob) else {
                    problem = "missing: the file that it refers to is not recorded"
                    return
                }
                path = place.path
            }
            do {
                let file = try OpenFile(path)
                guard file.byteCount == blob.byteCount else {
                    problem = "changed: \(path) has \(file.byteCount) bytes, not \(blob.byteCount)"
                    return
                }
                self.file = file
                buffer = [UInt8](repeating: 0, count: max(1, min(BlobScrub.windowByteCount, file.byteCount)))
            } catch {
                problem = error.number == 2 ? "missing: \(path)" : "unreadable: \(error)"
            }
        }

        /// Fills the buffer with what comes next; 0 at the end, and where reading fails.
        mutating func next() -> Int {
            guard let file, problem == nil else { return 0 }
            let count = min(buffer.count, blob.byteCount - position)
            guard count > 0 else { return 0 }
            do {
                try file.read(count, at: position, into: &buffer)
            } catch {
                problem = "unreadable: \(error)"
                return 0
            }
            position += count
            return count
        }

        mutating func compare(_ found: Digest) {
            guard problem == nil, found != blob.digest, let file else { return }
            problem = "changed: \(file.path) has the digest \(found.hex.prefix(12))…"
        }
    }

    private func readTogether(_ left: inout Side, _ right: inout Side) throws {
        var digests = PairedDigest()
        digests.beginTensor()
        while true {
            try Task.checkCancellation()
            let counts = (left.next(), right.next())
            guard counts.0 + counts.1 > 0 else { break }
            digests.updateBoth(
                file: left.buffer.span.extracting(0..<counts.0), tensor: right.buffer.span.extracting(0..<counts.1))
            progress(counts.0 + counts.1)
        }
        left.compare(digests.finishFile())
        right.compare(digests.finishTensor())
    }

    private func read(_ side: inout Side) throws {
        var digest = DigestStream()
        while true {
            try Task.checkCancellation()
            let count = side.next()
            guard count > 0 else { break }
            digest.update(side.buffer.span.extracting(0..<count))
            progress(count)
        }
        side.compare(digest.finish())
    }

    private func codedProblem(of blob: BlobRecord) throws -> String? {
        do {
            let found = try store.codedBlob(of: blob.digest, cache: ChunkCache(byteCount: 2 << 20, kernels: kernels))
                .digest(progress: progress)
            return found == blob.digest ? nil : "changed: its bytes have the digest \(found.hex.prefix(12))…"
        } catch let error as CancellationError {
            throw error
        } catch let error as FileError {
            return error.number == 2 ? "missing: \(error.path)" : "unreadable: \(error)"
        } catch { return "changed: \(error)" }
    }
}

extension BlobScrub {
    /// Blobs two by two, neighbors in length, the longest first: both digests of a pair end at about the same time, and
    /// no thread is left with a long one at the end.
    static func pairs(_ blobs: [BlobRecord]) -> [[BlobRecord]] {
        let sorted = blobs.sorted { ($0.byteCount, $1.digest.hex) > ($1.byteCount, $0.digest.hex) }
        return stride(from: 0, to: sorted.count, by: 2).map { Array(sorted[$0..<min($0 + 2, sorted.count)]) }
    }
}
