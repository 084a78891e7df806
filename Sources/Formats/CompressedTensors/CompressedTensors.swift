import Bytes
import Numbers
import Tensors

/// Finds the matrices that compressed-tensors quantized. For a matrix of O outputs, I inputs, b bits and G groups:
///
/// | format | tensors of module P |
/// | --- | --- |
/// | pack-quantized | `weight_packed` I32 [O, ⌈I × b ÷ 32⌉], `weight_shape` I64 [2], `weight_scale`, perhaps `weight_zero_point` I32 [⌈O × b ÷ 32⌉, G] and `weight_g_idx` I32 [I] |
/// | int-, float-, naive-quantized | `weight` I8 or F8_E4M3 [O, I], `weight_scale`, perhaps `weight_zero_point` I8 |
/// | mxfp8-quantized | `weight` F8_E4M3 [O, I], `weight_scale` U8 [O, I ÷ 32] |
/// | nvfp4-pack-quantized | `weight_packed` U8 [O, I ÷ 2], `weight_scale` F8_E4M3 [O, I ÷ 16], `weight_global_scale` F32 [1] |
/// | mxfp4-pack-quantized | `weight_packed` U8 [O, I ÷ 2], `weight_scale` U8 [O, I ÷ 32] |
///
/// Scales are [1] for a tensor, [O, 1] for rows, [O, G] for groups, ⌈O ÷ rows⌉ × ⌈I ÷ columns⌉ for blocks. Source:
/// compressed-tensors 0.20.0, `compressors/*/base.py`.
enum CompressedTensors {
    static func find(in model: inout StoredTensors, _ config: QuantizationConfig) throws -> [LogicalTensor] {
        var found: [LogicalTensor] = []
        for stored in model.free(.packed) {
            let module = String(stored.tensor.name.dropLast(".weight_packed".count))
            found += try take(module, in: &model) { model in
                if model[module + ".meta"] != nil || model[module + ".scale_packed"] != nil {
                    model.notes.add("the layout 'marlin-24' is not read; stays as stored", tensor: module)
                    return nil
                }
                let parts = CompressedParts(module, codes: stored, config)
                return stored.tensor.dtype == .U8 ? try parts.floats(in: &model) : try parts.integers(in: &model)
            }
        }
        guard config.method == .compressedTensors || config.method == nil else { return found }
        for scale in model.free(.scale) where scale.tensor.name.utf8.hasEnding(".weight_scale") {
            let module = String(scale.tensor.name.dropLast(".weight_scale".count))
            guard let codes = model[module + ".weight"] else { continue }
            let isInteger = codes.tensor.dtype == .I8
            let isFloat = codes.tensor.dtype == .F8_E4M3 || codes.tensor.dtype == .F8_E5M2
            // Without a configuration, floats with a scale could be anyone's.
            guard isInteger || isFloat && config.method == .compressedTensors else { continue }
            found += try take(module, in: &model) { model in
                try CompressedParts(module, codes: codes, config).elements(in: &model)
            }
        }
        return found
    }

    private static func take(
        _ module: String, in model: inout StoredTensors,
        _ read: (inout StoredTensors) throws -> LogicalTensor?
    ) throws -> [LogicalTensor] {
        do {
            guard let tensor = try read(&model) else { return [] }
            try model.take(tensor)
            return [tensor]
        } catch let error as FormatError {
            throw error.concerning(tensor: module + ".weight")
        }
    }
}

/// One module's tensors.
private struct CompressedParts {
    let module: String
    let codes: FiledTensor
    let config: QuantizationConfig

    init(_ module: String, codes: FiledTensor, _ config: QuantizationConfig) {
        self.module = module
        self.codes = codes
        self.config = config
    }

    private var principal: LogicalTensor.Part {
        LogicalTensor.Part(role: "codes", tensor: codes.tensor, file: codes.file)
    }

    private var announced: CompressedTensorsConfig {
        get throws {
            try CompressedTensorsConfig(config.method == .compressedTensors ? config.object : nil)
        }
    }

    private func logical(
        _ state: CompressedTensorsState, _ dtype: DType, _ shape: Shape, _ parts: [LogicalTensor.Part],
        in model: StoredTensors
    ) -> LogicalTensor {
        let names = ["input_scale", "input_zero_point", "input_global_scale", "output_scale"]
        return LogicalTensor(
            name: module + ".weight", encoding: .compressedTensors(state), dtype: dtype, shape: shape,
            parts: parts + model.extras(names.map { (role: $0, name: "\(module).\($0)") }))
    }

