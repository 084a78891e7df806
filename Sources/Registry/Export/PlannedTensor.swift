import Architectures
import Bytes
import Formats
import Numbers
import Tensors
import Transforms

/// A tensor of the new layout before its type is chosen.
struct MappedTensor: Sendable {
    var mapping: TensorMapping
    /// The tensors that the mapping's sources name, in its order.
    var sources: [LogicalTensor]

    /// The numbers that it is made of; nil for values of the layout itself.
    var first: LogicalTensor? { sources.first }
    var name: String { mapping.name }
}

/// A tensor to be written, and what it is made of.
struct PlannedTensor: Sendable {
    let mapping: TensorMapping
    /// The tensors that the mapping's sources name, in its order.
    let sources: [LogicalTensor]
    let type: ElementType
    /// Why it has another type than was asked for.
    let widened: String?
    /// How it is quantized; nil for plain elements, and for blocks that are there already.
    var quantization: Quantization?
    /// Why it is not quantized where others are.
    var keptReason: String?

    /// Whether it is MXFP4 that only changes its layout: no number is made.
    var isRepacked: Bool {
        type == .block(.MXFP4) && quantization == nil && !isCopy && !sources.isEmpty
            && sources.allSatisfy(MXFP4Rows.holds)
    }

    /// How the numbers become codes.
    struct Quantization: Sendable {
        let scheme: TensorScheme
        let encoder: any MatrixEncoder
        let form: MatrixForm
        let parts: [PartForm]
        /// How the codes of a quantized source go over as they are; nil where numbers are encoded.
        var exchange: CodeExchange?
        /// Finds a weight for each column; nil without an importance matrix.
        var importance: (@Sendable () throws -> [Float]?)?
    }

    var name: String { mapping.name }

    /// The tensors of the file that it becomes, the codes first.
    var parts: [PlannedPart] {
        if mapping.isPacked { return packedParts }
        guard let quantization else {
            return [PlannedPart(tensor: self, index: 0, name: name, type: type, shape: mapping.shape)]
        }
        return quantization.parts.enumerated().map { index, part in
            PlannedPart(tensor: self, index: index, name: part.name(for: name), type: part.type, shape: part.shape)
        }
    }

    /// The type of the numbers that it is made of.
    var sourceType: ElementType { sources.first.map { Self.type(of: $0) } ?? .plain(.F32) }

    /// Whether the bytes of one stored tensor are taken as they are.
    var isCopy: Bool {
        guard quantization == nil, isOneSource else { return false }
        return sources[0].principal?.type == type
    }

    /// Whether its elements are those of one stored tensor, in their order.
    var isOneSource: Bool {
        guard sources.count == 1, sources[0].parts.count == 1, mapping.rowOrder == .asStored,
            !mapping.isTransposed, !mapping.isPacked, mapping.addend == 0, case .sources(let parts) = mapping.content,
            parts[0].rows == nil
        else { return false }
        return true
    }

    /// The type of a stored tensor's elements; of a quantized one the dtype that its library gives back.
    static func type(of tensor: LogicalTensor) -> ElementType {
        if case .blocks(let state) = tensor.encoding { return .block(state.type) }
        return .plain(tensor.dtype)
    }
}

/// One tensor of a file to be written.
struct PlannedPart: Sendable {
    let tensor: PlannedTensor
    /// Which of the tensor's parts it is.
    let index: Int
    let name: String
    let type: ElementType
    let shape: [Int]
}

