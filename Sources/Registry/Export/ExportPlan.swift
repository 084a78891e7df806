import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Tokenizers

/// Everything that an export in another layout will write, known before the first byte.
struct ExportPlan: Sendable {
    /// A file to write.
    struct File: Sendable {
        enum Content: Sendable {
            /// Weights: the layout, and its tensors in its order.
            case weights(any OutputLayout, [PlannedPart])
            /// New bytes: a configuration, a tokenizer, an index.
            case made([UInt8])
            /// A file of the artifact as it is.
            case copy(StoredFile)
        }

        var path: String
        var content: Content

        init(path: String, content: Content) {
            self.path = path
            self.content = content
        }

        /// - Parameter planned: the layout's tensors in any order, and perhaps others.
        init(path: String, _ layout: any OutputLayout, of planned: [PlannedTensor]) {
            // The layout has refused equal names.
            let byName = Dictionary(planned.flatMap(\.parts).map { ($0.name, $0) }) { first, _ in first }
            self.init(path: path, content: .weights(layout, layout.tensors.compactMap { byName[$0.name] }))
        }

        var byteCount: Int {
            switch content {
            case .weights(let layout, _): layout.byteCount
            case .made(let bytes): bytes.count
            case .copy(let file): file.byteCount
            }
        }
    }

    /// In the order of their paths' bytes.
    var files: [File] = []
    /// Tensors that are not written.
    private(set) var dropped: [LayoutMapping.Dropped] = []
    var notes: [String]
    /// The configuration that was made of a GGUF file's metadata.
    private(set) var rebuiltConfig: JSONValue?
    let source: ExportSource
    let options: ExportOptions
    /// Says what becomes of each tensor.
    let choice: any TensorChoice

    /// - Parameter choice: nil takes the types that the options name.
    init(_ source: ExportSource, _ options: ExportOptions, choice: (any TensorChoice)? = nil) throws {
        self.source = source
        self.options = options
        self.choice = choice ?? TypeChoice(options: options, source: source)
        notes = source.notes
        try checkModules()
        switch (options.format, source.convention) {
        case (.gguf, .gguf(let metadata)): try planSameGGUF(metadata)
        case (.gguf, .huggingFace(let config)): try planGGUF(config)
        case (.gguf, .unknown):
            throw RegistryError(
                "GGUF needs to know the model's family, and \(source.whyUnknown)",
                remedy: source.whatMakesItKnown)
        case (_, .gguf(let metadata)): try planFolder(from: metadata)
        case (_, .huggingFace), (_, .unknown): try planSameFolder()
        }
        files = files.sorted(byBytesOf: \.path)
    }

    /// Folders below the model hold modules of their own, which stay as they are or are left out.
    private mutating func checkModules() throws {
        let modules = source.moduleTensors
        let paths = Array(Set(modules.map(\.file.path))).sorted(byBytesOf: \.self)
        guard !source.tensors.isEmpty else {
            let folders = Array(Set(paths.compactMap { $0.split(separator: "/").first.map(String.init) }))
                .sorted(byBytesOf: \.self)
            throw RegistryError(
                folders.isEmpty
                    ? "the artifact holds no tensors"
                    : "the weights lie in folders below the model (\(folders.joined(separator: ", "))), each of which is a "
                        + "model of its own",
                remedy: folders.isEmpty ? "Export it without --format" : "Register one of the folders by itself")
        }
        guard !modules.isEmpty else { return }
        if options.format == .gguf {
            dropped += modules.map {
                LayoutMapping.Dropped(
                    name: "\(ModelFile.folder(of: $0.file.path))/\($0.description.name)",
                    reason: "\($0.file.path) is another module, which GGUF has no place for")
            }
        } else {
            notes.append("\(paths.joined(separator: ", ")): copied as stored, in a module of its own")
        }
    }

    // MARK: To GGUF

    private mutating func planSameGGUF(_ metadata: GGUFMetadata) throws {
        let tensors = source.fileOrder.map { tensor in
            var mapping = TensorMapping(
                name: tensor.name, shape: tensor.shape.dimensions, content: .sources([.init(name: tensor.name)]))
            mapping.staysF32 = options.type != nil && tensor.shape.dimensions.count < 2
            return MappedTensor(mapping: mapping, sources: [tensor])
        }
        try addGGUF(try choice.plan(tensors, metadata: metadata), metadata)
    }

    private mutating func planGGUF(_ config: JSONValue) throws {
        let model = try GGUFModel(
            tensors: source.tensors.map { ($0.layoutName, $0.shape.dimensions) }, config: config,
            description: try source.modelDescription())
        var metadata = GGUFMetadata(model.metadata.map { ($0.key, GGUFValue($0.value)) })
        let planned = try plan(model.layout, metadata)
        if try source.hasTokenizer() {
            let source = source
            let reading = try TokenizerReading(
                TokenizerFiles { try source.companion($0) }, preTokenizer: options.preTokenizer)
            for (key, value) in reading.description.fields.entries { metadata[key] = GGUFValue(value) }
            notes += reading.notes
        } else {
            metadata.setNoTokenizer(tokens: model.layout.tokenCount)
            notes.append("the model has no tokenizer, so programs must be given token ids")
        }
        try addGGUF(planned, metadata)
        let left = source.companions.map(\.path).filter { !GGUFContents.carries($0) }
        if !left.isEmpty { notes.append("GGUF has no place for \(left.joined(separator: ", "))") }
    }

