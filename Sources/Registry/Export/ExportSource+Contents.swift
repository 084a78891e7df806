import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Tokenizers
import Transforms

extension ExportSource {
    /// The bytes of a companion by its path; nil when there is none.
    func companion(_ path: String) throws -> [UInt8]? {
        try companions.first { $0.path == path }.map { try bytes(of: $0) }
    }

    /// Whether any file tells how text becomes tokens.
    /// - Throws: `FormatError` when the only ones that do are not read: a model without its tokenizer is of no use.
    func hasTokenizer() throws(FormatError) -> Bool {
        let names = companions.map(\.path)
        if names.contains(where: TokenizerFileNames.isRead) { return true }
        for name in names {
            guard let reason = TokenizerFileNames.whyUnread(name) else { continue }
            throw FormatError(
                .unsupported, "the model's only tokenizer is not read: this is \(reason)", file: name,
                remedy: "Put the model's tokenizer.json beside it, or move the file away to write GGUF without a "
                    + "tokenizer; then register the folder again")
        }
        return false
    }

    /// The way to cut text that a GGUF file names.
    var preTokenizer: String? {
        guard case .gguf(let metadata) = convention else { return nil }
        return metadata["tokenizer.ggml.pre"]?.text
    }

    /// What is known of the model beside tensors and configuration.
    /// - Parameter pooling: how tokens become one vector; nil when the artifact's own files say it.
    func modelDescription(pooling: JSONValue? = nil) throws -> ModelDescription {
        let card = artifact.files.first { $0.role == "card" }
        let pooling =
            try pooling
            ?? companion("1_Pooling/config.json").map { bytes throws in
                try JSONValue(parsing: bytes, dialect: .python)
            }
        return ModelDescription(
            name: name, card: try card.map { ModelCard(parsing: try bytes(of: $0)) }, pooling: pooling)
    }

    var hasConfig: Bool { artifact.config != nil }
    var isSafetensors: Bool { artifact.record.format == Safetensors.name }

    /// The tensors as their files have them.
    var fileOrder: [LogicalTensor] {
        tensors.sorted { left, right in
            let (first, second) = (left.parts[0], right.parts[0])
            return (first.file, first.tensor.byteRange.lowerBound) < (second.file, second.tensor.byteRange.lowerBound)
        }
    }

    /// The file that each tensor, or its codes, is in.
    var fileOfTensor: [String: String] {
        Dictionary(
            tensors.compactMap { tensor in stored(tensor.parts[0].tensor.name).map { (tensor.name, $0.file.path) } }
        ) { first, _ in first }
    }

    /// The elements of the new tensor, in its order.
    ///
    /// Nothing is compared with digests here: that would take as long as encoding. `ingot verify` does it.
    func bytes(of tensor: PlannedTensor) throws -> any TensorBytes {
        if tensor.isOneSource, let stored = storedSource(of: tensor) {
            return StoredTensorBytes(stored, store: store)
        }
        return RowBytes(
            try TensorRenderer.rows(
                of: tensor.mapping, from: try tensor.sources.map { try rows(of: $0, isChecked: false) }))
    }

    /// The one stored tensor whose elements a dense tensor consists of.
    func storedSource(of tensor: PlannedTensor) -> StoredTensor? {
        guard case .dense = tensor.sources[0].encoding, let part = tensor.sources[0].parts.first,
            part.tensor.arrangement == .contiguous
        else { return nil }
        return stored(part.tensor.name)
    }

    /// Why the model's family is not known.
    var whyUnknown: String {
        guard let config = artifact.config else {
            guard let fault = artifact.configFault else { return "there is no config.json" }
            return "its config.json cannot be read: \(fault.problem)"
                + (fault.byteOffset.map { " at byte \($0)" } ?? "")
        }
        guard let type = config["model_type"]?.stringValue else { return "config.json names no model_type" }
        return "'\(type)' is none that it knows"
    }

    /// What to do when the model's family is not known.
    var whatMakesItKnown: String {
        if artifact.configFault != nil { return "Fetch config.json again and register the folder again" }
        guard artifact.config?["model_type"]?.stringValue != nil else {
            return "Register the model's folder with its config.json, or choose another format"
        }
        let known = ModelFamily.all.flatMap(\.modelTypes).joined(separator: ", ")
        return "Choose another format; known are \(known)"
    }

    /// A tensor under its own name. A matrix of GPT-2's layers, which checkpoints hold as [in, out] and bitsandbytes as
    /// [out, in], is turned back when it is dequantized.
    func sameMapping(_ tensor: LogicalTensor) -> TensorMapping {
        var mapping = TensorMapping(
            name: tensor.name, shape: tensor.shape.dimensions, content: .sources([.init(name: tensor.name)]))
        if case .bitsAndBytes = tensor.encoding, tensor.shape.dimensions.count == 2,
            artifact.config.flatMap({ ModelFamily.of(config: $0) })?.role(of: tensor.name) == .conv1D
        {
            mapping.shape.reverse()
            mapping.isTransposed = true
        } else if case .gptOSS = tensor.encoding, tensor.shape.dimensions.count == 3 {
            // transformers applies the experts' matrices from the other side, and stores them so.
            let (count, rows) = (tensor.shape.dimensions[0], tensor.shape.dimensions[1])
            mapping.shape.swapAt(1, 2)
            mapping.isTransposed = true
            mapping.content = .sources(
                (0..<count).map { .init(name: tensor.name, rows: $0 * rows..<($0 + 1) * rows) })
        }
        return mapping
    }

    /// Tensors that share their bytes with one that stands for both, where the format cannot say so.
    ///
    /// A checkpoint of PyTorch may name one storage twice. Safetensors has no such thing: its own library writes one
    /// and drops the other, which a loader restores when the configuration ties the two, or by the file's metadata
    /// when there is no configuration. A configuration that does not tie them wants both.
    func ties(asFormat format: ExportFormat) -> [(name: String, twin: String)] {
        guard format == .safetensors, !hasConfig || artifact.tiesWordEmbeddings else { return [] }
        var seen: [ShapedStorage: String] = [:]
        var ties: [(name: String, twin: String)] = []
        // The embedding stands for the head, whichever name sorts first.
        let isHead = { (tensor: LogicalTensor) in TensorStorage.isOutputHead(tensor.name) }
        let ordered = tensors.filter { !isHead($0) } + tensors.filter(isHead)
        for tensor in ordered {
            guard case .dense = tensor.encoding, let part = tensor.parts.first, !part.tensor.byteRange.isEmpty else {
                continue
            }
            let storage = ShapedStorage(storage: TensorStorage(file: part.file, part.tensor), shape: part.tensor.shape)
            if let twin = seen[storage] { ties.append((tensor.name, twin)) } else { seen[storage] = tensor.name }
        }
        return ties
    }

    private struct ShapedStorage: Hashable {
        var storage: TensorStorage
        var shape: Shape
    }
}