/// Says what becomes of each tensor in the new layout, and of what is written beside them.
protocol TensorChoice: Sendable {
    /// The dtype that most of the numbers will have.
    var mainDtype: DType { get }
    /// What GGUF calls the mixture of types; nil lets the types of the matrices tell.
    var fileType: UInt32? { get }
    /// What safetensors files name as the library that they are for.
    var libraryName: String { get }
    /// Whether quantized tensors may stay in the parts that they are stored in.
    var keepsStoredParts: Bool { get }
    /// Whether a tensor of a GGUF file stays packed where the family's folders have a layout for it.
    func staysPacked(_ tensor: LogicalTensor) -> Bool
    /// The tensors that the layout has no place for, where names stay.
    func dropped(_ tensors: [LogicalTensor], of source: ExportSource) -> [LayoutMapping.Dropped]
    /// The tensors of a layout of the same convention.
    func mapped(_ tensors: [LogicalTensor], of source: ExportSource) throws -> [MappedTensor]
    /// - Parameters:
    ///   - tensors: all tensors of the new layout, in its order.
    ///   - metadata: what a GGUF file will say of the model; nil for other layouts.
    func plan(_ tensors: [MappedTensor], metadata: GGUFMetadata?) throws -> [PlannedTensor]
    /// The configuration with what a loader must know of these tensors.
    func configuration(_ config: JSONValue, _ planned: [PlannedTensor]) throws -> JSONValue
    /// Files beside the configuration that say the same.
    func sidecars(_ planned: [PlannedTensor]) -> [(path: String, text: String)]
}

extension TensorChoice {
    var fileType: UInt32? { nil }
    var libraryName: String { "pt" }
    var keepsStoredParts: Bool { true }
    func staysPacked(_ tensor: LogicalTensor) -> Bool { false }
    func dropped(_ tensors: [LogicalTensor], of source: ExportSource) -> [LayoutMapping.Dropped] { [] }
    func configuration(_ config: JSONValue, _ planned: [PlannedTensor]) -> JSONValue { config }
    func sidecars(_ planned: [PlannedTensor]) -> [(path: String, text: String)] { [] }

    func mapped(_ tensors: [LogicalTensor], of source: ExportSource) -> [MappedTensor] {
        tensors.map { tensor in
            let mapping = source.sameMapping(tensor)
            return MappedTensor(
                mapping: mapping, sources: Array(repeating: tensor, count: mapping.sourceCount))
        }
    }
}

/// Chooses the type that each tensor gets in the new layout.
struct TypeChoice: TensorChoice {
    let options: ExportOptions
    let source: ExportSource
    /// The dtype of most of the model's floating-point matrices.
    private let dominant: DType?

    init(options: ExportOptions, source: ExportSource) {
        self.options = options
        self.source = source
        var counts: [DType: Int] = [:]
        for tensor in source.tensors where tensor.shape.dimensions.count > 1 {
            guard case .plain(let dtype) = PlannedTensor.type(of: tensor), dtype.isFloatingPoint else { continue }
            counts[dtype, default: 0] += tensor.shape.elementCount
        }
        // A model of nothing but quantized matrices is what these become.
        dominant = counts.max { ($0.value, $0.key.rank) < ($1.value, $1.key.rank) }?.key ?? options.dequantized
    }

    /// The dtype that most of the numbers will have.
    var mainDtype: DType {
        options.type?.dtype ?? options.dequantized ?? dominant ?? .F32
    }

    func staysPacked(_ tensor: LogicalTensor) -> Bool {
        options.format == .safetensors && options.type == nil && options.dequantized == nil && MXFP4Rows.holds(tensor)
    }

    func plan(_ tensors: [MappedTensor], metadata: GGUFMetadata?) throws -> [PlannedTensor] {
        try tensors.map { try plan($0.mapping, $0.sources) }
    }

    /// - Throws: `FormatError` when the layout cannot hold the tensor, or a cast would not end well.
    func plan(_ mapping: TensorMapping, _ sources: [LogicalTensor]) throws -> PlannedTensor {
        do {
            let wanted = try type(of: mapping, sources)
            let (type, reason) = try safe(wanted, mapping, sources)
            try checkBlocks(type, mapping)
            return PlannedTensor(mapping: mapping, sources: sources, type: type, widened: reason)
        } catch var error as FormatError {
            error.tensor = error.tensor ?? mapping.name
            throw error
        }
    }

