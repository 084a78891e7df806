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
    /// The written tensors by name.
    private let tensors: [String: Written]
    /// Written text files by name.
    private let texts: [String: String]

    /// A tensor in a file that was written.
    private struct Written {
        let tensor: TensorDescription
        let file: OpenFile
    }

    /// - Parameters:
    ///   - config: the configuration that was written.
    ///   - written: where the files of the plan are for now, in its order.
    init(_ plan: ExportPlan, config: JSONValue, written: [String]) throws {
        self.plan = plan
        self.config = config
        var tensors: [String: Written] = [:]
        var texts: [String: String] = [:]
        for (file, place) in zip(plan.files, written) {
            guard case .weights = file.content else {
                texts[file.path] = place
                continue
            }
            let weights = try OpenFile(place)
            for tensor in try SafetensorsHeader(reading: weights).tensors {
                tensors[tensor.name] = Written(tensor: tensor, file: weights)
            }
        }
        self.tensors = tensors
        self.texts = texts
    }

    /// - Throws: `FormatError` when the folder cannot become GGUF again.
    func report() throws -> ExportReport.RoundTrip {
        guard case .gguf(let metadata) = plan.source.convention else { return .init() }
        let model = try GGUFModel(
            tensors: tensors.values.map { ($0.tensor.name, $0.tensor.shape.dimensions) }, config: config,
            description: try plan.source.modelDescription(pooling: try json("1_Pooling/config.json")))
        let mappings = Dictionary(model.layout.tensors.map { ($0.name, $0) }) { first, _ in first }
        var report = ExportReport.RoundTrip()
        for tensor in plan.source.tensors {
            guard let stored = plan.source.stored(tensor.name), !tensor.isQuantized, plan.options.type == nil else {
                report.notCompared += 1
                continue
            }
            let digest = try mappings[tensor.name].map { try self.digest(of: $0, as: tensor.dtype) }
            if digest == stored.digest { report.identical += 1 } else { report.different.append(tensor.name) }
        }
        compareKeys(of: metadata, with: try again(model), &report)
        return report
    }

    /// The digest of a tensor as GGUF would hold it.
    private func digest(of mapping: TensorMapping, as dtype: DType) throws -> Digest? {
        var sources: [any RowSource] = []
        if case .sources(let parts) = mapping.content {
            for part in parts {
                guard let written = tensors[part.name], let dtype = written.tensor.dtype else { return nil }
                sources.append(FileRows(written.tensor, dtype: dtype, in: written.file))
            }
        }
        var stream = DigestStream()
        let renderer = TensorRenderer(kernels: plan.source.kernels)
        _ = try renderer.render(mapping, as: .plain(dtype), from: sources) { stream.update($0) }
        return stream.finish()
    }

    /// The metadata that GGUF would have.
    private func again(_ model: GGUFModel) throws -> GGUFMetadata {
        var metadata = GGUFMetadata(model.metadata.map { ($0.key, GGUFValue($0.value)) })
        guard texts["tokenizer_config.json"] != nil else { return metadata }
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
