import Architectures
import Blobs
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// An artifact that goes into another layout: its tensors as the model means them, the convention of their names, and
/// the way to their numbers.
struct ExportSource: Sendable {
    /// By which rules tensors are named and arranged.
    enum Convention: Sendable {
        /// As transformers has them, with the model's config.json.
        case huggingFace(JSONValue)
        /// As llama.cpp has them, with the file's metadata.
        case gguf(GGUFMetadata)
        /// By no rules that are known.
        case unknown
    }

    let artifact: StoredArtifact
    /// What the model is called, for the formats that keep a name.
    let name: String?
    let convention: Convention
    /// In the order of their names' bytes.
    let tensors: [LogicalTensor]
    /// Each tensor as its file has it: those that make up a quantized one stand alone. In the order of their names'
    /// bytes.
    let storedTensors: [LogicalTensor]
    let notes: [String]
    /// The model's own weights files; those in folders below it are companions.
    let weightsPaths: [String]
    /// The files besides its own weights.
    let companions: [StoredFile]
    private let registry: ModelRegistry
    private let stored: [String: StoredTensor]
    private let files: [StoredFileSource]
    private let reader: StoredFileReader
    private let known = CheckedDigests()

    /// - Parameter name: what the model is called.
    init(registry: ModelRegistry, artifact: StoredArtifact, name: String?) throws {
        self.name = name
        self.registry = registry
        self.artifact = artifact
        reader = StoredFileReader(store: registry.store)
        let own = artifact.ownTensors
        let paths = Set(own.map(\.file.path))
        let weights = artifact.files.filter { paths.contains($0.path) }
        weightsPaths = weights.map(\.path)
        companions = artifact.files.filter {
            !paths.contains($0.path) && ($0.role != "weights" || $0.path.contains("/"))
        }
        let places = Dictionary(weightsPaths.enumerated().map { ($1, $0) }) { first, _ in first }
        let reader = reader
        files = weights.map { StoredFileSource(file: $0, reader: reader) }
        stored = Dictionary(own.map { ($0.description.name, $0) }) { first, _ in first }
        let filed = own.map { FiledTensor(file: places[$0.file.path] ?? 0, tensor: $0.description) }
        let sources = files
        let grouping = try LogicalTensor.group(
            filed, config: artifact.config, sidecar: try Self.sidecar(of: artifact, registry: registry)
        ) { [stored] part in
            let bytes = try TensorReader(sources[part.file]).content(of: part.tensor)
            if let known = stored[part.tensor.name] { try Digest(of: bytes).check(known.digest, of: known.subject) }
            return bytes
        }
        tensors = grouping.tensors
        storedTensors = filed.map(LogicalTensor.init(dense:)).sorted(byBytesOf: \.name)
        notes = grouping.notes
        if artifact.record.format == GGUF.name {
            convention = .gguf(try Self.metadata(of: sources))
        } else if let config = artifact.config, ModelFamily.of(config: config) != nil {
            convention = .huggingFace(config)
        } else {
            convention = .unknown
        }
    }

    /// What tells how a checkpoint was quantized, beside its config.json.
    private static func sidecar(of artifact: StoredArtifact, registry: ModelRegistry) throws -> JSONValue? {
        // The last by name, as when the folder was registered.
        let file = artifact.files.last { QuantizationConfig.sidecarNames.contains($0.path) }
        return try file.map { try registry.document($0) }
    }

    private static func metadata(of files: [StoredFileSource]) throws -> GGUFMetadata {
        try GGUFParts(try files.map { (path: $0.path, header: try GGUFHeader(reading: $0)) }).metadata
    }

    /// The tensors in folders below the model: other modules of a pipeline, which have layouts of their own.
    var moduleTensors: [StoredTensor] { artifact.tensors.filter { $0.file.path.contains("/") } }

    /// A stored tensor by its name in the file.
    func stored(_ name: String) -> StoredTensor? { stored[name] }

    /// The rows of a tensor, checked against its digest as they are read.
    /// - Parameters:
    ///   - digests: those of the file that they are read for, if any.
    ///   - isChecked: false for a dense tensor whose bytes are to be believed.
    func rows(
        of tensor: LogicalTensor, for digests: ExportDigests? = nil, isChecked: Bool = true
    ) throws -> any RowSource {
        switch tensor.encoding {
        case .dense:
            if !isChecked, let part = tensor.parts.first, part.tensor.arrangement == .contiguous {
                return FileRows(part.tensor, dtype: tensor.dtype, in: files[part.file])
            }
            return try denseRows(of: tensor, digests)
        default:
            let parts = try checkedParts(of: tensor)
            return QuantizedRows(try Dequantizers.make(for: tensor, parts: parts, kernels: registry.kernels))
        }
    }