    private func type(of mapping: TensorMapping, _ sources: [LogicalTensor]) throws -> ElementType {
        guard let first = sources.first else { return .plain(.F32) }
        let own = PlannedTensor.type(of: first)
        if case .plain(let dtype) = own, !dtype.isFloatingPoint { return try held(dtype) }
        let isQuantized = first.isQuantized
        if isQuantized, options.type == nil, let dequantized = options.dequantized { return .plain(dequantized) }
        if isQuantized, options.type == nil {
            if keepsMXFP4(mapping, sources) { return .block(.MXFP4) }
            if options.format == .gguf, case .block = own, case .gguf = source.convention { return own }
            throw FormatError(
                .refused, "it is stored in \(first.scheme ?? own.name), which \(options.format.rawValue) cannot hold",
                remedy: "Ask for numbers with --dtype f32, f16 or bf16, or with --dequantize for such tensors only")
        }
        if options.format == .gguf, mapping.staysF32 { return .plain(.F32) }
        if let type = options.type { return type }
        guard case .plain(let dtype) = own else { return own }
        if let narrow = try narrowed(mapping, sources, dtype) { return .plain(narrow) }
        return try held(dtype)
    }

    /// Whether the tensor is MXFP4 that the layout has a place for, as GGUF has for rows in any order.
    private func keepsMXFP4(_ mapping: TensorMapping, _ sources: [LogicalTensor]) -> Bool {
        guard sources.allSatisfy(MXFP4Rows.holds) else { return false }
        if mapping.isPacked { return true }
        return options.format == .gguf && !mapping.isTransposed && !mapping.isByElement && mapping.addend == 0
            && !mapping.staysF32
    }

    /// The type itself, if the format has it.
    private func held(_ dtype: DType) throws(FormatError) -> ElementType {
        let isHeld: Bool =
            switch options.format {
            case .safetensors: dtype.isInSafetensors
            case .gguf: GGUFTypes.number(of: .plain(dtype)) != nil
            case .npz: true
            }
        guard isHeld else {
            throw FormatError(
                .refused, "it is stored as \(dtype), which \(options.format.rawValue) has no type for",
                remedy: dtype.isFloatingPoint
                    ? "Ask for another dtype with --dtype"
                    : "Choose --format \(dtype.isInSafetensors ? "safetensors" : "npz"), which has one")
        }
        return .plain(dtype)
    }

    /// What llama.cpp's convention has made wider goes back to the model's dtype when that loses nothing: norms,
    /// biases, routers and tables of positions, which GGUF keeps as F32.
    private func narrowed(
        _ mapping: TensorMapping, _ sources: [LogicalTensor], _ dtype: DType
    ) throws -> DType? {
        guard case .gguf = source.convention, options.format != .gguf, dtype == .F32, let dominant,
            [.BF16, .F16].contains(dominant)
        else { return nil }
        var isExact = true
        let renderer = TensorRenderer(kernels: source.kernels)
        let rows = try sources.map { try source.rows(of: $0) }
        _ = try renderer.render(mapping, as: .plain(.F32), from: rows) { piece in
            isExact = isExact && Self.isExact(piece, as: dominant, source.kernels)
        }
        return isExact ? dominant : nil
    }

    private static func isExact(_ floats: Span<UInt8>, as dtype: DType, _ kernels: Kernels) -> Bool {
        let count = floats.count / 4
        var narrow = [UInt8](repeating: 0, count: count * dtype.bitCount / 8)
        var span = narrow.mutableSpan
        _ = kernels.cast(from: .F32, to: dtype, input: floats, into: &span)
        var wide = [UInt8](repeating: 0, count: floats.count)
        var back = wide.mutableSpan
        _ = kernels.cast(from: dtype, to: .F32, input: narrow.span, into: &back)
        return floats.indices.allSatisfy { floats[$0] == wide[$0] }
    }

