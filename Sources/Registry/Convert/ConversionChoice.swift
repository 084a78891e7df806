import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Synchronization
import Tensors
import Transforms

/// What becomes of each tensor of a variant: the selection of a recipe, in the layout that the scheme's programs load.
final class ConversionChoice: TensorChoice {
    let settings: QuantizeSettings
    private let source: ExportSource
    private let kernels: Kernels
    /// Finds the importance of a tensor's columns; nil without an importance matrix.
    private let importance: ImportanceLookup?
    private let selected = Mutex<RecipeSelection?>(nil)
    /// How the codes of quantized tensors went over.
    private let exchanges = Mutex(ExchangeFindings())
    private let training: Mutex<TrainingFindings>

    typealias ImportanceLookup = @Sendable (MappedTensor) throws -> [Float]?

    /// Files of weights above this are cut into shards; transformers' limit of many years.
    static let usualShardByteCount = 5_000_000_000

    init(
        _ settings: QuantizeSettings, source: ExportSource, kernels: Kernels, importance: ImportanceLookup? = nil
    ) {
        self.settings = settings
        self.source = source
        self.kernels = kernels
        self.importance = importance
        training = Mutex(TrainingFindings(of: source.artifact.record.facts, settings))
    }

    private var parent: StoredArtifact { source.artifact }
    private var modelFamily: ModelFamily? { parent.config.flatMap { ModelFamily.of(config: $0) } }
    var family: TensorScheme.Family { settings.target.family }
    var format: ExportFormat { family == .gguf ? .gguf : .safetensors }
    var shardByteCount: Int { family == .gguf ? .max : Self.usualShardByteCount }
    var libraryName: String { family == .mlx ? "mlx" : "pt" }
    var mainDtype: DType { types.mainDtype }
    var keepsStoredParts: Bool { false }
    /// What quantized tensors become that the variant holds dense.
    var dequantizedDtype: DType? { settings.requantizes ? parent.computeDtype : source.scaleDtype }

    var fileType: UInt32? {
        guard case .mixture(let mixture) = settings.target else { return nil }
        return UInt32(mixture.fileType.number)
    }

    /// What the selection has to say; empty before `plan`.
    var notes: [String] {
        byNameNotes + selected.withLock { $0?.notes ?? [] } + exchanges.withLock { $0.notes }
            + training.withLock { $0.notes }
    }

    /// Says that no family told which tensors are linear layers.
    private var byNameNotes: [String] {
        guard case .unknown = source.convention else { return [] }
        let why = parent.config == nil ? "there is no config.json" : "its model_type is not known"
        return ["the tensors to quantize were chosen by their names, as \(why)"]
    }

    /// Tensors that could not get what was meant for them; empty before `plan`.
    var replacements: [RecipeSelection.Replacement] { selected.withLock { $0?.replacements ?? [] } }

    /// Chooses the types of tensors that stay numbers.
    private var types: TypeChoice {
        TypeChoice(
            options: ExportOptions(
                format: format, dequantized: dequantizedDtype, shardByteCount: shardByteCount, preTokenizer: nil),
            source: source)
    }

    // MARK: Layout

    /// What MLX computes from the configuration, or ties.
    func dropped(_ tensors: [LogicalTensor], of source: ExportSource) -> [LayoutMapping.Dropped] {
        guard family == .mlx else { return [] }
        let head = parent.tiesWordEmbeddings ? modelFamily?.outputHead : nil
        return tensors.compactMap { tensor in
            if tensor.name.hasSuffix("rotary_emb.inv_freq") {
                return .init(name: tensor.name, reason: "rotary frequencies are computed from config.json")
            }
            guard let head, tensor.name == "\(head).weight" else { return nil }
            return .init(name: tensor.name, reason: "config.json ties it to the embedding")
        }
    }

    func mapped(_ tensors: [LogicalTensor], of source: ExportSource) throws -> [MappedTensor] {
        let modelFamily = modelFamily
        let stacks = try family == .mlx ? expertStacks(tensors, modelFamily) : [:]
        let stacked = Set(stacks.values.flatMap(\.self).flatMap(\.sources).map(\.name))
        return tensors.flatMap { tensor -> [MappedTensor] in
            if let made = stacks[tensor.name] { return made }
            if stacked.contains(tensor.name) { return [] }
            var mapping = source.sameMapping(tensor)
            // A matrix that is stored as [in, out] becomes a layer's [out, in].
            if turnsLayers, !tensor.isQuantized, tensor.shape.dimensions.count == 2,
                modelFamily?.role(of: tensor.name) == .conv1D
            {
                mapping.shape.reverse()
                mapping.isTransposed = true
            }
            return [MappedTensor(mapping: mapping, sources: Array(repeating: tensor, count: mapping.sourceCount))]
        }
    }