    private mutating func addGGUF(_ planned: [PlannedTensor], _ metadata: GGUFMetadata) throws {
        var metadata = metadata
        // Tensors that are written as they are leave the file's own word, which may name a mixture of types.
        if planned.contains(where: { !$0.isCopy }), let number = choice.fileType ?? GGUFContents.fileType(of: planned) {
            metadata[GGUFFileType.key] = .uint32(number)
        }
        if planned.contains(where: { $0.quantization != nil }) {
            metadata["general.quantization_version"] = .uint32(2)
        }
        let layouts = try GGUFLayout.parts(
            metadata: metadata, tensors: planned.flatMap(\.parts).map { ($0.name, $0.type, $0.shape) },
            maximumByteCount: options.shardByteCount)
        for (index, layout) in layouts.enumerated() {
            let path =
                layouts.count == 1
                ? "model.gguf"
                : GGUFPartName(prefix: "model", number: index + 1, count: layouts.count).description
            files.append(File(path: path, layout, of: planned))
        }
    }

    // MARK: To a folder

    private mutating func planFolder(from metadata: GGUFMetadata) throws {
        let items = metadata.entries.compactMap { entry in MetadataValue(entry.value).map { (entry.key, $0) } }
        let model: HuggingFaceModel
        do {
            model = try HuggingFaceModel(
                tensors: source.tensors.map { ($0.name, $0.shape.dimensions) },
                metadata: Dictionary(items) { first, _ in first },
                values: try source.values(of: HuggingFaceModel.neededValues), dtype: choice.mainDtype.pythonName,
                packed: Set(source.tensors.filter(choice.staysPacked).map(\.name)))
        } catch let error as FormatError {
            // What the file says makes no model that is known; its tensors are sound all the same.
            notes.append(
                "names stay as GGUF has them and there is no config.json, so no program loads this as a model: "
                    + (error.tensor.map { "tensor '\($0)': " } ?? "") + error.problem)
            try planSameFolder()
            return try addTokenizer(of: metadata, contextLength: nil)
        }
        let planned = try plan(model.layout, nil)
        try addWeights(planned, groups: nil, metadata: [("format", choice.libraryName)])
        let config = JSONValue.object(model.config)
        rebuiltConfig = config
        add("config.json", try choice.configuration(config, planned).text(.indented) + "\n")
        for (path, text) in choice.sidecars(planned) { add(path, text) }
        for file in model.files { add(file.path, file.content.text(.indented) + "\n") }
        try addTokenizer(of: metadata, contextLength: model.config["max_position_embeddings"]?.intValue)
    }

    private mutating func addTokenizer(of metadata: GGUFMetadata, contextLength: Int?) throws {
        guard metadata.hasTokenizer else {
            return notes.append("the file holds no tokenizer, so the folder has none")
        }
        let fields = TokenizerFields(
            metadata.entries.compactMap { entry in TokenizerField(entry.value).map { (entry.key, $0) } })
        let folder = try TokenizerFolder(
            try TokenizerDescription(fields: fields), contextLength: contextLength)
        notes += folder.notes
        for file in folder.files { files.append(File(path: file.name, content: .made(file.bytes))) }
    }

    /// The same names in another container, or with other dtypes.
    private mutating func planSameFolder() throws {
        let ties = source.ties(asFormat: options.format)
        dropped += ties.map { tie in
            LayoutMapping.Dropped(name: tie.name, reason: "the same numbers as '\(tie.twin)', which stands for both")
        }
        let tensors = isSameContent ? source.storedTensors : source.tensors
        let tied = Set(ties.map(\.name))
        let unwanted = choice.dropped(tensors.filter { !tied.contains($0.name) }, of: source)
        dropped += unwanted
        let left = tied.union(unwanted.map(\.name))
        let mapped = try choice.mapped(tensors.filter { !left.contains($0.name) }, of: source)
        let planned = try choice.plan(mapped, metadata: nil)
        let metadata = [("format", choice.libraryName)] + (source.hasConfig ? [] : ties.map { ($0.name, $0.twin) })
        let keepsFiles = options.format == .safetensors && source.isSafetensors && !options.isShardChosen
        try addWeights(planned, groups: keepsFiles ? source.fileOfTensor : nil, metadata: metadata)
        try addCompanions(planned)
    }

    /// Whether the files hold what the artifact's own hold, only cut elsewhere: then quantized tensors stay as they
    /// are.
    private var isSameContent: Bool {
        choice.keepsStoredParts && options.format.rawValue == source.artifact.record.format && options.type == nil
            && options.dequantized == nil
    }

    private mutating func plan(_ layout: LayoutMapping, _ metadata: GGUFMetadata?) throws -> [PlannedTensor] {
        dropped += layout.dropped
        notes += layout.notes
        let byName = Dictionary(source.tensors.map { ($0.layoutName, $0) }) { first, _ in first }
        let mapped = try layout.tensors.map { mapping in
            guard case .sources(let parts) = mapping.content else { return MappedTensor(mapping: mapping, sources: []) }
            let sources = try parts.map { part in
                guard let tensor = byName[part.name] else {
                    throw FormatError(
                        .corrupt, "it is made of '\(part.name)', which is not there", tensor: mapping.name,
                        remedy: "Report it together with the command")
                }
                return tensor
            }
            return MappedTensor(mapping: mapping, sources: sources)
        }
        return try choice.plan(mapped, metadata: metadata)
    }
}