    private func granularity(
        _ scale: LogicalTensor.Part, _ shape: Shape, _ config: CompressedTensorsConfig
    ) throws -> ScaleGranularity {
        let found = ([nil] + config.groups.compactMap(\.block)).reversed().lazy.compactMap { block in
            ScaleGranularity(scales: scale.tensor.shape.dimensions, matrix: shape.dimensions, block: block)
        }
        guard let granularity = found.first else {
            throw FormatError.quantized("has weights \(shape) and scales \(scale.tensor.shape), which do not fit")
        }
        return granularity
    }

    private var described: String { "\(codes.tensor.name) \(codes.tensor.type) \(codes.tensor.shape)" }
}

// MARK: Integers in words

extension CompressedParts {
    func integers(in model: inout StoredTensors) throws -> LogicalTensor? {
        let announced = try announced
        let words = codes.tensor.shape.dimensions
        let shapePart = try model.part("shape", module + ".weight_shape", [.I64, .I32], [words.count])
        let stored = FiledTensor(file: shapePart.file, tensor: shapePart.tensor)
        let dimensions = try model.integers(of: stored)
        guard codes.tensor.dtype == .I32, words.count >= 2, let shape = Shape(dimensions), shape.elementCount > 0,
            dimensions.count == words.count, dimensions.dropLast() == words.dropLast(), let inputs = dimensions.last,
            let wordCount = words.last
        else {
            throw FormatError.quantized(
                "has words \(codes.tensor.shape) and says that they are \(dimensions)",
                at: stored.tensor.byteRange.lowerBound)
        }
        guard let (bits, fillsWords) = try Self.packing(inputs, wordCount, announced.integerBits) else {
            model.notes.add(
                "no configuration tells the bits of weights of \(shape) in \(wordCount) words a row; stays as stored",
                tensor: module)
            return nil
        }
        let scale = try model.part("scale", module + ".weight_scale", QWeightTensors.scaleTypes)
        let granularity = try granularity(scale, shape, announced)
        var parts = [principal, shapePart, scale]
        let zeroPoint = try zeroPoint(bits, fillsWords, shape, scale.tensor.shape, in: model)
        if let zeroPoint { parts.append(zeroPoint) }
        var hasActOrder = false
        if model[module + ".weight_g_idx"] != nil, let size = granularity.groupSize {
            let index = try model.part("g_idx", module + ".weight_g_idx", [.I32], [inputs])
            hasActOrder = try actOrder(index, groups: inputs / size, size: size, in: model)
            parts.append(index)
        }
        let state = CompressedTensorsState(
            layout: .packed(bits: bits, fillsWords: fillsWords), granularity: granularity,
            isSymmetric: zeroPoint == nil, hasActOrder: hasActOrder)
        try announced.check(state, described)
        return logical(state, scale.dtype, shape, parts, in: model)
    }

    /// The bits of a code, and whether codes run on from word to word.
    /// - Returns: nil when several numbers of bits fit and nothing tells which.
    private static func packing(
        _ inputs: Int, _ words: Int, _ announced: [Int]?
    ) throws -> (bits: Int, fillsWords: Bool)? {
        let dense = (announced ?? Array(1...8)).filter { Self.wordCount(inputs, $0, fillsWords: true) == words }
        if let announced {
            if let bits = dense.first { return (bits, true) }
            if let bits = announced.first(where: { Self.wordCount(inputs, $0, fillsWords: false) == words }) {
                return (bits, false)
            }
            throw FormatError.disagreement(
                "the configuration says \(announced.map(String.init).joined(separator: " or ")) bits, but \(inputs) "
                    + "inputs are in \(words) words")
        }
        guard dense.count <= 1 else { return nil }
        guard let bits = dense.first else {
            throw FormatError.quantized("has \(inputs) inputs in \(words) words, which no number of bits gives")
        }
        return (bits, true)
    }

    /// The words of `count` codes.
    static func wordCount(_ count: Int, _ bits: Int, fillsWords: Bool) -> Int {
        fillsWords
            ? count / 32 * bits + ScaleGranularity.count(count % 32 * bits, of: 32)
            : ScaleGranularity.count(count, of: 32 / bits)
    }

    /// Zero points are bytes, or words that run down the rows.
    private func zeroPoint(
        _ bits: Int, _ fillsWords: Bool, _ shape: Shape, _ scales: Shape, in model: StoredTensors
    ) throws -> LogicalTensor.Part? {
        let name = module + ".weight_zero_point"
        guard let stored = model[name] else { return nil }
        guard stored.tensor.dtype == .I32 else {
            return try model.part("zero_point", name, [.I8], scales.dimensions)
        }
        let leading = shape.dimensions.dropLast(2), rows = shape.dimensions[shape.dimensions.count - 2]
        let words = Self.wordCount(rows, bits, fillsWords: fillsWords)
        guard scales.dimensions.count == shape.dimensions.count, let groups = scales.dimensions.last else {
            throw FormatError.quantized("has packed zero points for scales of shape \(scales)")
        }
        return try model.part("zero_point", name, [.I32], leading + [words, groups])
    }

