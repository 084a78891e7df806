import Architectures
import Bytes
import Formats
import Numbers
import Tensors
import Tokenizers
import Transforms

/// Turns the folder that was made of a GGUF file into GGUF again, tensor by tensor, and compares: so that nobody finds
/// out later that the way to the other layout lost something.
///
/// Only bytes that were written count: weights and their names are read from the files.
struct RoundTrip {
    private let plan: ExportPlan
    private let config: JSONValue
    /// The written tensors, by the names that families' rules have for them.
    private let tensors: [String: LogicalTensor]
    /// The files that hold them.
    private let weights: [OpenFile]
    /// Written text files by name.
    private let texts: [String: String]

    /// - Parameters:
    ///   - config: the configuration that was written.
    ///   - written: where the files of the plan are for now, in its order.
    init(_ plan: ExportPlan, config: JSONValue, written: [String]) throws {
        self.plan = plan
        self.config = config
        var filed: [FiledTensor] = []
        var weights: [OpenFile] = []
        var texts: [String: String] = [:]
        for (file, place) in zip(plan.files, written) {
            guard case .weights = file.content else {
                texts[file.path] = place
                continue
            }
            let opened = try OpenFile(place)
            filed += try SafetensorsHeader(reading: opened).tensors.map {
                FiledTensor(file: weights.count, tensor: $0)
            }
            weights.append(opened)
        }
        var logical = filed.map(LogicalTensor.init(dense:))
        if config["quantization_config"] != nil {
            let files = weights
            logical = try LogicalTensor.group(filed, config: config) { part in
                try TensorReader(files[part.file]).content(of: part.tensor)
            }.tensors
        }
        tensors = Dictionary(logical.map { ($0.layoutName, $0) }) { first, _ in first }
        self.weights = weights
        self.texts = texts
    }

    /// - Throws: `FormatError` when the folder cannot become GGUF again.
    func report() throws -> ExportReport.RoundTrip {
        guard case .gguf(let metadata) = plan.source.convention else { return .init() }
        let model = try GGUFModel(
            tensors: tensors.map { ($0.key, $0.value.shape.dimensions) }, config: config,
            description: try plan.source.modelDescription(pooling: try json("1_Pooling/config.json")))
        let mappings = Dictionary(model.layout.tensors.map { ($0.name, $0) }) { first, _ in first }
        var report = ExportReport.RoundTrip()
        for tensor in plan.source.tensors {
            let isPacked = plan.choice.staysPacked(tensor) && mappings[tensor.name].map(holdsMXFP4) == true
            guard let stored = plan.source.stored(tensor.name), !tensor.isQuantized || isPacked,
                plan.options.type == nil
            else {
                report.notCompared += 1
                continue
            }
            let digest = try mappings[tensor.name].map { mapping in
                try isPacked ? packedDigest(of: mapping) : self.digest(of: mapping, as: tensor.dtype)
            }
            if digest == stored.digest { report.identical += 1 } else { report.different.append(tensor.name) }
        }
        compareKeys(of: metadata, with: try again(model), &report)
        return report
    }

    /// The tensors that were written of which one of GGUF would be made; nil when one is not there.
    private func written(_ mapping: TensorMapping) -> [LogicalTensor]? {
        guard case .sources(let parts) = mapping.content else { return [] }
        let found = parts.compactMap { tensors[$0.name] }
        return found.count == parts.count ? found : nil
    }

    private func holdsMXFP4(_ mapping: TensorMapping) -> Bool {
        written(mapping)?.allSatisfy(MXFP4Rows.holds) == true
    }

    /// The digest of a tensor as GGUF would hold it.
    private func digest(of mapping: TensorMapping, as dtype: DType) throws -> Digest? {
        let sources = written(mapping)?.compactMap { tensor -> (any RowSource)? in
            guard case .dense = tensor.encoding, let part = tensor.parts.first else { return nil }
            return FileRows(part.tensor, dtype: tensor.dtype, in: weights[part.file])
        }
        guard let sources, sources.count == mapping.sourceCount else { return nil }
        return try digest(of: mapping, from: sources, as: dtype)
    }

    /// The digest of a tensor of MXFP4 blocks as GGUF would hold it.
    private func packedDigest(of mapping: TensorMapping) throws -> Digest? {
        let sources = try written(mapping)?.map { tensor in
            try MXFP4Rows(tensor, parts: FileParts(tensor, sources: weights), as: .blocks)
        }
        return try sources.map { try digest(of: mapping, from: $0, as: .U8) }
    }

    private func digest(of mapping: TensorMapping, from sources: [any RowSource], as dtype: DType) throws -> Digest {
        var stream = DigestStream()
        let renderer = TensorRenderer(kernels: plan.source.kernels)
        _ = try renderer.render(mapping, as: .plain(dtype), from: sources) { stream.update($0) }
        return stream.finish()
    }

    /// The metadata that GGUF would have.
    private func again(_ model: GGUFModel) throws -> GGUFMetadata {
        var metadata = GGUFMetadata(model.metadata.map { ($0.key, GGUFValue($0.value)) })
        guard texts["tokenizer_config.json"] != nil else {
            metadata.setNoTokenizer(tokens: model.layout.tokenCount)
            return metadata
        }
        let reading = try TokenizerReading(
            TokenizerFiles { name in try texts[name].map { try Self.bytes(of: $0) } },
            preTokenizer: plan.source.preTokenizer)
        for (key, value) in reading.description.fields.entries { metadata[key] = GGUFValue(value) }
        return metadata
    }

    private func compareKeys(
        of metadata: GGUFMetadata, with again: GGUFMetadata, _ report: inout ExportReport.RoundTrip
    ) {
        let values = Dictionary(again.entries.map { ($0.key, $0.value) }) { first, _ in first }
        // Which types a file holds is no matter of the model, and its name is the artifact's.
        for entry in metadata.entries where ![GGUFFileType.key, "general.name"].contains(entry.key) {
            guard let value = values[entry.key] else {
                report.lostKeys.append(entry.key)
                continue
            }
            if !value.means(entry.value) { report.changedKeys.append(entry.key) }
        }
    }

    private func json(_ path: String) throws -> JSONValue? {
        try texts[path].map { try JSONValue(parsing: try Self.bytes(of: $0), dialect: .python) }
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        let file = try OpenFile(path)
        return try file.bytes(0..<file.byteCount)
    }
}

extension ExportReport.RoundTrip {
    init() { self.init(identical: 0, different: [], notCompared: 0, changedKeys: [], lostKeys: []) }
}

extension GGUFValue {
    /// Whether both say the same, perhaps in integers of different widths.
    fileprivate func means(_ other: Self) -> Bool {
        if self == other { return true }
        if let own = integer, let others = other.integer { return own == others }
        if let own = array?.integers, let others = other.array?.integers { return own == others }
        if let own = number, let others = other.number { return Float(own) == Float(others) }
        return false
    }
}
