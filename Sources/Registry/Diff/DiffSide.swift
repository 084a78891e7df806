import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// One of two artifacts that are compared: what the catalog says of it.
struct DiffSide: Sendable {
    let registry: ModelRegistry
    /// As the user calls it.
    let name: String
    let record: ArtifactRecord
    let tensors: [ListedTensor]
    let files: [ListedFile]

    init(_ name: String, in registry: ModelRegistry) throws {
        self.registry = registry
        self.name = name
        record = try registry.artifact(named: name)
        tensors = try registry.catalog.listedTensors(of: record.digest)
        files = try registry.catalog.listedFiles(of: record.digest)
    }

    var isGGUF: Bool { record.format == GGUF.name }
    var family: ModelFamily? { record.facts.modelType.flatMap { ModelFamily.of(modelType: $0) } }

    /// The way to its numbers and small files.
    func source() throws -> ExportSource {
        try ExportSource(
            registry: registry, artifact: try StoredArtifact(registry: registry, record: record), name: name)
    }

    var report: DiffReport.Artifact {
        DiffReport.Artifact(
            name: name, digest: record.digest.hex, kind: record.kind.rawValue, scheme: record.scheme,
            format: record.format, parameters: record.parameterCount, bytes: record.logicalByteCount)
    }
}

/// The numbers of one side's tensors, by the names of the convention in which both sides are compared.
struct DiffNumbers: Sendable {
    let source: ExportSource
    private let tensors: [String: MappedTensor]

    /// Tensors under their own names.
    init(_ source: ExportSource) { self.init(source, Self.own(source)) }

    /// An artifact's tensors as they are.
    static func own(_ source: ExportSource) -> [MappedTensor] {
        source.tensors.map { tensor in
            let mapping = source.sameMapping(tensor)
            return MappedTensor(mapping: mapping, sources: Array(repeating: tensor, count: mapping.sourceCount))
        }
    }

    init(_ source: ExportSource, _ tensors: [MappedTensor]) {
        self.source = source
        self.tensors = Dictionary(tensors.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Nil for what cannot be read: a tensor of a module of its own.
    func tensor(of entry: DiffEntry) -> MappedTensor? { entry.folder.isEmpty ? tensors[entry.name] : nil }

    /// A reader of its numbers, which compares digests on the way.
    func reader(of tensor: MappedTensor) throws -> NumberReader {
        let rows = try TensorRenderer.rows(of: tensor.mapping, from: try tensor.sources.map { try source.rows(of: $0) })
        return try NumberReader(
            rows, addend: tensor.mapping.addend, precision: tensor.first?.dtype ?? .F32, name: tensor.name,
            kernels: source.kernels)
    }

    /// What the catalog knows of its numbers; nil for a quantized tensor and one that is put together.
    func statistics(of tensor: MappedTensor) -> TensorStatistics? {
        guard tensor.sources.count == 1, tensor.mapping.addend == 0, case .dense = tensor.sources[0].encoding,
            case .sources(let parts) = tensor.mapping.content, parts[0].rows == nil
        else { return nil }
        return source.stored(tensor.sources[0].parts[0].tensor.name)?.statistics
    }
}
