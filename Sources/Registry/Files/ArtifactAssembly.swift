import Bytes
import Catalog
import Numbers
import Tensors

/// The files of an artifact whose bytes are known and stored, on their way into the catalog: works out what follows
/// from them (digests, counts, scheme), alike for registered and for derived artifacts.
struct ArtifactAssembly {
    /// One file with its tensors, in file order.
    struct File {
        var file: StoredFile
        var tensors: [Tensor] = []
    }

    /// A tensor with all that is known of it.
    struct Tensor {
        var name: String
        /// The name under which a model looks for it; nil when the file calls it so.
        var logicalName: String?
        var type: ElementType
        var shape: Shape
        var byteRange: Range<Int>
        var arrangement: Arrangement = .contiguous
        var digest: Digest
        var place: TensorDraft.Place = .whole
        var statistics: TensorStatistics?
        var error: TensorError?
    }

    let files: [File]
    /// Whether the configuration says that the output head is the embedding.
    let tiesWordEmbeddings: Bool
    /// How most of the weights are stored.
    let scheme: String
    /// The options that the files were read with, where these gave other tensors than the usual reading.
    var reading: String?

    /// SHA-256 of the lines `path TAB file-digest LF`, sorted by path bytes. Files that were not read in the usual way
    /// have one line more, for the empty path that no file has: `TAB weights-digest LF`. So the same bytes are another
    /// artifact when other tensors are taken from them.
    var digest: Digest {
        var lines = files.map { "\($0.file.path)\t\($0.file.digest.hex)\n" }
        if reading != nil { lines.append("\t\(weightsDigest.hex)\n") }
        return Digest(of: Self.joined(lines))
    }

    /// SHA-256 of the lines `name TAB dtype TAB d0,d1,… TAB digest LF`, sorted by name bytes.
    var weightsDigest: Digest {
        let lines = files.flatMap(\.tensors).map { tensor in
            let shape = tensor.shape.dimensions.map(String.init).joined(separator: ",")
            return "\(tensor.name)\t\(tensor.type)\t\(shape)\t\(tensor.digest.hex)\n"
        }
        return Digest(of: Self.joined(lines))
    }

    /// Lines begin with a unique name and a tab, which sorts below every character of a name: sorting the lines sorts
    /// the names.
    private static func joined(_ lines: [String]) -> String {
        lines.sorted(byBytesOf: \.self).joined()
    }

    /// Tensors as the model means them: a quantized one with its parts is one.
    var logicalTensors: [Tensor] {
        files.flatMap(\.tensors).filter { if case .part = $0.place { false } else { true } }
    }

    /// Whether any tensor is stored in a quantized scheme.
    var isQuantized: Bool {
        files.contains { file in
            file.tensors.contains { if case .principal = $0.place { true } else { false } }
        }
    }

    /// The catalog's form.
    func draft(
        kind: ArtifactKind, origin: ArtifactOrigin, format: String, facts: ModelFacts, sourcePath: String?,
        derivation: DerivationDraft?
    ) -> ArtifactDraft {
        let counts = counts()
        return ArtifactDraft(
            digest: digest, weightsDigest: weightsDigest, kind: kind, origin: origin, scheme: scheme, format: format,
            facts: facts, parameterCount: counts.joined().reduce(0) { $0 + $1.parameters },
            weightByteCount: counts.joined().reduce(0) { $0 + $1.bytes }, sourcePath: sourcePath, reading: reading,
            blobs: blobs,
            files: zip(files, counts).map { file, counts in
                FileDraft(
                    path: file.file.path, digest: file.file.digest, byteCount: file.file.byteCount,
                    role: file.file.role,
                    segments: file.file.segments.map {
                        Segment(blob: $0.blob, blobOffset: $0.blobOffset, byteCount: $0.byteCount)
                    },
                    tensors: zip(file.tensors, counts).map { Self.draft(of: $0, parameters: $1.parameters) })
            },
            derivation: derivation)
    }

    private static func draft(of tensor: Tensor, parameters: Int) -> TensorDraft {
        TensorDraft(
            name: tensor.name, logicalName: tensor.logicalName, dtype: tensor.type.name, shape: tensor.shape,
            byteOffset: tensor.byteRange.lowerBound, byteCount: tensor.byteRange.count,
            arrangement: tensor.arrangement, digest: tensor.digest,
            parameterCount: parameters, place: tensor.place, statistics: tensor.statistics, error: tensor.error)
    }

    private var blobs: [BlobDraft] {
        var drafts: [Digest: BlobDraft] = [:]
        for segment in files.flatMap(\.file.segments) {
            let storage = segment.reference.map { BlobDraft.Storage.reference(path: $0.path, identity: $0.identity) }
            drafts[segment.blob] = BlobDraft(
                digest: segment.blob, byteCount: segment.blobByteCount, storage: storage ?? .raw)
        }
        return drafts.values.sorted { $0.digest.hex < $1.digest.hex }
    }

    /// What each tensor adds to the model's learned numbers and their bytes, by file. Of tensors with one storage the
    /// first counts, but an output head last of all.
    func counts() -> [[Count]] {
        let tiedHeads = tiedOutputHeads()
        var counts = files.map { [Count](repeating: Count(), count: $0.tensors.count) }
        var seen: Set<TensorStorage> = []
        for areHeads in [false, true] {
            for (number, file) in files.enumerated() {
                for (index, tensor) in file.tensors.enumerated()
                where TensorStorage.isOutputHead(tensor.name) == areHeads && !tiedHeads.contains(tensor.name) {
                    let storage = TensorStorage(
                        file: number, byteRange: tensor.byteRange, type: tensor.type, arrangement: tensor.arrangement)
                    if seen.insert(storage).inserted { counts[number][index] = Count(tensor) }
                }
            }
        }
        return counts
    }

    /// Learned numbers and their bytes: dense floating-point tensors and quantized ones with their parts; buffers of
    /// integers do not count, nor does an output head that is tied to the embedding.
    struct Count: Equatable {
        var parameters = 0
        var bytes = 0

        init() {}

        init(_ tensor: Tensor) {
            switch tensor.place {
            case .whole where tensor.type.dtype?.isFloatingPoint == true:
                parameters = tensor.shape.elementCount
                bytes = tensor.byteRange.count
            case .whole: break
            case .principal(let form):
                parameters = form.shape.elementCount
                bytes = tensor.byteRange.count
            case .part: bytes = tensor.byteRange.count
            }
        }
    }

    /// Matrices that repeat an earlier one's bytes in a model whose head is tied: the same numbers, stored twice.
    private func tiedOutputHeads() -> Set<String> {
        guard tiesWordEmbeddings else { return [] }
        let tensors = files.flatMap(\.tensors)
        let heads = tensors.filter { $0.name.hasSuffix("lm_head.weight") || $0.name.hasSuffix("embed_out.weight") }
        return Set(
            heads.filter { head in
                tensors.contains { $0.name != head.name && $0.digest == head.digest && $0.shape == head.shape }
            }.map(\.name))
    }
}
