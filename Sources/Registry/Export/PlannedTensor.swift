import Architectures
import Bytes
import Formats
import Numbers
import Tensors
import Transforms

/// A tensor to be written, and what it is made of.
struct PlannedTensor {
    let mapping: TensorMapping
    /// The tensors that the mapping's sources name, in its order.
    let sources: [LogicalTensor]
    let type: ElementType
    /// Why it has another type than was asked for.
    let widened: String?

    var name: String { mapping.name }

    /// The type of the numbers that it is made of.
    var sourceType: ElementType { sources.first.map { Self.type(of: $0) } ?? .plain(.F32) }

    /// Whether the bytes of one stored tensor are taken as they are.
    var isCopy: Bool {
        guard sources.count == 1, sources[0].parts.count == 1, mapping.rowOrder == .asStored,
            !mapping.isTransposed, mapping.addend == 0, case .sources(let parts) = mapping.content,
            parts[0].rows == nil
        else { return false }
        return sources[0].principal?.type == type
    }

    /// The type of a stored tensor's elements; of a quantized one the dtype that its library gives back.
    static func type(of tensor: LogicalTensor) -> ElementType {
        if case .blocks(let state) = tensor.encoding { return .block(state.type) }
        return .plain(tensor.dtype)
    }
}

/// Chooses the type that each tensor gets in the new layout.
struct TypeChoice {
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
        dominant = counts.max { ($0.value, $0.key.rank) < ($1.value, $1.key.rank) }?.key
    }

    /// The dtype that most of the numbers will have.
    var mainDtype: DType {
        options.type?.dtype ?? options.dequantized ?? dominant ?? .F32
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
                    ? "Ask for another dtype with --dtype" : "Choose another format; safetensors holds all of them")
        }
        return .plain(dtype)
    }

    /// What llama.cpp's convention has made wider goes back to the model's dtype when that loses nothing: norms, biases,
    /// routers and tables of positions, which GGUF keeps as F32.
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

    /// F16 cannot hold all numbers of the others: what is known of the tensor's greatest number decides before a byte is
    /// written; where nothing is known, the numbers are looked at.
    private func safe(
        _ type: ElementType, _ mapping: TensorMapping, _ sources: [LogicalTensor]
    ) throws -> (ElementType, String?) {
        guard type == .plain(.F16), options.overflow != .saturate, let first = sources.first,
            PlannedTensor.type(of: first) != .plain(.F16)
        else { return (type, nil) }
        let count = try overflowCount(mapping, sources)
        guard count > 0 else { return (type, nil) }
        guard options.overflow == .widen else {
            throw FormatError(
                .refused, "\(count) of its numbers are too large for F16, whose greatest is 65504",
                remedy: "Choose bf16 or f32, or say with --overflow saturate or widen what becomes of such tensors")
        }
        let own = PlannedTensor.type(of: first)
        let wide: ElementType = own == .plain(.BF16) && mapping.addend == 0 ? own : .plain(.F32)
        return (wide, "\(count) of its numbers are too large for F16")
    }

    /// How many finite numbers become infinite as F16; 0 is read off the catalog where the extremes are known.
    private func overflowCount(_ mapping: TensorMapping, _ sources: [LogicalTensor]) throws -> Int {
        let extremes = sources.map { tensor -> Double? in
            guard case .dense = tensor.encoding else { return nil }
            return source.stored(tensor.parts[0].tensor.name)?.statistics?.absoluteMaximum
        }
        if extremes.allSatisfy({ $0.map { $0 + abs(Double(mapping.addend)) < 65_504 } == true }) { return 0 }
        let rows = try sources.map { try source.rows(of: $0) }
        return try TensorRenderer(kernels: source.kernels).render(mapping, as: .plain(.F16), from: rows) { _ in }
            .overflow
    }

    private func checkBlocks(_ type: ElementType, _ mapping: TensorMapping) throws(FormatError) {
        guard case .block(let block) = type, let row = mapping.shape.last, row % block.elementCount != 0 else { return }
        throw FormatError(
            .refused, "its rows of \(row) elements are no whole blocks of \(block.elementCount), as \(block) needs",
            remedy: "Choose --dtype f16, bf16 or f32")
    }
}
