import Blobs
import Bytes
import Catalog
import Numbers
import Tensors

/// Which blobs of an artifact are to be coded, as what words, and as differences from which others.
struct CompressionPlan {
    struct Item: Sendable {
        let digest: Digest
        let byteCount: Int
        let words: WordLayout
        /// A blob of as many bytes that holds the tensor of the same name, dtype and shape.
        let base: Digest?
        /// Whether it is coded, in another way than it will be.
        let isCoded: Bool
    }

    private(set) var items: [Item] = []

    /// Blobs below this stay as they are: what they save is less than a disk's block.
    static let leastByteCount = 4096

    /// - Parameter base: the artifact that differences are taken from.
    init(_ artifact: StoredArtifact, base: StoredArtifact?, catalog: CatalogDatabase) throws {
        let segments = artifact.files.flatMap(\.segments).filter { $0.reference == nil }
        let codings = try catalog.codings(of: segments.map(\.blob))
        let words = Self.words(of: artifact.tensors)
        let relatives = try base.map { try Self.bases(of: artifact, in: $0, catalog) } ?? [:]
        var seen: Set<Digest> = []
        for segment in segments where seen.insert(segment.blob).inserted {
            guard let coding = codings[segment.blob], coding.byteCount >= Self.leastByteCount else { continue }
            let other = try relatives[segment.blob].flatMap { try Self.checked($0, for: coding, catalog) }
            guard !coding.isCoded || (other != nil && coding.base == nil) else { continue }
            items.append(
                Item(
                    digest: segment.blob, byteCount: coding.byteCount, words: words[segment.blob] ?? .bytes,
                    base: other, isCoded: coding.isCoded))
        }
    }

    /// What lies in each blob: the dtype of most of its bytes, when all of it is aligned to that.
    private static func words(of tensors: [StoredTensor]) -> [Digest: WordLayout] {
        var counts: [Digest: [DType?: Int]] = [:]
        var offsets: [Digest: Int] = [:]
        for tensor in tensors {
            for piece in tensor.file.segments(of: tensor.description.byteRange) {
                counts[piece.blob, default: [:]][tensor.description.dtype, default: 0] += piece.byteCount
                offsets[piece.blob, default: 0] |= piece.blobOffset
            }
        }
        return counts.reduce(into: [:]) { found, entry in
            let most = entry.value.max {
                ($0.value, $0.key?.rawValue ?? "") < ($1.value, $1.key?.rawValue ?? "")
            }
            let words = WordLayout(dtype: most?.key)
            found[entry.key] = offsets[entry.key, default: 0] % words.width == 0 ? words : .bytes
        }
    }

    /// The blobs of tensors that have one for themselves, with those of the same name in another artifact.
    private static func bases(
        of artifact: StoredArtifact, in base: StoredArtifact, _ catalog: CatalogDatabase
    ) throws -> [Digest: Digest] {
        let others = Dictionary(base.tensors.map { ($0.description.name, $0) }) { first, _ in first }
        var found: [Digest: Digest] = [:]
        for tensor in artifact.tensors {
            guard let other = others[tensor.description.name], let blob = Self.ownBlob(of: tensor),
                let relative = Self.ownBlob(of: other), blob != relative,
                other.description.type == tensor.description.type, other.description.shape == tensor.description.shape
            else { continue }
            found[blob] = relative
        }
        return found
    }

    private static func ownBlob(of tensor: StoredTensor) -> Digest? {
        let pieces = tensor.file.segments(of: tensor.description.byteRange)
        guard pieces.count == 1, let piece = pieces.first, piece.reference == nil, piece.blobOffset == 0,
            piece.byteCount == piece.blobByteCount
        else { return nil }
        return piece.blob
    }

    /// - Returns: nil when the base is not in the store, is itself a difference from the blob, or lies too deep.
    private static func checked(
        _ base: Digest, for coding: BlobCoding, _ catalog: CatalogDatabase
    ) throws -> Digest? {
        guard let other = try catalog.codings(of: [base])[base], other.byteCount == coding.byteCount,
            other.depth + 1 + coding.height <= CatalogDatabase.greatestDepth,
            try !catalog.bases(of: base).contains(coding.digest)
        else { return nil }
        return base
    }
}
