import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// An artifact as a transform reads it: the tensors of the model in Hugging Face's names, whatever the file's own are,
/// as numbers in rows, and the files beside them as a folder of transformers has them.
struct RewriteSource: Sendable {
    let artifact: StoredArtifact
    /// What the user calls it.
    let name: String
    let source: ExportSource
    /// In the order in which they would be written.
    let tensors: [PlannedTensor]
    /// The configuration, without a scheme that numbers do not have; nil when there is none.
    let config: JSONValue?
    /// All that travels besides the weights, config.json among it; no index.
    let companions: [ExportPlan.File]
    let notes: [String]
    private let byName: [String: Int]

    /// - Parameters:
    ///   - options: of the layout; nil keeps dtypes, and gives quantized tensors that of their scales.
    ///   - choice: what becomes of each tensor; nil lets each keep its dtype.
    /// - Throws: `RegistryError` for an artifact without tensors of its own, `FormatError` for a damaged configuration.
    init(
        _ artifact: StoredArtifact, name: String, in registry: ModelRegistry,
        options: ((ExportSource) -> ExportOptions)? = nil, choice: ((ExportSource) -> any TensorChoice)? = nil
    ) throws {
        if let fault = artifact.configFault { throw fault.within(file: "\(name), config.json") }
        let source = try ExportSource(registry: registry, artifact: artifact, name: nil)
        let options =
            options?(source)
            ?? ExportOptions(casting: nil, dequantized: source.scaleDtype ?? .BF16, overflow: .fail)
        let plan: ExportPlan
        do {
            plan = try ExportPlan(source, options, choice: choice?(source))
        } catch let error as FormatError { throw error.within(file: name) }
        self.artifact = artifact
        self.name = name
        self.source = source
        var tensors: [PlannedTensor] = []
        var companions: [ExportPlan.File] = []
        for file in plan.files {
            if case .weights(_, let parts) = file.content {
                tensors += parts.filter { $0.index == 0 }.map(\.tensor)
            } else if !file.path.hasSuffix(SafetensorsIndex.suffix) || file.path.contains("/") {
                companions.append(file)
            }
        }
        self.tensors = tensors
        self.companions = companions
        config = try companions.first { $0.path == "config.json" }.map { file in
            switch file.content {
            case .made(let bytes): try JSONValue(parsing: bytes, dialect: .python)
            case .copy(let stored): try registry.document(stored)
            case .weights: .null
            }
        }
        notes = plan.notes
        byName = Dictionary(tensors.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    /// A tensor by its Hugging Face name.
    subscript(name: String) -> PlannedTensor? { byName[name].map { tensors[$0] } }

    /// The family whose names and shapes it has; nil when it is not known.
    var family: ModelFamily? { config.flatMap { ModelFamily.of(config: $0) } }

    /// The numbers of a tensor in rows: of those whose elements lie in the store as they are in their own dtype, of
    /// others in float32.
    func rows(of tensor: PlannedTensor) throws -> any RowSource {
        let rows = try TensorRenderer.rows(
            of: tensor.mapping, from: try tensor.sources.map { try source.rows(of: $0, isChecked: false) })
        guard tensor.mapping.addend != 0 else { return rows }
        return try AddedRows(rows, addend: tensor.mapping.addend, kernels: source.kernels)
    }

    /// The stored tensor that holds exactly these elements, row by row, in this dtype; nil when the numbers must be made.
    func stored(_ tensor: PlannedTensor) -> StoredTensor? {
        tensor.isCopy ? source.storedSource(of: tensor) : nil
    }

    /// The tensor as it is: its stored bytes where there are such, else its numbers.
    /// - Parameter name: what it is called from now on.
    func unchanged(_ tensor: PlannedTensor, as name: String? = nil) -> RewrittenTensor {
        if let stored = stored(tensor) {
            var same = RewrittenTensor(stored, name: name ?? tensor.name)
            same.shape = tensor.mapping.shape
            same.place = .whole
            same.logicalName = nil
            return same
        }
        return cast(tensor, to: tensor.type, as: name)
    }

    /// The tensor's numbers in a type.
    func cast(_ tensor: PlannedTensor, to type: ElementType, as name: String? = nil) -> RewrittenTensor {
        var made = RewrittenTensor(
            name ?? tensor.name, type, tensor.mapping.shape, sourceByteCount: tensor.sourceByteCount,
            .made { try rows(of: tensor) })
        if tensor.sourceType.dtype?.isFloatingPoint != false { made.reference = .unrounded }
        if tensor.mapping.isTransposed { made.workingByteCount = 2 * tensor.sourceByteCount }
        return made
    }
}