    /// A dtype that cannot hold all numbers of the tensor's own: before a byte is written, what is known of its
    /// greatest number decides; where nothing is known, the numbers are looked at. BF16 and F32 hold nearly anything,
    /// so when the export is to fail, their numbers are counted as they are written.
    private func safe(
        _ type: ElementType, _ mapping: TensorMapping, _ sources: [LogicalTensor]
    ) throws -> (ElementType, String?) {
        guard case .plain(let dtype) = type, let greatest = dtype.greatestFinite, options.overflow != .saturate,
            options.overflow == .widen || dtype == .F16, let own = sources.first.map(PlannedTensor.type(of:)),
            (own.dtype?.greatestFinite ?? Double(Float.greatestFiniteMagnitude)) > greatest
        else { return (type, nil) }
        let count = try overflowCount(mapping, sources, dtype, greatest)
        guard count > 0 else { return (type, nil) }
        guard options.overflow == .widen else { throw Self.tooLarge(count, dtype) }
        let reason = Self.excess(count, dtype)
        if mapping.addend == 0, own == .plain(.BF16), dtype != .BF16 { return (own, reason) }
        let single = Double(Float.greatestFiniteMagnitude)
        if mapping.addend == 0, own == .plain(.F64), try overflowCount(mapping, sources, .F32, single) > 0 {
            return (try held(.F64), reason)
        }
        return (.plain(.F32), reason)
    }

    private static func excess(_ count: Int, _ dtype: DType) -> String {
        "\(count) of its numbers \(count == 1 ? "is" : "are") too large for \(dtype)"
    }

    /// The error of an export that is to fail where numbers are lost.
    static func tooLarge(_ count: Int, _ dtype: DType) -> FormatError {
        let wider =
            switch dtype {
            case .F16: "Choose bf16 or f32, or say"
            case .BF16: "Choose f32, or say"
            default: "Say"
            }
        return FormatError(
            .refused, "\(excess(count, dtype)), whose greatest is \(dtype.greatestText)",
            remedy: "\(wider) with --overflow saturate or widen what becomes of such tensors")
    }

    /// How many finite numbers become infinite; 0 is read off the catalog where the extremes are known.
    private func overflowCount(
        _ mapping: TensorMapping, _ sources: [LogicalTensor], _ dtype: DType, _ greatest: Double
    ) throws -> Int {
        let extremes = sources.map { tensor -> Double? in
            guard case .dense = tensor.encoding else { return nil }
            return source.stored(tensor.parts[0].tensor.name)?.statistics?.absoluteMaximum
        }
        if extremes.allSatisfy({ $0.map { $0 + abs(Double(mapping.addend)) < greatest } == true }) { return 0 }
        let rows = try sources.map { try source.rows(of: $0) }
        return try TensorRenderer(kernels: source.kernels).render(mapping, as: .plain(dtype), from: rows) { _ in }
            .overflow
    }

    private func checkBlocks(_ type: ElementType, _ mapping: TensorMapping) throws(FormatError) {
        guard case .block(let block) = type, let row = mapping.shape.last, row % block.elementCount != 0 else { return }
        throw FormatError(
            .refused, "its rows of \(row) elements are no whole blocks of \(block.elementCount), as \(block) needs",
            remedy: "Choose --dtype f16, bf16 or f32")
    }
}

extension DType {
    /// The greatest finite number, of dtypes that numbers are cast to and from.
    fileprivate var greatestFinite: Double? {
        switch self {
        case .F16: 65_504
        case .BF16: 0x1.FEp127
        case .F32: Double(Float.greatestFiniteMagnitude)
        case .F64: .greatestFiniteMagnitude
        case .F8_E4M3: 448
        case .F8_E5M2: 57_344
        default: nil
        }
    }

    fileprivate var greatestText: String {
        switch self {
        case .F16: "65504"
        case .BF16: "3.39e38"
        default: "3.40e38"
        }
    }
}