    /// The experts that the layout holds as other tensors, by the name of the first that each is made of.
    private func expertStacks(
        _ tensors: [LogicalTensor], _ modelFamily: ModelFamily?
    ) throws -> [String: [MappedTensor]] {
        let byName = Dictionary(tensors.map { ($0.layoutName, $0) }) { first, _ in first }
        let mappings =
            try modelFamily?.expertStacks.mappings(of: tensors.map { ($0.layoutName, $0.shape.dimensions) }) ?? []
        var stacks: [String: [MappedTensor]] = [:]
        for mapping in mappings {
            guard case .sources(let parts) = mapping.content else { continue }
            let sources = parts.compactMap { byName[$0.name] }
            guard let first = sources.first else { continue }
            stacks[first.name, default: []].append(MappedTensor(mapping: mapping, sources: sources))
        }
        return stacks
    }

    /// Whether the family's library holds every linear layer as [out, in].
    private var turnsLayers: Bool { family == .bitsAndBytes }

    // MARK: Selection

    func plan(_ tensors: [MappedTensor], metadata: GGUFMetadata?) throws -> [PlannedTensor] {
        let selection = try RecipeSelection(
            settings, tensors: source.selectionTensors(tensors, isRebuilt: isRebuilt),
            model: metadata.flatMap(Self.mixtureModel))
        selected.withLock { $0 = selection }
        let types = types
        var findings = ExchangeFindings()
        let plans = try zip(tensors, selection.decisions).compactMap { tensor, decision in
            do {
                return try planned(tensor, decision, types, &findings)
            } catch var error as FormatError {
                error.tensor = error.tensor ?? tensor.name
                throw error
            }
        }
        if let fault = findings.fault { throw fault }
        let found = findings
        exchanges.withLock { $0 = found }
        return plans
    }

    private static func mixtureModel(_ metadata: GGUFMetadata) -> MixtureModel? {
        guard let architecture = metadata["general.architecture"]?.text else { return nil }
        return MixtureModel(architecture: architecture) { key in
            metadata[key].flatMap { $0.integer ?? $0.array?.integers?.first }.flatMap { Int(exactly: $0) }
        }
    }

    /// Whether a folder is made of a GGUF file.
    private var isRebuilt: Bool { if case .gguf = source.convention { format != .gguf } else { false } }

    /// - Returns: nil for a tensor that cannot be planned, which the findings tell.
    private func planned(
        _ tensor: MappedTensor, _ decision: RecipeSelection.Decision, _ types: TypeChoice,
        _ findings: inout ExchangeFindings
    ) throws -> PlannedTensor? {
        switch decision {
        case .quantize(let scheme):
            guard let form = form(of: tensor) else {
                let stored = tensor.first.map { PlannedTensor.type(of: $0).name } ?? "nothing"
                return try kept(tensor, "stored as \(stored)", types)
            }
            if tensor.sources.contains(where: \.isQuantized) {
                let requantizes = settings.requantizes
                if let exchange = try findings.exchange(tensor, to: scheme, from: source, requantizes: requantizes) {
                    return try quantized(tensor, exchange.scheme, exchange.form, exchange)
                }
                guard requantizes else { return nil }
            }
            return try quantized(tensor, scheme, form, nil)
        case .cast(let dtype):
            return PlannedTensor(
                mapping: turnedBack(tensor.mapping), sources: tensor.sources, type: .plain(dtype), widened: nil)
        case .keep(let reason): return try kept(tensor, reason, types)
        }
    }