    private func actOrder(
        _ part: LogicalTensor.Part, groups: Int, size: Int, in model: StoredTensors
    ) throws -> Bool {
        let index = try model.integers(of: FiledTensor(file: part.file, tensor: part.tensor))
        // Files whose groups are in order may hold -1 throughout.
        if index.allSatisfy({ $0 == -1 }) { return false }
        if let place = index.firstIndex(where: { !(0..<groups).contains($0) }) {
            throw FormatError.quantized(
                "has group \(index[place]) for input \(place) in weight_g_idx, and \(groups) groups",
                at: StoredTensors.byteOffset(of: place, in: part.tensor))
        }
        return !index.indices.allSatisfy { index[$0] == $0 / size }
    }
}

// MARK: Bytes and small floats

extension CompressedParts {
    /// `weight` of one byte an element.
    func elements(in model: inout StoredTensors) throws -> LogicalTensor? {
        let announced = try announced
        let shape = codes.tensor.shape
        guard shape.dimensions.count >= 2, shape.elementCount > 0 else {
            throw FormatError.quantized("has a scale, and weights of shape \(shape), which are no matrix")
        }
        let isFloat = codes.tensor.dtype != .I8
        let scale = try model.part("scale", module + ".weight_scale", QWeightTensors.scaleTypes + [.U8])
        let granularity = try granularity(scale, shape, announced)
        var parts = [principal, scale]
        let name = module + ".weight_zero_point"
        let hasZeroPoint = !isFloat && model[name] != nil
        if hasZeroPoint { parts.append(try model.part("zero_point", name, [.I8], scale.tensor.shape.dimensions)) }
        let layout: CompressedTensorsState.Layout
        if scale.dtype == .U8 {
            guard codes.tensor.dtype == .F8_E4M3, granularity == .group(32) else {
                throw FormatError.quantized("has weights \(described), and U8 scales \(scale.tensor.shape)")
            }
            layout = .mxfp8
        } else {
            layout = isFloat ? .floats(principal.dtype) : .integers(bits: announced.integerBits?.first ?? 8)
        }
        let state = CompressedTensorsState(
            layout: layout, granularity: granularity, isSymmetric: !hasZeroPoint, hasActOrder: false)
        try announced.check(state, described)
        return logical(state, layout == .mxfp8 ? .BF16 : scale.dtype, shape, parts, in: model)
    }

    /// `weight_packed` of two F4 codes a byte.
    func floats(in model: inout StoredTensors) throws -> LogicalTensor? {
        let announced = try announced
        let bytes = codes.tensor.shape.dimensions
        let scale = try model.part("scale", module + ".weight_scale", [.F8_E4M3, .U8])
        let isMX = scale.dtype == .U8, size = isMX ? 32 : 16
        guard bytes.count >= 2, let byteCount = bytes.last, codes.tensor.shape.elementCount > 0,
            case let (inputs, overflow) = byteCount.multipliedReportingOverflow(by: 2), !overflow,
            let shape = Shape(bytes.dropLast() + [inputs])
        else { throw FormatError.quantized("has packed weights of shape \(codes.tensor.shape)") }
        let groups = scale.tensor.shape.dimensions
        if isMX, Array(groups.dropLast()) == Array(bytes.dropLast()), let count = groups.last, count == byteCount / 24 {
            model.notes.add("the layout 'mxfp6-pack-quantized' is not read; stays as stored", tensor: module)
            return nil
        }
        guard inputs % size == 0, groups == Array(bytes.dropLast()) + [inputs / size] else {
            throw FormatError.quantized("has packed weights of \(shape), and \(scale.tensor.type) scales \(groups)")
        }
        var parts = [principal, scale]
        if !isMX {
            let global = try model.part("global_scale", module + ".weight_global_scale", [.F32])
            guard global.tensor.shape.elementCount == 1 else {
                throw FormatError.quantized("has a global scale of shape \(global.tensor.shape), not one number")
            }
            parts.append(global)
        }
        let state = CompressedTensorsState(
            layout: isMX ? .mxfp4 : .nvfp4, granularity: .group(size), isSymmetric: true, hasActOrder: false)
        try announced.check(state, described)
        return logical(state, .BF16, shape, parts, in: model)
    }
}