    /// The parts of a quantized tensor, each checked against its digest.
    func checkedParts(of tensor: LogicalTensor) throws -> FileParts {
        for part in tensor.parts {
            guard let stored = stored[part.tensor.name], !known.contains(stored) else { continue }
            try forEachPiece(of: stored, in: files[part.file]) { _ in }
            known.insert(stored)
        }
        return FileParts(tensor, sources: files)
    }

    /// The codes of a quantized tensor.
    func codes(of tensor: LogicalTensor) throws -> CodeSource {
        let parts = FileParts(tensor, sources: files)
        guard let codes = try CodeSource(tensor, parts: parts, kernels: registry.kernels) else {
            throw FormatError(
                .unsupported, "no other layout has codes like these", tensor: tensor.name,
                remedy: CodeExchange.otherwise)
        }
        return codes
    }

    /// The dtype that the scales of most quantized tensors are stored in; nil without such tensors.
    var scaleDtype: DType? {
        var counts: [DType: Int] = [:]
        for tensor in tensors where tensor.isQuantized {
            let dtype = tensor.codeGrid?.scaleDtype ?? tensor.dtype
            counts[[.BF16, .F16].contains(dtype) ? dtype : .F16, default: 0] += tensor.shape.elementCount
        }
        return counts.max { ($0.value, $0.key.rank) < ($1.value, $1.key.rank) }?.key
    }

    private func denseRows(of tensor: LogicalTensor, _ digests: ExportDigests?) throws -> any RowSource {
        guard let part = tensor.parts.first, let stored = stored[part.tensor.name] else { throw Self.gone(tensor) }
        guard stored.description.shape.rows.length * tensor.dtype.bitCount % 8 == 0 else {
            throw FormatError(
                .unsupported, "its rows of \(tensor.dtype) do not end with a byte", tensor: tensor.name,
                remedy: "Export it without another dtype")
        }
        guard stored.description.arrangement == .contiguous else {
            let bytes = try TensorReader(files[part.file]).content(of: stored.description)
            try Digest(of: bytes).check(stored.digest, of: stored.subject)
            return MemoryRows(bytes, rowLength: stored.description.shape.rows.length, dtype: tensor.dtype)
        }
        let checked = CheckedTensor(stored, reader: reader, known: known, digests: digests)
        return PlainRows(checked, dtype: tensor.dtype)
    }

    /// The bytes of a tensor as the file means them, in pieces, compared with the digest.
    /// - Parameter digests: those of the file that they are read for.
    func forEachPiece(
        of tensor: LogicalTensor, for digests: ExportDigests, _ body: (Span<UInt8>) throws -> Void
    ) throws {
        guard let part = tensor.parts.first, let stored = stored[part.tensor.name] else { throw Self.gone(tensor) }
        guard stored.description.arrangement == .contiguous else {
            return try forEachPiece(of: stored, in: files[part.file], body)
        }
        let checked = CheckedTensor(stored, reader: reader, known: known, digests: digests)
        let step = min(checked.byteCount, TensorReader.pieceByteCount)
        guard step > 0 else { return }
        var buffer = [UInt8](repeating: 0, count: step)
        for start in stride(from: 0, to: checked.byteCount, by: step) {
            try Task.checkCancellation()
            let range = start..<min(start + step, checked.byteCount)
            try checked.read(range, into: &buffer)
            try body(buffer.span.extracting(0..<range.count))
        }
    }

    private func forEachPiece(
        of stored: StoredTensor, in file: StoredFileSource, _ body: (Span<UInt8>) throws -> Void
    ) throws {
        var digest = DigestStream()
        try TensorReader(file).forEachPiece(of: stored.description) { piece in
            digest.update(piece)
            try body(piece)
        }
        try digest.finish().check(stored.digest, of: stored.subject)
    }

    private static func gone(_ tensor: LogicalTensor) -> RegistryError {
        RegistryError("the tensor '\(tensor.name)' is gone", remedy: "Register the artifact again")
    }

    /// The numbers of small tensors, as far as they are there.
    func values(of names: [String]) throws -> [String: [Float]] {
        var found: [String: [Float]] = [:]
        for tensor in tensors where names.contains(tensor.name) && tensor.shape.elementCount <= 1 << 20 {
            let rows = try rows(of: tensor)
            guard rows.dtype == .F32 else { continue }
            var bytes = [UInt8](repeating: 0, count: rows.rowCount * rows.rowByteCount)
            try rows.read(0..<rows.rowCount, into: &bytes)
            found[tensor.name] = LittleEndianFloats.decode(bytes)
        }
        return found
    }

    var store: BlobStore { registry.store }

    /// What makes and counts numbers.
    var kernels: Kernels { registry.kernels }

    /// All bytes of a small file, checked.
    func bytes(of file: StoredFile) throws -> [UInt8] { try reader.checkedBytes(of: file) }
}