    private func quantized(
        _ tensor: MappedTensor, _ scheme: TensorScheme, _ form: MatrixForm, _ exchange: CodeExchange?
    ) throws -> PlannedTensor {
        let trained = exchange == nil ? try trained(tensor, scheme, form) : nil
        let scheme = trained?.scheme ?? scheme
        let encoder: any MatrixEncoder = try trained ?? scheme.encoder(settings, kernels: kernels)
        let parts = try exchange?.parts ?? encoder.parts(of: form)
        var planned = PlannedTensor(
            mapping: tensor.mapping, sources: tensor.sources, type: parts[0].type, widened: nil)
        planned.quantization = PlannedTensor.Quantization(
            scheme: scheme, encoder: encoder, form: form, parts: parts, exchange: exchange,
            importance: lookup(of: tensor))
        return planned
    }

    /// Makes the codes that the tensor was trained for; nil without such, and where the scheme does not hold them.
    /// Embeddings and heads are not trained so: only what linear layers multiply by.
    private func trained(
        _ tensor: MappedTensor, _ scheme: TensorScheme, _ form: MatrixForm
    ) throws(FormatError) -> TrainedGridEncoder? {
        guard let grid = settings.trainingGrid, isLinear(tensor) else { return nil }
        let encoder = try TrainedGridEncoder(grid, in: scheme, columns: form.columns, settings, kernels: kernels)
        training.withLock { $0.note(tensor.name, scheme, isHeld: encoder != nil) }
        return encoder
    }

    private func isLinear(_ tensor: MappedTensor) -> Bool {
        guard let first = tensor.first else { return false }
        let role =
            modelFamily?.role(of: first.layoutName)
            ?? TensorRole.guess(
                name: first.name, dimensions: first.shape.dimensions, among: Set(source.tensors.map(\.name)))
        return [.linear, .conv1D, .expert, .stackedExpert].contains(role)
    }

    private func lookup(of tensor: MappedTensor) -> (@Sendable () throws -> [Float]?)? {
        guard let importance else { return nil }
        return { try importance(tensor) }
    }

    private func kept(_ tensor: MappedTensor, _ reason: String, _ types: TypeChoice) throws -> PlannedTensor {
        var planned = try types.plan(turnedBack(tensor.mapping), tensor.sources)
        planned.keptReason = reason
        return planned
    }

    /// The mapping of a matrix that stays dense, as the checkpoint has it.
    private func turnedBack(_ mapping: TensorMapping) -> TensorMapping {
        guard turnsLayers, mapping.isTransposed else { return mapping }
        var mapping = mapping
        mapping.isTransposed = false
        mapping.shape.reverse()
        return mapping
    }

    /// How the tensor comes to an encoder; nil for numbers that encoders do not take.
    private func form(of tensor: MappedTensor) -> MatrixForm? {
        guard let first = tensor.first, let shape = Shape(tensor.mapping.shape), shape.elementCount > 0 else {
            return nil
        }
        let dtype = first.isQuantized ? DType.F32 : first.dtype
        guard [.BF16, .F16, .F32].contains(dtype) else { return nil }
        return MatrixForm(shape: shape, dtype: dtype, computeDtype: parent.computeDtype)
    }

    // MARK: What loaders read

    func configuration(_ config: JSONValue, _ planned: [PlannedTensor]) throws -> JSONValue {
        guard var object = config.objectValue else { return config }
        for (key, value) in try writing(planned).members().members { object.insertSorted(key, value) }
        return .object(object)
    }

    func sidecars(_ planned: [PlannedTensor]) -> [(path: String, text: String)] { writing(planned).sidecars }

    private func writing(_ planned: [PlannedTensor]) -> QuantizationWriting {
        QuantizationWriting(
            family: family, planned: planned, dense: denseModules(planned), computeDtype: parent.computeDtype)
    }

    /// The linear modules that stay dense although a loader could take them for quantized ones.
    private func denseModules(_ planned: [PlannedTensor]) -> [String] {
        let family = modelFamily
        let names = Set(isRebuilt ? planned.map(\.name) : source.tensors.map(\.name))
        var modules: Set<String> = Set([family.map(\.outputHead) ?? "lm_head"].compactMap(\.self))
        for tensor in planned where tensor.mapping.shape.count == 2 && tensor.name.hasSuffix(".weight") {
            let module = String(tensor.name.dropLast(".weight".count))
            guard tensor.quantization == nil else {
                modules.remove(module)
                continue
            }
            let role =
                family?.role(of: tensor.name)
                ?? TensorRole.guess(name: tensor.name, dimensions: tensor.mapping.shape, among: names)
            if role != .embedding, role != .norm { modules.insert(module) }
        }
        return modules.sorted()
    }
}
