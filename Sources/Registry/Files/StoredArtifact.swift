import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors

/// A tensor of an artifact in the store, and the file that holds it.
struct StoredTensor: Sendable {
    var description: TensorDescription
    var digest: Digest
    /// The name under which the model looks for it; nil when the file calls it so.
    var logicalName: String?
    var place: TensorDraft.Place
    var statistics: TensorStatistics?
    var file: StoredFile
}

/// An artifact with its files and tensors, ready to be read.
struct StoredArtifact: Sendable {
    let record: ArtifactRecord
    let files: [StoredFile]
    /// In file order.
    let tensors: [StoredTensor]
    /// `config.json`, if the artifact has one that can be read.
    let config: JSONValue?
    /// Why `config.json` cannot be read; nil when it can, or there is none.
    let configFault: FormatError?
    private let parts: [String: [String: Int]]

    /// - Throws: `CatalogError` for a name that means nothing, `FormatError` for a damaged configuration.
    init(registry: ModelRegistry, name: String) throws {
        try self.init(registry: registry, record: try registry.artifact(named: name))
    }

    init(registry: ModelRegistry, record: ArtifactRecord) throws {
        self.record = record
        let files = try registry.files(of: record.digest)
        self.files = files
        let byPath = Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
        let tensors = try registry.catalog.tensors(of: record.digest).map { row in
            try StoredTensor(row, in: byPath[row.file])
        }
        self.tensors = tensors
        var parts: [String: [String: Int]] = [:]
        for (index, tensor) in tensors.enumerated() {
            if case .part(let principal, let role) = tensor.place { parts[principal, default: [:]][role] = index }
        }
        self.parts = parts
        do {
            config = try byPath["config.json"].map { try registry.document($0) }
            configFault = nil
        } catch let error as FormatError {
            config = nil
            configFault = error
        }
    }

    /// The tensors of the model's own weights files; those in folders below a pipeline's belong to its other modules.
    var ownTensors: [StoredTensor] {
        let isPipeline = files.contains { ModelSource.pipelineFiles.contains($0.path) }
        return tensors.filter { !isPipeline || !$0.file.path.contains("/") }
    }

    /// Whether any tensor is stored in a quantized scheme.
    var isQuantized: Bool { !parts.isEmpty }

    /// A part of a quantized tensor by its role, such as `absmax`.
    func part(_ role: String, of principal: StoredTensor) -> StoredTensor? {
        parts[principal.description.name]?[role].map { tensors[$0] }
    }

    /// Which tensors hold NaN or infinities, with how many in words.
    var nonfiniteTensors: [String: String] {
        var found: [String: String] = [:]
        for tensor in tensors {
            guard let statistics = tensor.statistics else { continue }
            let words = [
                statistics.nanCount > 0 ? "\(statistics.nanCount) NaN" : nil,
                statistics.infinityCount > 0 ? "\(statistics.infinityCount) infinite values" : nil,
            ].compactMap(\.self)
            if !words.isEmpty { found[tensor.description.name] = words.joined(separator: " and ") }
        }
        return found
    }

    /// Whether the configuration says that the output head is the embedding.
    var tiesWordEmbeddings: Bool { config?["tie_word_embeddings"]?.boolValue == true }

    /// The dtype that programs compute in: of most of the floating-point numbers, if they are of 16 or 32 bits.
    var computeDtype: DType { [.BF16, .F16, .F32].contains(dominantDtype) ? dominantDtype : .F32 }

    /// The dtype of most of the floating-point numbers.
    var dominantDtype: DType {
        var counts: [DType: Int] = [:]
        for tensor in tensors {
            guard let dtype = tensor.description.dtype, dtype.isFloatingPoint else { continue }
            counts[dtype, default: 0] += tensor.description.shape.elementCount
        }
        return counts.max { ($0.value, $0.key.rank) < ($1.value, $1.key.rank) }?.key ?? .F32
    }
}

extension StoredTensor {
    init(_ row: TensorRecord, in file: StoredFile?) throws {
        let tensor = row.tensor
        guard let file, let type = ElementType(name: tensor.dtype) else {
            throw RegistryError(
                "the catalog's row of tensor '\(tensor.name)' names \(tensor.dtype) in \(row.file), which is not there",
                remedy: "The catalog was changed by hand or by a later version; register the artifact again")
        }
        self.init(
            description: TensorDescription(
                name: tensor.name, type: type, shape: tensor.shape,
                byteRange: tensor.byteOffset..<tensor.byteOffset + tensor.byteCount,
                arrangement: tensor.arrangement),
            digest: tensor.digest, logicalName: tensor.logicalName, place: tensor.place, statistics: tensor.statistics,
            file: file)
    }
}

extension ModelRegistry {
    /// The artifact that a name means.
    /// - Throws: `CatalogError` that suggests the nearest names.
    func artifact(named name: String) throws -> ArtifactRecord {
        try catalog.resolve(try ArtifactName(parsing: name))
    }

    /// The files of an artifact with where their bytes are.
    func files(of digest: Digest) throws -> [StoredFile] {
        let blobs = Dictionary(uniqueKeysWithValues: try catalog.blobs(of: digest).map { ($0.digest, $0) })
        return try catalog.files(of: digest).map { file in
            StoredFile(
                path: file.path, digest: file.digest, byteCount: file.byteCount, role: file.role,
                segments: file.segments.map { segment in
                    StoredFile.Segment(
                        blob: segment.blob, blobByteCount: blobs[segment.blob]?.byteCount ?? 0,
                        blobOffset: segment.blobOffset, byteCount: segment.byteCount,
                        reference: blobs[segment.blob].flatMap(Self.reference))
                })
        }
    }

    /// Where a referenced blob's bytes are: the first file that is still as it was, else the first.
    static func reference(_ blob: BlobRecord) -> StoredFile.Reference? {
        guard case .references(let places) = blob.storage else { return nil }
        let usable = places.first { FileIdentity(path: $0.path)?.matches($0.identity) == true }
        let present = places.first { FileIdentity(path: $0.path) != nil }
        return (usable ?? present ?? places.first).map { StoredFile.Reference(path: $0.path, identity: $0.identity) }
    }

    /// A stored JSON document.
    func document(_ file: StoredFile) throws -> JSONValue {
        var bytes = [UInt8](repeating: 0, count: file.byteCount)
        try StoredFileReader(store: store).read(file.byteCount, at: 0, of: file, into: &bytes)
        do {
            return try JSONValue(parsing: bytes, dialect: .python)
        } catch { throw error.within(file: file.path) }
    }
}
